#include "codec/age/lock.h"

#include "codec/age/stanzas.h"

namespace sqbackup {
namespace {

Status bad_lock(std::string_view what) { return {Error::kBadKey, std::string(what)}; }

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return std::to_string(count).append(" ").append(count == 1 ? one : many);
}

// What opens the file instead of `keys`, none of which did.
Status no_key(const AgeHeader& header, const AgeKeys& keys) {
  std::string text;
  if (header.takes_passphrase()) {
    text = "it is encrypted with a passphrase, and ";
    text += keys.passphrase.empty() ? "none is given" : "the one that is given is not it";
  } else if (header.x25519_recipients() == 0) {
    text = "it is encrypted to keys of another type than X25519, and no other type is known here";
  } else {
    text =
        "it is encrypted to " + counted(header.x25519_recipients(), "X25519 recipient", "X25519 recipients");
    text += keys.identities.empty()       ? ", and no identity is given"
            : keys.identities.size() == 1 ? ", and the identity that is given belongs to none of them"
                                          : ", and none of the " + std::to_string(keys.identities.size()) +
                                                " identities that are given belongs to one of them";
  }
  return {Error::kNoKey, text};
}

using Unwrapped = std::optional<AgeFileKey>;

Result<Unwrapped> unwrap(const AgeHeader& header, const AgeKeys& keys) {
  for (const AgeStanza& stanza : header.stanzas()) {
    if (!keys.passphrase.empty()) {
      SQB_ASSIGN(Unwrapped key, unwrap_with_passphrase(keys.passphrase, stanza));
      if (key) return key;
    }
    for (const AgeIdentity& identity : keys.identities) {
      SQB_ASSIGN(Unwrapped key, unwrap_with(identity, stanza));
      if (key) return key;
    }
  }
  return Unwrapped();
}

}  // namespace

Result<std::string> age_header_for(const AgeLock& lock, const AgeFileKey& key) {
  if (lock.recipients.empty() && lock.passphrase.empty()) {
    return bad_lock("there is neither a recipient nor a passphrase to encrypt with");
  }
  if (!lock.recipients.empty() && !lock.passphrase.empty()) {
    return bad_lock("there are recipients and a passphrase, and an age file takes one or the other");
  }
  std::vector<AgeStanza> stanzas;
  for (const AgeRecipient& recipient : lock.recipients) {
    SQB_ASSIGN(stanzas.emplace_back(), wrap_for(recipient, key));
  }
  if (!lock.passphrase.empty()) {
    if (lock.log2_work < 1 || lock.log2_work > kMaxLog2Work) {
      return bad_lock("the work factor for the passphrase is not between 1 and " +
                      std::to_string(kMaxLog2Work));
    }
    SQB_ASSIGN(stanzas.emplace_back(), wrap_with_passphrase(lock.passphrase, lock.log2_work, key));
  }
  return AgeHeader::write(key, stanzas);
}

Result<AgeFileKey> age_file_key(const AgeHeader& header, const AgeKeys& keys) {
  SQB_ASSIGN(Unwrapped key, unwrap(header, keys));
  if (!key) return no_key(header, keys);
  SQB_TRY(header.authenticate(*key));
  return std::move(*key);
}

Result<std::string> age_rewrap(const AgeHeader& header, const AgeFileKey& key, const AgeLock& lock) {
  SQB_TRY(header.authenticate(key));
  return age_header_for(lock, key);
}

}  // namespace sqbackup
