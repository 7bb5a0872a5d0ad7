#include "codec/age/writer.h"

#include <algorithm>

#include "base/random.h"

namespace sqbackup {

AgeWriter::AgeWriter(AgeFileKey key, ChaCha20Poly1305 cipher, ByteSink& out)
    : key_(std::move(key)),
      cipher_(std::move(cipher)),
      out_(&out),
      plain_(kAgeChunk),
      sealed_(kAgeStride * kAgeSealedChunk) {}

Result<AgeWriter> AgeWriter::create(const AgeLock& lock, ByteSink& out) {
  SQB_ASSIGN(AgeFileKey key, AgeFileKey::random());
  SQB_ASSIGN(const std::string header, age_header_for(lock, key));
  AgeNonce nonce;
  SQB_TRY(fill_random(nonce));
  SQB_ASSIGN(ChaCha20Poly1305 cipher, age_payload_cipher(key, nonce, ChaCha20Poly1305::Use::kSeal));
  AgeWriter writer(std::move(key), std::move(cipher), out);
  SQB_TRY(out.append(as_bytes(header)));
  SQB_TRY(out.append(nonce));
  return writer;
}

Status AgeWriter::flush() {
  const ByteView sealed = ByteView(sealed_).first(sealed_size_);
  sealed_size_ = 0;
  return sealed.empty() ? Status() : out_->append(sealed);
}

Status AgeWriter::seal(ByteView chunk, bool last) {
  if (sealed_size_ == sealed_.size()) SQB_TRY(flush());
  SQB_TRY(cipher_.seal(age_chunk_nonce(index_, last), chunk, sealed_.data() + sealed_size_));
  ++index_;
  sealed_size_ += chunk.size() + ChaCha20Poly1305::kTagSize;
  return {};
}

Status AgeWriter::append_chunks(ByteView plain) {
  while (!plain.empty()) {
    if (plain_size_ == kAgeChunk) {
      SQB_TRY(seal(plain_, false));
      plain_size_ = 0;
    }
    if (plain_size_ == 0 && plain.size() > kAgeChunk) {  // not the last one: straight from the caller's bytes
      SQB_TRY(seal(plain.first(kAgeChunk), false));
      plain = plain.subspan(kAgeChunk);
      continue;
    }
    const std::size_t count = std::min(plain.size(), kAgeChunk - plain_size_);
    std::copy_n(plain.begin(), count, plain_.begin() + static_cast<std::ptrdiff_t>(plain_size_));
    plain_size_ += count;
    plain = plain.subspan(count);
  }
  return {};
}

Status AgeWriter::append(ByteView plain) {
  SQB_TRY(failed_);
  return failed_ = append_chunks(plain);
}

Status AgeWriter::finish() {
  SQB_TRY(failed_);
  failed_ = seal(ByteView(plain_).first(plain_size_), true);
  if (failed_.ok()) failed_ = flush();
  return failed_;
}

}  // namespace sqbackup
