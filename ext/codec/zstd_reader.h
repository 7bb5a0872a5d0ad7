// ZstdReader: the plain bytes of a file in the zstd seekable format, anywhere or all of them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/byte_stream.h"
#include "base/progress.h"
#include "codec/zstd.h"
#include "codec/zstd_seek_table.h"

namespace sqbackup {

// Reads what ZstdWriter writes, nothing looser (docs/format/compression.md). Whatever is returned passed the
// checksum of its frame; damage is kStoredBytesDamaged with the number of the frame, from 0.
class ZstdReader : public ByteSource {
 public:
  // `file` outlives the reader. `cache_bytes`: for the frames that were read last; one is kept in any case.
  static Result<std::unique_ptr<ZstdReader>> open(ByteSource& file, std::size_t cache_bytes = 24 << 20);

  std::uint64_t size() const override { return table_.plain_bytes; }
  Result<std::size_t> read_at(std::uint64_t offset, ByteSpan out) override;

  // All plain bytes, in order, decompressed by `threads` threads (as in ZstdOptions). The caller's thread
  // alone calls the file, `out` and progress.advance(plain bytes so far); the phase is the caller's. In
  // memory: threads + 2 frames, each twice at most.
  Status decompress_all(ByteSink& out, unsigned threads, Progress& progress);

 private:
  struct Cached {
    std::size_t frame = kNone;
    std::uint64_t used = 0;
    std::vector<std::uint8_t> bytes;
  };
  static constexpr std::size_t kNone = ~std::size_t{0};

  ZstdReader(ByteSource& file, SeekTable table, std::size_t cache_bytes, ZstdDecompressor context);
  Status check_header(std::size_t frame);
  Status read_stored(std::size_t frame, std::vector<std::uint8_t>& stored);
  Status decompress(std::size_t frame, ByteSpan plain);
  Cached* find(std::size_t frame);
  Result<Cached*> load(std::size_t frame);

  ByteSource& file_;
  const SeekTable table_;
  const std::size_t most_cached_;
  ZstdDecompressor context_;
  std::vector<std::uint8_t> stored_;
  std::vector<Cached> cache_;
  std::uint64_t uses_ = 0;
};

}  // namespace sqbackup
