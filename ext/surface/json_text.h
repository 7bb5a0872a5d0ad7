// JSON as text for SQL.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace sqbackup {

// Paths may be any bytes: what is no UTF-8 is shown with replacement characters.
inline std::string json_text(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace sqbackup
