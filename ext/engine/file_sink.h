// FileSink: the end of a chain of codecs. Appends to a file and hands it to the disk steadily, so that the
// sync at the end is short.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/byte_stream.h"
#include "base/file_env.h"
#include "codec/sha256.h"
#include "engine/write_behind.h"

namespace sqbackup {

class FileSink : public ByteSink {
 public:
  explicit FileSink(WritableFile& file) : file_(file) { writer_.emplace(file_, WriteBehind::Mode::kAtOnce); }

  // What is appended.
  enum class Feed {
    kBlocks,        // large ones, which somebody else hashes meanwhile: written at once
    kPieces,        // written on another thread
    kHashedPieces,  // and hashed on the caller's
  };

  // Empties the file; before the first call it is fed with blocks.
  Status restart(Feed feed);
  Status append(ByteView bytes) override;
  std::uint64_t size() const { return size_; }

  // All is written: SHA-256 as hex, empty unless it was hashed. The last bytes are on their way to the disk.
  Result<std::string> finish();

 private:
  WritableFile& file_;
  std::uint64_t size_ = 0;
  std::optional<Sha256> hash_;
  std::optional<WriteBehind> writer_;
};

}  // namespace sqbackup
