#include "codec/zstd_writer.h"

#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <new>

#include "codec/zstd.h"

namespace sqbackup {
namespace {

class Compression : public FrameWork {
 public:
  explicit Compression(ZstdCompressor context) : context_(std::move(context)) {}
  std::size_t run(Frame& frame) noexcept override {
    return ZSTD_compress2(context_.get(), frame.output.data(), frame.output_size, frame.input.data(),
                          frame.input_size);
  }

 private:
  ZstdCompressor context_;
};

std::unique_ptr<FrameWork> make_compression(int level) {
  ZstdCompressor context(ZSTD_createCCtx());
  if (context == nullptr) return nullptr;
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_contentSizeFlag, 1);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  return std::unique_ptr<FrameWork>(new (std::nothrow) Compression(std::move(context)));
}

Status bad_option(const char* name, std::int64_t value, std::int64_t least, std::int64_t most) {
  return Status(Error::kBadOption, std::string("cannot compress with ") + name + " " + std::to_string(value) +
                                       "; give " + std::to_string(least) + " to " + std::to_string(most));
}

}  // namespace

ZstdWriter::ZstdWriter(const ZstdOptions& options, ByteSink& out)
    : options_(options),
      out_(out),
      ring_(
          options.threads, [level = options.level] { return make_compression(level); },
          [this](const Frame& frame) { return write_frame(frame); }) {}

Result<std::unique_ptr<ZstdWriter>> ZstdWriter::create(const ZstdOptions& options, ByteSink& out) {
  constexpr int kMostLevel = 19;  // those above need more memory than they are worth
  if (options.level < 1 || options.level > kMostLevel)
    return bad_option("level", options.level, 1, kMostLevel);
  if (options.threads > kMostWorkers) return bad_option("threads", options.threads, 0, kMostWorkers);
  if (options.frame_bytes < 1 || options.frame_bytes > kLargestZstdFrame) {
    return bad_option("frames of", options.frame_bytes, 1, kLargestZstdFrame);
  }
  return std::unique_ptr<ZstdWriter>(new ZstdWriter(options, out));
}

std::uint8_t* ZstdWriter::room() {
  Frame& frame = ring_.next();
  frame.reserve(options_.frame_bytes, ZSTD_compressBound(options_.frame_bytes));
  return frame.input.data() + filled_;
}

Status ZstdWriter::append(ByteView bytes) {
  SQB_TRY(failed_);
  return keep(fill(bytes));
}

Status ZstdWriter::fill(ByteView bytes) {
  while (!bytes.empty()) {
    const std::size_t piece = std::min<std::size_t>(bytes.size(), options_.frame_bytes - filled_);
    std::memcpy(room(), bytes.data(), piece);
    filled_ += piece;
    bytes = bytes.subspan(piece);
    if (filled_ == options_.frame_bytes) SQB_TRY(end_frame());
  }
  return {};
}

Result<ByteSpan> ZstdWriter::next_block(std::size_t size) {
  SQB_TRY(failed_);
  block_ = size;
  takes_detour_ = size > options_.frame_bytes - filled_;
  if (!takes_detour_) return ByteSpan(room(), size);
  detour_.resize(std::max(detour_.size(), size));
  return ByteSpan(detour_.data(), size);
}

Status ZstdWriter::commit_block() {
  SQB_TRY(failed_);
  if (takes_detour_) return keep(fill({detour_.data(), block_}));
  filled_ += block_;
  return filled_ == options_.frame_bytes ? keep(end_frame()) : Status();
}

Status ZstdWriter::finish() {
  SQB_TRY(failed_);
  if (filled_ > 0) SQB_TRY(keep(end_frame()));
  SQB_TRY(keep(ring_.finish()));
  return keep(out_.append(table_.finish()));
}

Status ZstdWriter::end_frame() {
  Frame& frame = ring_.next();
  frame.input_size = filled_;
  frame.output_size = frame.output.size();
  filled_ = 0;
  return ring_.submit();
}

Status ZstdWriter::write_frame(const Frame& frame) {
  if (ZSTD_isError(frame.result)) return zstd_error(frame.result, Error::kInternal, "cannot compress");
  SQB_TRY(table_.add(static_cast<std::uint32_t>(frame.result), static_cast<std::uint32_t>(frame.input_size)));
  return out_.append({frame.output.data(), frame.result});
}

Status ZstdWriter::keep(Status status) {
  failed_ = status;
  return status;
}

}  // namespace sqbackup
