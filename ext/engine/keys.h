// The keys of encrypted backups: for whom new ones are encrypted, and what opens them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_env.h"
#include "base/status.h"
#include "codec/age/lock.h"
#include "format/manifest.h"

namespace sqbackup {

// For whom: age recipients, or the one word "passphrase". As a JSON array, a text with commas or blanks
// between them, or one alone; returned as a JSON array. kBadKey.
Result<std::string> normalize_recipients(std::string_view text);

// `recipients` as normalize_recipients() returns it; null where there are none. `passphrase` is used where
// they say so: kNoKey if there is none.
Result<std::shared_ptr<const AgeLock>> read_lock(const std::string& recipients,
                                                 const std::optional<std::string>& passphrase);
Encryption encryption_of(const AgeLock& lock);

// Where keys are found; each may be missing.
struct KeyTexts {
  std::optional<std::string> identity;       // the text of one
  std::optional<std::string> identity_file;  // path of a file of them, as age-keygen writes it
  std::optional<std::string> passphrase;
};

Status check_identity(std::string_view text);  // kBadKey unless it is one

// kBadKey, kNoSuchFile, kNoPermission. No message shows anything of a key.
Result<AgeKeys> read_keys(FileEnv& files, const KeyTexts& texts);
const AgeKeys& no_keys();
inline bool has_any(const AgeKeys& keys) { return !keys.identities.empty() || !keys.passphrase.empty(); }

// Encrypts what a manifest, or marks, must not tell in the open. kBadOption.
Status hide_content(Manifest& manifest, const AgeLock& lock);
Status hide_content(Marks& marks, const AgeLock& lock);
// Reads it again, where the keys open it; kNoKey, kManifestDamaged.
Status reveal_content(Manifest& manifest, const AgeKeys& keys);

// The lock that a manifest names, to encrypt for the same again. kNoKey where it takes a passphrase that
// `passphrase` is not.
Result<std::shared_ptr<const AgeLock>> lock_of(const Encryption& encryption,
                                               const std::optional<std::string>& passphrase);

// kNoKey, in the words of whoever wants the backup.
Status no_key(const Manifest& manifest, const Status& reason);

}  // namespace sqbackup
