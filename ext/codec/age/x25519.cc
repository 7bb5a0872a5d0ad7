#include "codec/age/x25519.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <memory>

#include "codec/openssl.h"

namespace sqbackup {
namespace {

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

Key private_key(const Secret& scalar) {
  prepare_openssl();
  return Key(EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, nullptr, scalar.bytes().data(), scalar.size()));
}

Status no_memory() { return {Error::kNoMemory, "cannot use an X25519 key: out of memory"}; }

}  // namespace

Result<X25519Point> x25519_public(const Secret& scalar) {
  const Key key = private_key(scalar);
  X25519Point point;
  std::size_t size = point.size();
  if (key == nullptr || EVP_PKEY_get_raw_public_key(key.get(), point.data(), &size) != 1) return no_memory();
  return point;
}

Result<std::optional<Secret>> x25519_shared(const Secret& scalar, const X25519Point& point) {
  const Key mine = private_key(scalar);
  const Key theirs(EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, nullptr, point.data(), point.size()));
  if (mine == nullptr || theirs == nullptr) return no_memory();
  const std::unique_ptr<EVP_PKEY_CTX, FreeKey> context(EVP_PKEY_CTX_new(mine.get(), nullptr));
  if (context == nullptr || EVP_PKEY_derive_init(context.get()) != 1 ||
      EVP_PKEY_derive_set_peer(context.get(), theirs.get()) != 1) {
    return no_memory();
  }
  Secret shared(kX25519Size);
  std::size_t size = shared.size();
  // OpenSSL refuses zeros itself, which is the one way for the computation to fail; it takes no memory.
  if (EVP_PKEY_derive(context.get(), shared.span().data(), &size) != 1) {
    ERR_clear_error();
    return std::optional<Secret>();
  }
  return std::optional<Secret>(std::move(shared));
}

}  // namespace sqbackup
