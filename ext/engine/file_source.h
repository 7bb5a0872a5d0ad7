// FileSource: the bytes of an open file, for what reads a stream.
#pragma once

#include <cstdint>

#include "base/byte_stream.h"
#include "base/file_env.h"

namespace sqbackup {

class FileSource : public ByteSource {
 public:
  FileSource(ReadableFile& file, std::uint64_t size) : file_(file), size_(size) {}
  std::uint64_t size() const override { return size_; }
  Result<std::size_t> read_at(std::uint64_t offset, ByteSpan out) override {
    return file_.read_at(offset, out);
  }

 private:
  ReadableFile& file_;
  const std::uint64_t size_;
};

}  // namespace sqbackup
