// The seek table of the zstd seekable format 0.1.0 (facebook/zstd,
// contrib/seekable_format/zstd_seekable_compression_format.md). Our files are a stricter form of it:
// docs/format/compression.md.
#pragma once

#include <cstdint>
#include <vector>

#include "base/byte_stream.h"
#include "base/status.h"

namespace sqbackup {

// Of plain bytes in one frame. It bounds what reading a file takes of memory, whatever its bytes say.
inline constexpr std::uint32_t kLargestZstdFrame = 8 << 20;

// Builds the skippable frame that ends a file.
class SeekTableWriter {
 public:
  SeekTableWriter();
  // The next frame's sizes. kBadArgument: there are more frames than the format can count.
  Status add(std::uint32_t stored, std::uint32_t plain);
  // The whole frame; nothing may be added afterwards.
  ByteView finish();

 private:
  std::vector<std::uint8_t> bytes_;
  std::uint32_t frames_ = 0;
};

// Where each frame is. All but the last have `frame_bytes` plain bytes, the last has at least one.
struct SeekTable {
  std::uint64_t plain_bytes = 0;
  std::uint32_t frame_bytes = 0;
  std::vector<std::uint64_t> ends;  // the offset in the file where each frame ends

  std::uint64_t begin_of(std::size_t frame) const { return frame == 0 ? 0 : ends[frame - 1]; }
  std::size_t stored_size(std::size_t frame) const {
    return static_cast<std::size_t>(ends[frame] - begin_of(frame));
  }
  std::size_t plain_size(std::size_t frame) const;
};

// kStoredBytesDamaged: the file does not end in a seek table, or in one that cannot be true of it, or in one
// that is legal but not of our stricter form. Takes memory for one 64-bit number per frame, and no file can
// name more frames than fit into it.
Result<SeekTable> read_seek_table(ByteSource& file);

}  // namespace sqbackup
