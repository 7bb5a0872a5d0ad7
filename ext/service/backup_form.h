// In which form backups of a database are stored, and what opens them, by its settings and the options of a
// call.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "engine/keys.h"
#include "engine/stored_form.h"
#include "service/database.h"

namespace sqbackup {

struct FormOptions {
  std::optional<std::string> format;                       // unset: the setting
  std::optional<bool> encrypt;                             // unset: where encrypt_to says for whom
  std::optional<std::vector<std::string>> exclude_tables;  // of a JSON snapshot; unset: the setting
};

// kBadSetting; kBadOption, to be encrypted for nobody, or tables to exclude from what is no JSON snapshot;
// kNoKey, with a passphrase that is not set here.
Result<StoredForm> backup_form(Database& database, const FormOptions& options);

// Whether a plain backup is what the user wants. kBadSetting: there are encrypted ones, and nothing says that
// it shall be otherwise from now on; a catalog that was lost takes the setting with it.
Status check_may_be_plain(Database& database, Catalog& catalog);

// For whom an encrypted backup is to be from now on: those of `encrypt_to`, in any form that the setting may
// have; not given: those of the setting. kBadKey, kNoKey; kBadOption, kBadSetting: nobody.
Result<std::shared_ptr<const AgeLock>> new_lock(Database& database,
                                                const std::optional<std::string>& encrypt_to);

// The keys that this process holds for the backups of `database`; none, unasked, where `name` is not
// encrypted.
Result<AgeKeys> keys_of(Database& database, const std::string& name);

// The passphrase alone, to encrypt with it again.
Result<std::optional<std::string>> passphrase_of(Database& database);

}  // namespace sqbackup
