#include "codec/age/aead.h"

#include <openssl/evp.h>

#include <algorithm>

#include "base/secret.h"
#include "codec/openssl.h"

namespace sqbackup {
namespace {

Status no_memory() { return {Error::kNoMemory, "cannot encrypt or decrypt: out of memory"}; }

}  // namespace

void ChaCha20Poly1305::Free::operator()(evp_cipher_ctx_st* context) const { EVP_CIPHER_CTX_free(context); }

Result<ChaCha20Poly1305> ChaCha20Poly1305::create(ByteView key, Use use) {
  prepare_openssl();
  Context context(EVP_CIPHER_CTX_new());
  if (context == nullptr || key.size() != kKeySize ||
      EVP_CipherInit_ex(context.get(), EVP_chacha20_poly1305(), nullptr, key.data(), nullptr,
                        use == Use::kSeal ? 1 : 0) != 1) {
    return no_memory();
  }
  return ChaCha20Poly1305(std::move(context));
}

Status ChaCha20Poly1305::seal(const Nonce& nonce, ByteView plain, std::uint8_t* out) {
  EVP_CIPHER_CTX* const context = context_.get();
  int written = 0;
  std::uint8_t* const tag = out + plain.size();
  if (EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, nonce.data(), -1) != 1 ||
      (!plain.empty() &&
       EVP_CipherUpdate(context, out, &written, plain.data(), static_cast<int>(plain.size())) != 1) ||
      EVP_CipherFinal_ex(context, tag, &written) != 1 ||
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagSize, tag) != 1) {
    return no_memory();
  }
  return {};
}

Result<bool> ChaCha20Poly1305::open(const Nonce& nonce, ByteView sealed, std::uint8_t* out) {
  EVP_CIPHER_CTX* const context = context_.get();
  const ByteView body = sealed.first(sealed.size() - kTagSize);
  std::array<std::uint8_t, kTagSize> tag;
  std::copy(sealed.end() - kTagSize, sealed.end(), tag.begin());
  std::uint8_t nothing = 0;
  int written = 0;
  if (EVP_CipherInit_ex(context, nullptr, nullptr, nullptr, nonce.data(), -1) != 1 ||
      EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagSize, tag.data()) != 1 ||
      (!body.empty() &&
       EVP_CipherUpdate(context, out, &written, body.data(), static_cast<int>(body.size())) != 1)) {
    return no_memory();
  }
  if (EVP_CipherFinal_ex(context, &nothing, &written) == 1) return true;
  wipe({out, body.size()});
  return false;
}

}  // namespace sqbackup
