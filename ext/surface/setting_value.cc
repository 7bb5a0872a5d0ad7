#include "surface/setting_value.h"

#include "surface/call.h"

namespace sqbackup {

Result<std::optional<std::string>> setting_value(const std::string& key, sqlite3_value* value) {
  using Wanted = std::optional<std::string>;
  const int type = sqlite3_value_type(value);
  if (type == SQLITE_NULL) return Wanted();
  if (type == SQLITE_BLOB) {
    return Status(Error::kBadSetting, "the value of '" + key + "' must be a text, not a blob");
  }
  const std::string text = text_of(value);
  if (text.find('\0') != std::string::npos) {
    return Status(Error::kBadSetting, "the value of '" + key + "' holds a NUL character");
  }
  return Wanted(text);
}

}  // namespace sqbackup
