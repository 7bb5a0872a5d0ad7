#include "codec/age/reader.h"

#include <algorithm>

namespace sqbackup {
namespace {

constexpr std::uint64_t kNoChunk = ~std::uint64_t{0};
constexpr std::size_t kTag = ChaCha20Poly1305::kTagSize;

Status damaged(std::string_view why) {
  return {Error::kStoredBytesDamaged, "the payload of the age file " + std::string(why)};
}

Status damaged_chunk(std::uint64_t index, std::uint64_t chunks) {
  return damaged("is damaged in chunk " + std::to_string(index + 1) + " of " + std::to_string(chunks));
}

}  // namespace

AgeReader::AgeReader(ByteSource& sealed, AgeFileKey key, ChaCha20Poly1305 cipher)
    : source_(&sealed),
      key_(std::move(key)),
      cipher_(std::move(cipher)),
      plain_(kAgeChunk),
      cached_(kNoChunk) {}

Result<AgeReader> AgeReader::open(ByteSource& sealed, const AgeKeys& keys) {
  SQB_ASSIGN(const AgeHeader header, AgeHeader::read(sealed));
  SQB_ASSIGN(AgeFileKey key, age_file_key(header, keys));
  return open(sealed, header, std::move(key));
}

Result<AgeReader> AgeReader::open(ByteSource& sealed, const AgeFileKey& key) {
  SQB_ASSIGN(const AgeHeader header, AgeHeader::read(sealed));
  SQB_TRY(header.authenticate(key));
  return open(sealed, header, key.copy());
}

Result<AgeReader> AgeReader::open(ByteSource& sealed, const AgeHeader& header, AgeFileKey key) {
  AgeNonce nonce;
  SQB_ASSIGN(const std::size_t got, sealed.read_at(header.size(), nonce));
  if (got < nonce.size())
    return damaged_age_header("is all there is: the file ends before the payload's nonce");
  SQB_ASSIGN(ChaCha20Poly1305 cipher, age_payload_cipher(key, nonce, ChaCha20Poly1305::Use::kOpen));
  AgeReader reader(sealed, std::move(key), std::move(cipher));
  reader.begin_ = header.size() + nonce.size();
  SQB_TRY(reader.find_chunks(std::max(sealed.size(), reader.begin_) - reader.begin_));
  SQB_TRY(reader.open_last());
  return reader;
}

Status AgeReader::find_chunks(std::uint64_t payload) {
  if (payload < kTag) return damaged("is cut short: its last chunk is missing");
  chunks_ = (payload + kAgeSealedChunk - 1) / kAgeSealedChunk;
  const std::uint64_t last = payload - (chunks_ - 1) * kAgeSealedChunk;
  if (last < kTag) return damaged("is cut short, or goes on after its end: the last chunk is no chunk");
  // Else one file could be written in two ways.
  if (last == kTag && chunks_ > 1) return damaged("ends in an empty chunk, which no writer makes");
  size_ = payload - chunks_ * kTag;
  return {};
}

Status AgeReader::open_last() {
  const std::uint64_t index = chunks_ - 1;
  SQB_TRY(read_sealed(index, 1));
  SQB_ASSIGN(const bool is_last, open_chunk(index, true, 0, plain_.data()));
  if (is_last) {
    cached_ = index;
    return {};
  }
  SQB_ASSIGN(const bool is_another, open_chunk(index, false, 0, plain_.data()));
  if (is_another) return damaged("is cut short after chunk " + std::to_string(chunks_));
  return damaged("is cut short, goes on after its end, or is damaged in its last chunk, " +
                 std::to_string(chunks_));
}

std::size_t AgeReader::chunk_size(std::uint64_t index) const {
  return index + 1 < chunks_ ? kAgeChunk : static_cast<std::size_t>(size_ - index * kAgeChunk);
}

Status AgeReader::read_sealed(std::uint64_t index, std::size_t count) {
  const std::size_t size = (count - 1) * kAgeSealedChunk + chunk_size(index + count - 1) + kTag;
  if (sealed_.size() < size) sealed_.resize(size);
  SQB_ASSIGN(const std::size_t got,
             source_->read_at(begin_ + index * kAgeSealedChunk, ByteSpan(sealed_).first(size)));
  return got == size ? Status() : damaged("is shorter than it was when it was opened");
}

Result<bool> AgeReader::open_chunk(std::uint64_t index, bool last, std::size_t offset_in_sealed,
                                   std::uint8_t* out) {
  const ByteView sealed = ByteView(sealed_).subspan(offset_in_sealed, chunk_size(index) + kTag);
  return cipher_.open(age_chunk_nonce(index, last), sealed, out);
}

// Whole chunks.
Status AgeReader::read_chunks(std::uint64_t index, std::size_t count, std::uint8_t* out) {
  SQB_TRY(read_sealed(index, count));
  for (std::size_t i = 0; i < count; ++i) {
    SQB_ASSIGN(const bool authentic,
               open_chunk(index + i, index + i + 1 == chunks_, i * kAgeSealedChunk, out + i * kAgeChunk));
    if (!authentic) return damaged_chunk(index + i, chunks_);
  }
  return {};
}

Result<std::size_t> AgeReader::read_at(std::uint64_t offset, ByteSpan out) {
  if (offset >= size_) return std::size_t{0};
  out = out.first(static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), size_ - offset)));
  const std::size_t wanted = out.size();
  while (!out.empty()) {
    const std::uint64_t index = offset / kAgeChunk;
    const auto within = static_cast<std::size_t>(offset % kAgeChunk);
    std::size_t count = 0;
    const std::size_t whole = std::min(out.size() / kAgeChunk, kAgeStride);
    if (index != cached_ && within == 0 && whole > 0) {
      SQB_TRY(read_chunks(index, whole, out.data()));
      count = whole * kAgeChunk;
    } else {
      if (index != cached_) {
        cached_ = kNoChunk;
        SQB_TRY(read_chunks(index, 1, plain_.data()));
        cached_ = index;
      }
      count = std::min(out.size(), chunk_size(index) - within);
      std::copy_n(plain_.begin() + static_cast<std::ptrdiff_t>(within), count, out.begin());
    }
    offset += count;
    out = out.subspan(count);
  }
  return wanted;
}

}  // namespace sqbackup
