#include "engine/verify.h"
#include "service/operations.h"
#include "surface/functions.h"
#include "surface/target.h"

namespace sqbackup {
namespace {

constexpr OptionSpec kRestoreOptions[] = {{"to", OptionType::kText},
                                          {"overwrite", OptionType::kSwitch},
                                          {"reindex_later", OptionType::kSwitch},
                                          kDatabaseOption,
                                          kSchemaOption};

constexpr OptionSpec kVerifyOptions[] = {
    {"level", OptionType::kChoice, "checksum, quick, full"}, kDatabaseOption, kSchemaOption};

}  // namespace

Status sql_backup_restore(Call& call) {
  SQB_ASSIGN(const std::string point, call.text(0, "the point"));
  SQB_ASSIGN(const Options options, call.options(1, kRestoreOptions));
  const auto to = options.text("to");
  if (options.has("overwrite") && !to) {
    return {Error::kBadOption,
            "option 'overwrite' goes with 'to'; a live restore always replaces the database"};
  }
  if (options.has("reindex_later") && !to)
    return {Error::kBadOption, "option 'reindex_later' goes with 'to'"};
  SQB_ASSIGN(Session::Target target, target_of(call.session(), options));
  if (!to) {
    SQB_ASSIGN(const std::string undo, restore_database(target, point, call.progress()));
    call.return_text(undo);
    return {};
  }
  PathRestore file;
  SQB_ASSIGN(file.path, path_option("to", *to));
  file.overwrite = options.flag("overwrite").value_or(false);
  file.reindex_later = options.flag("reindex_later").value_or(false);
  SQB_ASSIGN(const std::string written, restore_to_path(target, point, file, call.progress()));
  call.return_text(written);
  return {};
}

Status sql_backup_verify(Call& call) {
  SQB_ASSIGN(const std::string point, call.text(0, "the point"));
  SQB_ASSIGN(const Options options, call.options(1, kVerifyOptions));
  std::optional<VerifyLevel> level;
  if (const auto name = options.text("level")) {
    level = verify_level(*name);
    if (!level) return {Error::kInternal, "a verify level without a meaning"};
  }
  SQB_ASSIGN(Session::Target target, target_of(call.session(), options));
  SQB_ASSIGN(const VerifyLevel proven, verify_database_backup(target, point, level, call.progress()));
  const bool whole = level || proven == VerifyLevel::kFull;
  call.return_text(whole ? "ok" : "stored bytes ok; not decrypted: no key that opens it is here");
  return {};
}

}  // namespace sqbackup
