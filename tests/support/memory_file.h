// MemoryFile: a file in memory, for what reads files; and bytes to fill one with.
#pragma once

#include <algorithm>
#include <string>

#include "base/file_env.h"
#include "codec/sha256.h"
#include "store/object_store.h"

namespace sqbackup_test {

class MemoryFile : public sqbackup::ReadableFile {
 public:
  explicit MemoryFile(std::string bytes) : text(std::move(bytes)) {}
  sqbackup::Result<std::size_t> read_at(std::uint64_t offset, sqbackup::ByteSpan out) override {
    if (offset >= fail_from) return sqbackup::Status(sqbackup::Error::kIoError, "the file cannot be read");
    if (offset >= text.size()) return std::size_t{0};
    const std::size_t got = std::min<std::size_t>(out.size(), text.size() - offset);
    std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(offset), got, out.begin());
    return got;
  }
  sqbackup::Result<sqbackup::FileInfo> info() override {
    return sqbackup::FileInfo{sqbackup::FileKind::kFile, {}, text.size(), 0, 1};
  }
  sqbackup::FileProof proof() const { return {text.size(), *sqbackup::sha256_hex(sqbackup::as_bytes(text))}; }
  std::string text;
  std::uint64_t fail_from = UINT64_MAX;
};

// Bytes that repeat nowhere near.
inline std::string noise(std::size_t size, std::uint64_t seed = 1) {
  std::string bytes(size, '\0');
  std::uint64_t x = seed * 0x9e3779b97f4a7c15U;
  for (std::size_t i = 0; i < size; ++i) {
    if (i % 8 == 0) x = x * 6364136223846793005U + 1442695040888963407U;
    bytes[i] = static_cast<char>(x >> (8 * (7 - i % 8)));
  }
  return bytes;
}

}  // namespace sqbackup_test
