#include "service/backup_form.h"

namespace sqbackup {

Result<StoredForm> backup_form(Database& database, const std::optional<std::string>& format) {
  SQB_ASSIGN(const auto setting, database.setting("format"));
  SQB_ASSIGN(const auto level, database.setting("compression_level"));
  SQB_ASSIGN(const auto threads, database.setting("threads"));
  StoredForm form = form_of_format(format.value_or(setting.value.value_or("")));
  form.zstd.level = static_cast<int>(count_of(level));
  form.zstd.threads = static_cast<unsigned>(count_of(threads));
  return form;
}

}  // namespace sqbackup
