#include "format/text_list.h"

#include <nlohmann/json.hpp>

#include "format/json_shape.h"

namespace sqbackup {

std::optional<std::vector<std::string>> read_text_list(std::string_view json) {
  if (!within_json_bounds(json, 0)) return std::nullopt;
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  if (!parsed.is_array()) return std::nullopt;
  std::vector<std::string> texts;
  for (const auto& text : parsed) {
    if (!text.is_string()) return std::nullopt;
    texts.push_back(text.get<std::string>());
  }
  return texts;
}

std::string write_text_list(const std::vector<std::string>& texts) {
  return nlohmann::json(texts).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace sqbackup
