#include "service/settings.h"
#include "surface/functions.h"
#include "surface/setting_value.h"

namespace sqbackup {

Status sql_backup_config(Call& call) {
  SQB_ASSIGN(const std::string key, call.text(0, "the key"));
  SQB_ASSIGN(Session::Target target, call.session().attached("main"));
  if (call.count() == 1) {
    SQB_ASSIGN(const SettingValue value, target.database->setting(key));
    if (value.value) call.return_text(*value.value);
    return {};
  }
  SQB_ASSIGN(const std::optional<std::string> wanted, setting_value(key, call.value(1)));
  SQB_ASSIGN(const SettingValue value, target.database->set_setting(key, wanted));
  if (value.value) call.return_text(*value.value);
  return {};
}

}  // namespace sqbackup
