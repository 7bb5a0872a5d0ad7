#include "codec/sha256.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <new>

#include "codec/openssl.h"

namespace sqbackup {

struct Sha256::Context {
  EVP_MD_CTX* digest = EVP_MD_CTX_new();
  bool ok = true;
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { EVP_MD_CTX_free(digest); }
};

Sha256::Sha256(std::unique_ptr<Context> context) : context_(std::move(context)) {}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

Result<Sha256> Sha256::create() {
  prepare_openssl();
  auto context = std::unique_ptr<Context>(new (std::nothrow) Context);
  if (context == nullptr || context->digest == nullptr ||
      EVP_DigestInit_ex(context->digest, EVP_sha256(), nullptr) != 1) {
    return Status(Error::kNoMemory, "cannot begin a SHA-256 digest: out of memory");
  }
  return Sha256(std::move(context));
}

void Sha256::update(ByteView bytes) {
  if (EVP_DigestUpdate(context_->digest, bytes.data(), bytes.size()) != 1) context_->ok = false;
}

// A failed digest is the empty text, which equals no hash.
std::string Sha256::finish_hex() {
  std::array<std::uint8_t, 32> hash;
  if (EVP_DigestFinal_ex(context_->digest, hash.data(), nullptr) != 1 || !context_->ok) return {};
  return to_hex(hash);
}

Result<std::string> sha256_hex(ByteView bytes) {
  SQB_ASSIGN(Sha256 hash, Sha256::create());
  hash.update(bytes);
  return hash.finish_hex();
}

std::string crypto_version() { return OpenSSL_version(OPENSSL_VERSION_STRING); }

}  // namespace sqbackup
