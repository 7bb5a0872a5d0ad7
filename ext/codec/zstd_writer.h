// ZstdWriter: compresses a stream into the zstd seekable format (docs/format/compression.md), on several
// threads. Stock `zstd -d` reads what it writes.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/byte_stream.h"
#include "codec/frame_ring.h"
#include "codec/zstd_seek_table.h"

namespace sqbackup {

struct ZstdOptions {
  int level = 3;                        // 1 to 19
  unsigned threads = 0;                 // that compress, at most 64; 0: one per processor, at most eight
  std::uint32_t frame_bytes = 2 << 20;  // plain bytes in a frame, 1 to kLargestZstdFrame
};

// Used by one thread, which alone calls `out`. In memory: threads + 2 frames, each twice, and 8 bytes for
// each frame that was written. Destroyed before finish() it leaves `out` without an end.
class ZstdWriter : public ByteSink {
 public:
  // `out` outlives the writer. kBadOption: an option out of range.
  static Result<std::unique_ptr<ZstdWriter>> create(const ZstdOptions& options, ByteSink& out);

  // An error, here and below, is one of `out` or kNoMemory. After one each call returns it again.
  Status append(ByteView bytes) override;

  // The same without a copy: room for the next `size` bytes, at least 1, and then that they are there. Sizes
  // that divide frame_bytes fit exactly; of others some are copied.
  Result<ByteSpan> next_block(std::size_t size);
  Status commit_block();

  // Writes what is left and the seek table. Nothing may follow.
  Status finish();

 private:
  ZstdWriter(const ZstdOptions& options, ByteSink& out);
  std::uint8_t* room();
  Status fill(ByteView bytes);
  Status end_frame();
  Status write_frame(const Frame& frame);
  Status keep(Status status);

  const ZstdOptions options_;
  ByteSink& out_;
  SeekTableWriter table_;
  Status failed_;
  std::size_t filled_ = 0;            // of the frame that is being filled
  std::size_t block_ = 0;             // the size of what next_block() gave
  std::vector<std::uint8_t> detour_;  // a block that does not fit into the frame
  bool takes_detour_ = false;
  FrameRing ring_;  // last: its threads end before anything else does
};

}  // namespace sqbackup
