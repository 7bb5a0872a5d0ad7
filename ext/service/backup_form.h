// In which form a backup of a database is stored, by its settings and the options of a call.
#pragma once

#include <optional>
#include <string>

#include "base/status.h"
#include "engine/stored_form.h"
#include "service/database.h"

namespace sqbackup {

// `format`: the call's option; nullopt: the setting. kBadSetting.
Result<StoredForm> backup_form(Database& database, const std::optional<std::string>& format);

}  // namespace sqbackup
