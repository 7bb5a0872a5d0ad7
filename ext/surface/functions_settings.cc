#include "service/settings.h"
#include "surface/functions.h"
#include "surface/setting_value.h"

namespace sqbackup {

Status sql_backup_config(Call& call) {
  SQB_ASSIGN(const std::string key, call.text(0, "the key"));
  SQB_ASSIGN(const SettingInfo* info, require_setting(key));
  SQB_ASSIGN(Session::Target target, call.session().attached("main"));
  SettingValue value;
  if (call.count() == 1) {
    SQB_ASSIGN(value, target.database->setting(key));
  } else {
    SQB_ASSIGN(const std::optional<std::string> wanted, setting_value(key, call.value(1)));
    SQB_ASSIGN(value, target.database->set_setting(key, wanted));
  }
  if (const auto shown = shown_value(*info, value)) call.return_text(*shown);
  return {};
}

}  // namespace sqbackup
