#include "format/event_text.h"

#include <nlohmann/json.hpp>

#include "codec/sha256.h"
#include "format/json_shape.h"

namespace sqbackup {
namespace {

using Json = nlohmann::ordered_json;

std::string quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string event_details_json(const EventDetails& details) {
  // Not as one object: to destroy that takes memory, and where there is none left it ends the process. Each
  // run comes by here.
  std::string json = "{";
  for (const auto& [key, value] : details) {
    json += (json.size() > 1 ? "," : "") + quoted(key) + ':' + quoted(value);
  }
  return json + '}';
}

EventDetails event_details(std::string_view json) {
  EventDetails details;
  if (!within_json_bounds(json, 0)) return details;
  const Json parsed = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) return details;
  for (const auto& [key, value] : parsed.items()) {
    if (value.is_string()) details.emplace_back(key, value.get<std::string>());
  }
  return details;
}

Result<std::string> uuid_of_text(std::string_view text) {
  SQB_ASSIGN(std::string digits, sha256_hex(as_bytes(text)));
  digits[12] = '8';  // the version
  constexpr std::string_view kVariants = "89ab";
  digits[16] = kVariants[static_cast<std::size_t>(digits[16]) % kVariants.size()];
  return digits.substr(0, 8) + '-' + digits.substr(8, 4) + '-' + digits.substr(12, 4) + '-' +
         digits.substr(16, 4) + '-' + digits.substr(20, 12);
}

}  // namespace sqbackup
