// ChaCha20-Poly1305 (RFC 8439) without associated data: one key, many messages.
#pragma once

#include <array>
#include <memory>

#include "base/bytes.h"
#include "base/status.h"

struct evp_cipher_ctx_st;  // OpenSSL's EVP_CIPHER_CTX

namespace sqbackup {

class ChaCha20Poly1305 {
 public:
  static constexpr std::size_t kKeySize = 32;
  static constexpr std::size_t kTagSize = 16;
  using Nonce = std::array<std::uint8_t, 12>;
  enum class Use { kSeal, kOpen };

  static Result<ChaCha20Poly1305> create(ByteView key, Use use);  // fails on memory shortage only

  // Neither takes memory. A message may have up to INT_MAX bytes; `out` must not overlap it.
  Status seal(const Nonce& nonce, ByteView plain, std::uint8_t* out);  // writes plain.size() + kTagSize bytes
  // `sealed` has kTagSize bytes or more; writes kTagSize fewer. False: not what was sealed with this key and
  // nonce, and what was written is wiped.
  Result<bool> open(const Nonce& nonce, ByteView sealed, std::uint8_t* out);

 private:
  struct Free {
    void operator()(evp_cipher_ctx_st* context) const;
  };
  using Context = std::unique_ptr<evp_cipher_ctx_st, Free>;
  explicit ChaCha20Poly1305(Context context) : context_(std::move(context)) {}
  Context context_;
};

}  // namespace sqbackup
