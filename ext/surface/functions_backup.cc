#include "service/operations.h"
#include "store/backup_directory.h"
#include "surface/functions.h"
#include "surface/target.h"

namespace sqbackup {
namespace {

constexpr OptionSpec kNowOptions[] = {
    kDatabaseOption,
    kSchemaOption,
    {"format", OptionType::kChoice, "sqlite, zstd, json, json+zstd"},
    {"encrypt", OptionType::kSwitch},
    {"note", OptionType::kText},
    {"labels", OptionType::kLabels},
    {"pinned", OptionType::kSwitch},
    {"row_counts", OptionType::kSwitch},
    {"exclude_tables", OptionType::kTexts},
};

constexpr OptionSpec kDeleteOptions[] = {{"force", OptionType::kSwitch}, kDatabaseOption, kSchemaOption};

}  // namespace

Status sql_backup_now(Call& call) {
  SQB_ASSIGN(const Options options, call.options(0, kNowOptions));
  SQB_ASSIGN(Session::Target target, target_of(call.session(), options));
  BackupOptions wanted;
  wanted.form.format = options.text("format");
  wanted.form.encrypt = options.flag("encrypt");
  wanted.form.exclude_tables = options.texts("exclude_tables");
  wanted.note = options.text("note").value_or("");
  wanted.labels = options.text("labels").value_or("");
  wanted.pinned = options.flag("pinned").value_or(false);
  wanted.row_counts = options.flag("row_counts");
  SQB_ASSIGN(const std::string name, backup_database(target, wanted, call.progress()));
  call.return_text(name);
  return {};
}

Status sql_backup_delete(Call& call) {
  SQB_ASSIGN(const std::string name, call.text(0, "the name"));
  SQB_ASSIGN(const Options options, call.options(1, kDeleteOptions));
  if (!is_plain_name(name)) {
    return {Error::kBadName, "'" + name + "' is not a plain file name; backups.name lists the names"};
  }
  SQB_ASSIGN(Session::Target target, target_of(call.session(), options));
  Deletion deletion(std::move(target));
  SQB_TRY(deletion.stage(name, options.flag("force").value_or(false)));
  SQB_TRY(deletion.commit());
  call.return_integer(1);
  return {};
}

}  // namespace sqbackup
