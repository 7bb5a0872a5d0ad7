#include "engine/verify.h"
#include "service/operations.h"
#include "service/place.h"
#include "service/remote.h"
#include "surface/functions.h"
#include "surface/target.h"

namespace sqbackup {
namespace {

constexpr const char* kLevels = "checksum, quick, full";

constexpr OptionSpec kRestoreOptions[] = {{"to", OptionType::kText},
                                          {"overwrite", OptionType::kSwitch},
                                          {"level", OptionType::kChoice, kLevels},
                                          {"reindex_later", OptionType::kSwitch},
                                          kDatabaseOption,
                                          kSchemaOption};

constexpr OptionSpec kVerifyOptions[] = {
    {"level", OptionType::kChoice, kLevels}, kDatabaseOption, kSchemaOption};

Result<std::optional<VerifyLevel>> level_option(const Options& options) {
  const auto name = options.text("level");
  if (!name) return std::optional<VerifyLevel>();
  const auto level = verify_level(*name);
  if (!level) return Status(Error::kInternal, "a verify level without a meaning");
  return level;
}

}  // namespace

Status sql_backup_restore(Call& call) {
  SQB_ASSIGN(const std::string point, call.text(0, "the point"));
  SQB_ASSIGN(const Options options, call.options(1, kRestoreOptions));
  const auto to = options.text("to");
  if (options.has("overwrite") && !to) {
    return {Error::kBadOption,
            "option 'overwrite' goes with 'to'; a live restore always replaces the database"};
  }
  for (const char* key : {"level", "reindex_later"}) {
    if (options.has(key) && !to)
      return {Error::kBadOption, std::string("option '") + key + "' goes with 'to'"};
  }
  SQB_ASSIGN(Session::Target target, target_of(call.session(), options));
  const bool remote = is_remote(point);
  if (remote && !to) {
    return {Error::kBadOption,
            "a restore straight from a URL makes a new file: add {\"to\": \"PATH\"}; for a live restore, "
            "backup_download('NAME') brings the backup here first"};
  }
  if (!to) {
    SQB_ASSIGN(const std::string undo, restore_database(target, point, call.progress()));
    call.return_text(undo);
    return {};
  }
  PathRestore file;
  SQB_ASSIGN(file.path, path_option("to", *to));
  file.overwrite = options.flag("overwrite").value_or(false);
  SQB_ASSIGN(const auto level, level_option(options));
  file.level = level.value_or(VerifyLevel::kFull);
  file.reindex_later = options.flag("reindex_later").value_or(false);
  SQB_ASSIGN(const std::string written, remote ? restore_from_place(target, point, file, call.progress())
                                               : restore_to_path(target, point, file, call.progress()));
  call.return_text(written);
  return {};
}

Status sql_backup_verify(Call& call) {
  SQB_ASSIGN(const std::string point, call.text(0, "the point"));
  SQB_ASSIGN(const Options options, call.options(1, kVerifyOptions));
  SQB_ASSIGN(const auto level, level_option(options));
  SQB_ASSIGN(Session::Target target, target_of(call.session(), options));
  SQB_ASSIGN(const VerifyLevel proven, verify_database_backup(target, point, level, call.progress()));
  const bool whole = level || proven == VerifyLevel::kFull;
  call.return_text(whole ? "ok" : "stored bytes ok; not decrypted: no key that opens it is here");
  return {};
}

}  // namespace sqbackup
