#include "codec/hmac.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "codec/openssl.h"

namespace sqbackup {

Result<HmacSha256> hmac_sha256(ByteView key, ByteView message) {
  prepare_openssl();
  static constexpr std::uint8_t kNoKey = 0;  // OpenSSL takes a null pointer for "the key of last time"
  HmacSha256 mac;
  unsigned size = 0;
  const std::uint8_t* key_bytes = key.empty() ? &kNoKey : key.data();
  if (HMAC(EVP_sha256(), key_bytes, static_cast<int>(key.size()), message.data(), message.size(), mac.data(),
           &size) == nullptr ||
      size != mac.size()) {
    return Status(Error::kNoMemory, "cannot compute an HMAC-SHA256: out of memory");
  }
  return mac;
}

}  // namespace sqbackup
