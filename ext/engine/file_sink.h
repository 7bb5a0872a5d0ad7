// FileSink: the end of a chain of codecs. Appends to a file and hands it to the disk steadily, so that the
// sync at the end is short.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/byte_stream.h"
#include "base/file_env.h"
#include "codec/sha256.h"

namespace sqbackup {

class FileSink : public ByteSink {
 public:
  explicit FileSink(WritableFile& file) : file_(file) {}

  // Empties the file. `hashed`: what is appended from now on is hashed, for finish().
  Status restart(bool hashed);
  Status append(ByteView bytes) override;
  std::uint64_t size() const { return size_; }

  // All is written: SHA-256 as hex, empty unless `hashed`. The last bytes are on their way to the disk.
  std::string finish();

 private:
  WritableFile& file_;
  std::uint64_t size_ = 0;
  std::uint64_t since_writeback_ = 0;
  std::optional<Sha256> hash_;
};

}  // namespace sqbackup
