#include "service/backup_form.h"

#include "format/text_list.h"

namespace sqbackup {

Result<StoredForm> backup_form(Database& database, const FormOptions& options) {
  SQB_ASSIGN(const auto format, database.setting("format"));
  SQB_ASSIGN(const auto level, database.setting("compression_level"));
  SQB_ASSIGN(const auto threads, database.setting("threads"));
  StoredForm form = form_of_format(options.format.value_or(format.value.value_or("")));
  form.zstd.level = static_cast<int>(count_of(level));
  form.zstd.threads = static_cast<unsigned>(count_of(threads));
  if (form.json) {
    SQB_ASSIGN(const auto exclude_tables, database.setting("exclude_tables"));
    form.exclude_tables =
        options.exclude_tables
            ? *options.exclude_tables
            : read_text_list(exclude_tables.value.value_or("[]")).value_or(std::vector<std::string>());
  } else if (options.exclude_tables) {
    return Status(
        Error::kBadOption,
        "option 'exclude_tables' goes with the formats json and json+zstd; the others hold the whole "
        "database");
  }
  if (!options.encrypt.value_or(true)) return form;
  SQB_ASSIGN(const auto encrypt_to, database.setting("encrypt_to"));
  SQB_ASSIGN(const auto passphrase, passphrase_of(database));
  SQB_ASSIGN(form.lock, read_lock(encrypt_to.value.value_or("[]"), passphrase));
  form.encrypted = form.lock != nullptr;
  if (options.encrypt && !form.encrypted) {
    return Status(Error::kBadOption,
                  "option 'encrypt' is true, but nobody is named to encrypt for; SELECT "
                  "backup_config('encrypt_to', 'age1...') first");
  }
  return form;
}

Status check_may_be_plain(Database& database, Catalog& catalog) {
  SQB_ASSIGN(const auto encrypt_to, database.setting("encrypt_to"));
  if (encrypt_to.value) return {};
  SQB_ASSIGN(const bool encrypted, catalog.has_encrypted());
  if (!encrypted) return {};
  return {Error::kBadSetting,
          "there are encrypted backups, and encrypt_to is not set (any more: the catalog was lost, or it was "
          "forgotten); SELECT backup_config('encrypt_to', 'age1...'), or '[]' if backups shall be plain from "
          "now on"};
}

Result<std::shared_ptr<const AgeLock>> new_lock(Database& database,
                                                const std::optional<std::string>& encrypt_to) {
  SQB_ASSIGN(const auto passphrase, passphrase_of(database));
  if (encrypt_to) {
    const auto recipients = normalize_recipients(*encrypt_to);
    if (!recipients.ok()) return recipients.status().with_context("option 'encrypt_to'");
    SQB_ASSIGN(auto lock, read_lock(*recipients, passphrase));
    if (lock != nullptr) return lock;
    return Status(Error::kBadOption,
                  "option 'encrypt_to' names nobody, and a backup that is encrypted is not made plain");
  }
  SQB_ASSIGN(const auto setting, database.setting("encrypt_to"));
  SQB_ASSIGN(auto lock, read_lock(setting.value.value_or("[]"), passphrase));
  if (lock != nullptr) return lock;
  return Status(Error::kBadSetting,
                "nobody is named to encrypt for, and a backup that is encrypted is not made plain; SELECT "
                "backup_config('encrypt_to', 'age1...') first, or give the option encrypt_to");
}

Result<std::optional<std::string>> passphrase_of(Database& database) {
  SQB_ASSIGN(auto setting, database.setting("passphrase"));
  return std::move(setting.value);
}

Result<AgeKeys> keys_of(Database& database, const std::string& name) {
  if (!name.ends_with(".age")) return AgeKeys();
  SQB_ASSIGN(auto identity, database.setting("identity"));
  SQB_ASSIGN(auto identity_file, database.setting("identity_file"));
  SQB_ASSIGN(auto passphrase, passphrase_of(database));
  return read_keys(*database.env().files,
                   {std::move(identity.value), std::move(identity_file.value), std::move(passphrase)});
}

}  // namespace sqbackup
