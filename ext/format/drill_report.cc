#include "format/drill_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "format/json_shape.h"

namespace sqbackup {
namespace {

using Json = nlohmann::ordered_json;

template <typename T>
Json json_or_null(const std::optional<T>& value) {
  return value.has_value() ? Json(*value) : Json(nullptr);
}

// What bytes that are no UTF-8 have become.
constexpr std::string_view kReplacement = "\xef\xbf\xbd";

}  // namespace

const DrillCheck* DrillReport::first_failure() const {
  const auto failed =
      std::find_if(checks.begin(), checks.end(), [](const DrillCheck& check) { return !check.ok; });
  return failed != checks.end() ? &*failed : nullptr;
}

std::string drill_report_json(const DrillReport& report) {
  Json json;
  json["ok"] = report.ok;
  json["name"] = report.name;
  const DrillCheck* failure = report.first_failure();
  json["failed_check"] = failure != nullptr ? Json(failure->name) : Json(nullptr);
  json["failure"] = failure != nullptr ? Json(failure->detail) : Json(nullptr);
  json["checks"] = Json::array();
  for (const DrillCheck& check : report.checks) {
    Json item;
    item["name"] = check.name;
    item["ok"] = check.ok;
    item["detail"] = check.detail;
    item["seconds"] = check.seconds;
    json["checks"].push_back(std::move(item));
  }
  json["warnings"] = report.warnings;
  json["tables"] = Json::array();
  for (const DrillTable& table : report.tables) {
    Json item;
    item["name"] = table.name;
    item["rows"] = json_or_null(table.rows);
    json["tables"].push_back(std::move(item));
  }
  json["bytes"] = report.bytes;
  json["restore_seconds"] = json_or_null(report.restore_seconds);
  json["data_age_seconds"] = json_or_null(report.data_age_seconds);
  // Names and values may hold bytes that are no UTF-8: they become U+FFFD.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::vector<DrillTable> tables_of_drill_report(std::string_view json) {
  std::vector<DrillTable> tables;
  if (!within_json_bounds(json, 0)) return tables;
  const Json report = Json::parse(json.begin(), json.end(), nullptr, /*allow_exceptions=*/false);
  if (!report.is_object() || !report.contains("tables")) return tables;
  for (const Json& item : report["tables"]) {
    if (!item.is_object() || !item.contains("name") || !item["name"].is_string()) continue;
    DrillTable table{item["name"].get<std::string>(), std::nullopt};
    if (table.name.find(kReplacement) != std::string::npos) continue;
    if (item.contains("rows") && item["rows"].is_number_integer())
      table.rows = item["rows"].get<std::int64_t>();
    tables.push_back(std::move(table));
  }
  return tables;
}

}  // namespace sqbackup
