#include "codec/age/stream.h"

#include "codec/hkdf.h"

namespace sqbackup {

Result<ChaCha20Poly1305> age_payload_cipher(const AgeFileKey& key, const AgeNonce& nonce,
                                            ChaCha20Poly1305::Use use) {
  SQB_ASSIGN(const Secret payload_key, hkdf_sha256(key.bytes(), nonce, "payload"));
  return ChaCha20Poly1305::create(payload_key.bytes(), use);
}

// The counter in 11 bytes, big-endian, then the mark of the last chunk.
ChaCha20Poly1305::Nonce age_chunk_nonce(std::uint64_t index, bool last) {
  ChaCha20Poly1305::Nonce nonce{};
  for (std::size_t i = 0; i < sizeof index; ++i) nonce[10 - i] = static_cast<std::uint8_t>(index >> 8 * i);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

}  // namespace sqbackup
