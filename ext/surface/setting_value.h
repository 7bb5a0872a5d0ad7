// A setting's value as SQL gives it.
#pragma once

#include <optional>
#include <string>

#include "base/status.h"
#include "pages/sqlite.h"

namespace sqbackup {

// NULL: back to the default (nullopt). Numbers as their text: switches take 1 and 0. kBadSetting.
Result<std::optional<std::string>> setting_value(const std::string& key, sqlite3_value* value);

}  // namespace sqbackup
