// The two ways in which a stanza holds the file key: wrapped for an X25519 recipient, or by a passphrase.
//
// What unwraps answers nullopt if the stanza is not for this key, and kStoredBytesDamaged if it is malformed.
#pragma once

#include <optional>

#include "codec/age/header.h"
#include "codec/age/keys.h"

namespace sqbackup {

Result<AgeStanza> wrap_for(const AgeRecipient& recipient, const AgeFileKey& key);
Result<std::optional<AgeFileKey>> unwrap_with(const AgeIdentity& identity, const AgeStanza& stanza);

// scrypt with N = 2^log2_work, r = 8, p = 1, which takes 2^log2_work KiB of memory; stanzas that ask for more
// than kMaxLog2Work are malformed.
constexpr int kMaxLog2Work = 22;
Result<AgeStanza> wrap_with_passphrase(const Secret& passphrase, int log2_work, const AgeFileKey& key);
Result<std::optional<AgeFileKey>> unwrap_with_passphrase(const Secret& passphrase, const AgeStanza& stanza);

}  // namespace sqbackup
