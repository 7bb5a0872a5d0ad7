// The payload of an age file: after the header a nonce of 16 bytes, then chunks of 64 KiB, each sealed with
// its number, and the last one marked as such. Any of them can be opened alone.
#pragma once

#include "codec/age/aead.h"
#include "codec/age/file_key.h"

namespace sqbackup {

constexpr std::size_t kAgeNonceSize = 16;
constexpr std::size_t kAgeChunk = std::size_t{64} << 10;
constexpr std::size_t kAgeSealedChunk = kAgeChunk + ChaCha20Poly1305::kTagSize;
// As many chunks are written or read at a time.
constexpr std::size_t kAgeStride = 16;

using AgeNonce = std::array<std::uint8_t, kAgeNonceSize>;

// The cipher of all chunks. Fails on memory shortage only.
Result<ChaCha20Poly1305> age_payload_cipher(const AgeFileKey& key, const AgeNonce& nonce,
                                            ChaCha20Poly1305::Use use);

ChaCha20Poly1305::Nonce age_chunk_nonce(std::uint64_t index, bool last);

}  // namespace sqbackup
