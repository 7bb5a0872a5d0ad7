#include "codec/age/stanzas.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>

#include "base/random.h"
#include "codec/age/aead.h"
#include "codec/base64.h"
#include "codec/hkdf.h"
#include "codec/openssl.h"

namespace sqbackup {
namespace {

constexpr std::string_view kX25519Info = "age-encryption.org/v1/X25519";
constexpr std::string_view kScryptLabel = "age-encryption.org/v1/scrypt";
constexpr std::size_t kSaltSize = 16;
constexpr std::size_t kBodySize = AgeFileKey::kSize + ChaCha20Poly1305::kTagSize;
constexpr ChaCha20Poly1305::Nonce kZeroNonce{};  // a wrap key wraps one file key

Result<std::string> wrapped(const Secret& wrap_key, const AgeFileKey& key) {
  using Use = ChaCha20Poly1305::Use;
  SQB_ASSIGN(auto cipher, ChaCha20Poly1305::create(wrap_key.bytes(), Use::kSeal));
  std::string body(kBodySize, '\0');
  SQB_TRY(cipher.seal(kZeroNonce, key.bytes(), reinterpret_cast<std::uint8_t*>(body.data())));
  return body;
}

Result<std::optional<AgeFileKey>> unwrapped(const Secret& wrap_key, std::string_view body) {
  using Use = ChaCha20Poly1305::Use;
  SQB_ASSIGN(auto cipher, ChaCha20Poly1305::create(wrap_key.bytes(), Use::kOpen));
  Secret key(AgeFileKey::kSize);
  SQB_ASSIGN(const bool authentic, cipher.open(kZeroNonce, as_bytes(body), key.span().data()));
  if (!authentic) return std::optional<AgeFileKey>();
  return std::optional<AgeFileKey>(std::move(key));
}

Result<Secret> x25519_wrap_key(const Secret& shared, const X25519Point& share,
                               const AgeRecipient& recipient) {
  std::array<std::uint8_t, 2 * kX25519Size> salt;
  std::copy(share.begin(), share.end(), salt.begin());
  std::copy(recipient.point().begin(), recipient.point().end(), salt.begin() + kX25519Size);
  return hkdf_sha256(shared.bytes(), salt, kX25519Info);
}

// `salt` is the stanza's. Fails on memory shortage only.
Result<Secret> scrypt_wrap_key(const Secret& passphrase, std::string_view salt, int log2_work) {
  constexpr std::uint64_t kBlocks = 8;          // r
  constexpr std::uint64_t kSpare = 1ULL << 20;  // beside the large table
  const std::string labelled = std::string(kScryptLabel).append(salt);
  const std::uint64_t work = 1ULL << log2_work;
  Secret key(ChaCha20Poly1305::kKeySize);
  prepare_openssl();
  if (EVP_PBE_scrypt(passphrase.text().data(), passphrase.size(), as_bytes(labelled).data(), labelled.size(),
                     work, kBlocks, 1, 128 * kBlocks * work + kSpare, key.span().data(), key.size()) != 1) {
    ERR_clear_error();
    return Status(Error::kNoMemory, "cannot make a key of the passphrase: " + std::to_string(work >> 10) +
                                        " MiB of memory are not there");
  }
  return key;
}

// Decimal without a sign or leading zeros; nullopt: it is none, or 0.
std::optional<int> parse_log2_work(std::string_view text) {
  constexpr std::size_t kMaxDigits = 9;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (text.empty() || text.size() > kMaxDigits || text[0] == '0' ||
      !std::all_of(text.begin(), text.end(), is_digit))
    return std::nullopt;
  int value = 0;
  for (const char c : text) value = value * 10 + (c - '0');
  return value;
}

Status malformed(std::string_view type, std::string_view why) {
  return damaged_age_header("has a damaged " + std::string(type) + " stanza: " + std::string(why));
}

// The argument at `index` as `size` bytes.
Result<std::string> bytes_argument(const AgeStanza& stanza, std::size_t index, std::size_t size) {
  auto bytes = base64_decode_unpadded(stanza.arguments[index]);
  if (bytes && bytes->size() == size) return std::move(*bytes);
  return malformed(stanza.arguments[0],
                   "an argument is not " + std::to_string(size) + " bytes in canonical base64");
}

// Before anything is decrypted: a longer body may be made to open with more than one key.
Status check_shape(const AgeStanza& stanza, std::size_t arguments) {
  if (stanza.arguments.size() != arguments) {
    return malformed(stanza.arguments[0], "it has a wrong number of arguments");
  }
  if (stanza.body.size() != kBodySize) return malformed(stanza.arguments[0], "it is too short or too long");
  return {};
}

}  // namespace

Result<AgeStanza> wrap_for(const AgeRecipient& recipient, const AgeFileKey& key) {
  Secret ephemeral(kX25519Size);
  SQB_TRY(fill_random(ephemeral.span()));
  SQB_ASSIGN(const X25519Point share, x25519_public(ephemeral));
  SQB_ASSIGN(const auto shared, x25519_shared(ephemeral, recipient.point()));
  if (!shared) return Status(Error::kBadKey, "a recipient is a point of low order");
  SQB_ASSIGN(const Secret wrap_key, x25519_wrap_key(*shared, share, recipient));
  SQB_ASSIGN(std::string body, wrapped(wrap_key, key));
  return AgeStanza{{std::string(kX25519Stanza), base64_encode_unpadded(share)}, std::move(body)};
}

Result<std::optional<AgeFileKey>> unwrap_with(const AgeIdentity& identity, const AgeStanza& stanza) {
  if (stanza.arguments[0] != kX25519Stanza) return std::optional<AgeFileKey>();
  SQB_TRY(check_shape(stanza, 2));
  SQB_ASSIGN(const std::string bytes, bytes_argument(stanza, 1, kX25519Size));
  X25519Point share;
  std::copy(bytes.begin(), bytes.end(), share.begin());
  SQB_ASSIGN(const auto shared, x25519_shared(identity.scalar(), share));
  if (!shared) return malformed(kX25519Stanza, "its share is a point of low order");
  SQB_ASSIGN(const Secret wrap_key, x25519_wrap_key(*shared, share, identity.recipient()));
  return unwrapped(wrap_key, stanza.body);
}

Result<AgeStanza> wrap_with_passphrase(const Secret& passphrase, int log2_work, const AgeFileKey& key) {
  std::array<std::uint8_t, kSaltSize> random;
  SQB_TRY(fill_random(random));
  const std::string salt(random.begin(), random.end());
  SQB_ASSIGN(const Secret wrap_key, scrypt_wrap_key(passphrase, salt, log2_work));
  SQB_ASSIGN(std::string body, wrapped(wrap_key, key));
  return AgeStanza{{std::string(kScryptStanza), base64_encode_unpadded(random), std::to_string(log2_work)},
                   std::move(body)};
}

Result<std::optional<AgeFileKey>> unwrap_with_passphrase(const Secret& passphrase, const AgeStanza& stanza) {
  if (stanza.arguments[0] != kScryptStanza) return std::optional<AgeFileKey>();
  SQB_TRY(check_shape(stanza, 3));
  SQB_ASSIGN(const std::string salt, bytes_argument(stanza, 1, kSaltSize));
  const auto log2_work = parse_log2_work(stanza.arguments[2]);
  if (!log2_work) return malformed(kScryptStanza, "its work factor is no number");
  if (*log2_work > kMaxLog2Work) {
    return malformed(kScryptStanza, "its work factor is 2^" + std::to_string(*log2_work) +
                                        ", and no more than 2^" + std::to_string(kMaxLog2Work) +
                                        " is accepted");
  }
  SQB_ASSIGN(const Secret wrap_key, scrypt_wrap_key(passphrase, salt, *log2_work));
  return unwrapped(wrap_key, stanza.body);
}

}  // namespace sqbackup
