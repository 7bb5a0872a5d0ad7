#include "codec/zstd_reader.h"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

#include "codec/frame_ring.h"

namespace sqbackup {
namespace {

constexpr std::size_t kMostCached = 64;     // they are searched one by one
constexpr std::size_t kLongestHeader = 18;  // RFC 8878, section 3.1.1

Status damaged(std::size_t frame, std::string_view reason) {
  return Status(Error::kStoredBytesDamaged,
                "frame " + std::to_string(frame) + " is damaged: " + std::string(reason));
}

// `bytes`: the frame or its beginning. What zstd itself would let pass: frames without a checksum, with
// another size than the table has, or of another kind.
Status check_frame_header(std::size_t frame, ByteView bytes, std::size_t plain_size) {
  constexpr std::uint8_t kChecksumFlag = 0x04;
  if (read_le32(bytes.data()) != ZSTD_MAGICNUMBER) return damaged(frame, "it does not begin as a frame");
  if ((bytes[4] & kChecksumFlag) == 0) {
    return damaged(frame, "it has no checksum, as no frame of sqbackup; 'zstd -d' may unpack it");
  }
  if (ZSTD_getFrameContentSize(bytes.data(), bytes.size()) != plain_size) {
    return damaged(frame, "its size is not that in the seek table");
  }
  return {};
}

Status check_result(std::size_t frame, std::size_t result, std::size_t plain_size) {
  if (ZSTD_isError(result)) {
    return zstd_error(result, Error::kStoredBytesDamaged, "frame " + std::to_string(frame) + " is damaged");
  }
  return result == plain_size ? Status() : damaged(frame, "its size is not that in the seek table");
}

class Decompression : public FrameWork {
 public:
  explicit Decompression(ZstdDecompressor context) : context_(std::move(context)) {}
  std::size_t run(Frame& frame) noexcept override {
    return ZSTD_decompressDCtx(context_.get(), frame.output.data(), frame.output_size, frame.input.data(),
                               frame.input_size);
  }

 private:
  ZstdDecompressor context_;
};

std::unique_ptr<FrameWork> make_decompression() {
  ZstdDecompressor context(ZSTD_createDCtx());
  if (context == nullptr) return nullptr;
  return std::unique_ptr<FrameWork>(new (std::nothrow) Decompression(std::move(context)));
}

}  // namespace

ZstdReader::ZstdReader(ByteSource& file, SeekTable table, std::size_t cache_bytes, ZstdDecompressor context)
    : file_(file),
      table_(std::move(table)),
      most_cached_(std::clamp<std::size_t>(cache_bytes / std::max(1U, table_.frame_bytes), 1, kMostCached)),
      context_(std::move(context)) {
  cache_.reserve(most_cached_);
}

Result<std::unique_ptr<ZstdReader>> ZstdReader::open(ByteSource& file, std::size_t cache_bytes) {
  SQB_ASSIGN(SeekTable table, read_seek_table(file));
  ZstdDecompressor context(ZSTD_createDCtx());
  if (context == nullptr) return zstd_no_memory();
  auto reader =
      std::unique_ptr<ZstdReader>(new ZstdReader(file, std::move(table), cache_bytes, std::move(context)));
  // The size of all frames but the last, and that of the last: then every offset is right before anything is
  // read.
  if (const std::size_t frames = reader->table_.ends.size(); frames > 0) {
    SQB_TRY(reader->check_header(0));
    SQB_TRY(reader->check_header(frames - 1));
  }
  return reader;
}

Status ZstdReader::check_header(std::size_t frame) {
  std::array<std::uint8_t, kLongestHeader> bytes;
  const ByteSpan header(bytes.data(), std::min(kLongestHeader, table_.stored_size(frame)));
  SQB_TRY(read_whole(file_, table_.begin_of(frame), header));
  return check_frame_header(frame, header, table_.plain_size(frame));
}

// Reads the frame, and sees that it is one: zstd decompresses as many as there are.
Status ZstdReader::read_stored(std::size_t frame, std::vector<std::uint8_t>& stored) {
  const std::size_t size = table_.stored_size(frame);
  stored.resize(std::max(stored.size(), size));
  SQB_TRY(read_whole(file_, table_.begin_of(frame), ByteSpan(stored.data(), size)));
  SQB_TRY(check_frame_header(frame, {stored.data(), size}, table_.plain_size(frame)));
  if (ZSTD_findFrameCompressedSize(stored.data(), size) != size) return damaged(frame, "it ends elsewhere");
  return {};
}

Status ZstdReader::decompress(std::size_t frame, ByteSpan plain) {
  SQB_TRY(read_stored(frame, stored_));
  return check_result(frame,
                      ZSTD_decompressDCtx(context_.get(), plain.data(), plain.size(), stored_.data(),
                                          table_.stored_size(frame)),
                      plain.size());
}

ZstdReader::Cached* ZstdReader::find(std::size_t frame) {
  for (Cached& cached : cache_) {
    if (cached.frame == frame) {
      cached.used = ++uses_;
      return &cached;
    }
  }
  return nullptr;
}

Result<ZstdReader::Cached*> ZstdReader::load(std::size_t frame) {
  if (Cached* cached = find(frame)) return cached;
  if (cache_.size() < most_cached_) cache_.emplace_back();
  Cached& cached = *std::min_element(cache_.begin(), cache_.end(),
                                     [](const Cached& a, const Cached& b) { return a.used < b.used; });
  cached.frame = kNone;  // until what replaces it is proven
  cached.bytes.resize(table_.frame_bytes);
  SQB_TRY(decompress(frame, ByteSpan(cached.bytes.data(), table_.plain_size(frame))));
  cached.frame = frame;
  cached.used = ++uses_;
  return &cached;
}

Result<std::size_t> ZstdReader::read_at(std::uint64_t offset, ByteSpan out) {
  if (offset >= size()) return std::size_t{0};
  out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size() - offset)));
  std::size_t done = 0;
  while (done < out.size()) {
    const auto frame = static_cast<std::size_t>((offset + done) / table_.frame_bytes);
    const auto begin = static_cast<std::size_t>((offset + done) % table_.frame_bytes);
    const std::size_t plain_size = table_.plain_size(frame);
    const ByteSpan piece = out.subspan(done, std::min(out.size() - done, plain_size - begin));
    if (piece.size() == plain_size && find(frame) == nullptr) {
      SQB_TRY(decompress(frame, piece));
    } else {
      SQB_ASSIGN(const Cached* cached, load(frame));
      std::memcpy(piece.data(), cached->bytes.data() + begin, piece.size());
    }
    done += piece.size();
  }
  return done;
}

Status ZstdReader::decompress_all(ByteSink& out, unsigned threads, Progress& progress) {
  std::size_t taken = 0;
  std::uint64_t plain_bytes = 0;
  FrameRing ring(threads, make_decompression, [&](const Frame& frame) -> Status {
    SQB_TRY(check_result(taken++, frame.result, frame.output_size));
    SQB_TRY(out.append({frame.output.data(), frame.output_size}));
    plain_bytes += frame.output_size;
    return progress.advance(plain_bytes);
  });
  for (std::size_t number = 0; number < table_.ends.size(); ++number) {
    Frame& frame = ring.next();
    frame.input_size = table_.stored_size(number);
    frame.output_size = table_.plain_size(number);
    SQB_TRY(read_stored(number, frame.input));
    frame.reserve(0, frame.output_size);
    SQB_TRY(ring.submit());
  }
  return ring.finish();
}

}  // namespace sqbackup
