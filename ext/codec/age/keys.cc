#include "codec/age/keys.h"

#include <algorithm>

#include "codec/age/bech32.h"

namespace sqbackup {
namespace {

constexpr std::string_view kRecipientPrefix = "age";
constexpr std::string_view kIdentityPrefix = "AGE-SECRET-KEY-";

Status bad_key(std::string_view what, std::string_view why) {
  return {Error::kBadKey, std::string(what).append(" ").append(why)};
}

// What else a text may be that looks like a key. Each begins the text.
struct OtherKind {
  std::string_view beginning;
  std::string_view what;
};

constexpr OtherKind kOtherKinds[] = {
    {"age1pq1", "is a post-quantum recipient; use an X25519 one, as age-keygen makes it"},
    {"AGE-SECRET-KEY-PQ-1", "is a post-quantum identity; use an X25519 one, as age-keygen makes it"},
    {"AGE-PLUGIN-", "is the identity of an age plugin, and plugins are not run here"},
    {"ssh-", "is an SSH key; use an X25519 key, as age-keygen makes it"},
    {"ecdsa-", "is an SSH key; use an X25519 key, as age-keygen makes it"},
    {"-----BEGIN AGE ENCRYPTED FILE", "is encrypted itself; decrypt it with age -d first"},
    {"age-encryption.org/", "is encrypted itself; decrypt it with age -d first"},
    {"-----BEGIN ", "is a key of another kind, SSH or TLS; use an X25519 key, as age-keygen makes it"},
};

const OtherKind* other_kind(std::string_view text) {
  const auto* const found =
      std::find_if(std::begin(kOtherKinds), std::end(kOtherKinds),
                   [&](const OtherKind& kind) { return text.starts_with(kind.beginning); });
  return found == std::end(kOtherKinds) ? nullptr : found;
}

// "age1yubikey1...": a second '1' may stand in the prefix only, never in the data.
bool is_for_plugin(std::string_view text) {
  return text.starts_with("age1") && text.find('1', 4) != std::string_view::npos;
}

// The 32 bytes of a key in Bech32 with this prefix.
Result<Secret> key_bytes(std::string_view text, std::string_view prefix, std::string_view what) {
  auto decoded = bech32_decode(text);
  if (!decoded.ok()) return bad_key(what, decoded.status().message());
  if (decoded->prefix != prefix) {
    return bad_key(what, "does not begin with '" + std::string(prefix) + "1', as every one does");
  }
  if (decoded->data.size() != kX25519Size) return bad_key(what, "is too short or too long");
  return std::move(decoded->data);
}

// A recipient is public, but what was given for one may be a secret by mistake.
std::string recipient_name(std::string_view text) {
  constexpr std::size_t kShown = 16;
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  if (!text.starts_with("age1") || !std::all_of(text.begin(), text.end(), plain)) return "the recipient";
  return "the recipient '" + std::string(text.substr(0, kShown)) + (text.size() > kShown ? "...'" : "'");
}

}  // namespace

Result<AgeRecipient> AgeRecipient::parse(std::string_view text) {
  const std::string name = recipient_name(text);
  if (text.starts_with(kIdentityPrefix)) {
    return bad_key(name,
                   "is an identity, which is secret; give the recipient that age-keygen -y shows for it");
  }
  if (const OtherKind* kind = other_kind(text)) return bad_key(name, kind->what);
  if (is_for_plugin(text)) return bad_key(name, "is for an age plugin, and plugins are not run here");
  SQB_ASSIGN(const Secret bytes, key_bytes(text, kRecipientPrefix, name));
  X25519Point point;
  std::copy(bytes.bytes().begin(), bytes.bytes().end(), point.begin());
  // A point of low order gives zeros with any scalar: what is found here cannot fail when a backup is
  // written.
  SQB_ASSIGN(const auto shared, x25519_shared(Secret(kX25519Size), point));
  if (!shared) return bad_key(name, "is a point of low order, to which nothing can be encrypted safely");
  return AgeRecipient(point);
}

std::string AgeRecipient::text() const { return bech32_encode(kRecipientPrefix, point_); }

Result<AgeIdentity> AgeIdentity::parse(std::string_view text) {
  constexpr std::string_view kName = "the identity";
  if (const OtherKind* kind = other_kind(text)) return bad_key(kName, kind->what);
  if (text.starts_with("age1")) {
    return bad_key(kName, "is a recipient, which opens nothing; give the identity that belongs to it");
  }
  SQB_ASSIGN(Secret scalar, key_bytes(text, kIdentityPrefix, kName));
  SQB_ASSIGN(const X25519Point point, x25519_public(scalar));
  return AgeIdentity(std::move(scalar), AgeRecipient(point));
}

Result<std::vector<AgeIdentity>> parse_identities(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r";
  std::vector<AgeIdentity> identities;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    line = line.substr(0, line.find_last_not_of(kBlanks) + 1);
    if (line.empty() || line.front() == '#') continue;
    auto identity = AgeIdentity::parse(line);
    if (!identity.ok()) return identity.status().with_context("line " + std::to_string(number));
    identities.push_back(std::move(*identity));
  }
  if (identities.empty()) {
    return Status(Error::kBadKey, "there is no identity; one is a line that begins with AGE-SECRET-KEY-1");
  }
  return identities;
}

}  // namespace sqbackup
