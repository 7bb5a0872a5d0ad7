#include "format/manifest.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "format/json_shape.h"
#include "format/manifest_values.h"
#include "format/sealed_json.h"

namespace sqbackup {
namespace {

// Keeps the members in their order.
using Json = nlohmann::ordered_json;

constexpr std::int64_t kVersion = 1;
constexpr std::string_view kTool = "sqbackup";

// Names, SQL and notes may hold bytes that are no UTF-8: they become U+FFFD.
std::string text_of(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace); }

// The JSON value for labels given as text: an object, or null when there are none.
Result<Json> json_of_labels(const std::string& labels) {
  if (labels.empty()) return Json(nullptr);
  if (within_json_bounds(labels, 1)) {
    Json json = Json::parse(labels, nullptr, false);
    if (json.is_object()) return json;
  }
  return Status(Error::kBadOption, "labels must be the text of a JSON object, with at most " +
                                       std::to_string(kMaxJsonMembers) + " members and " +
                                       std::to_string(kMaxJsonDepth - 1) + " levels");
}

std::string time_text(UnixMillis time) {
  std::string text = format_sql_time(time);
  std::replace(text.begin(), text.end(), ' ', 'T');
  return text + "Z";
}

template <typename T>
Json json_or_null(const std::optional<T>& value) {
  return value.has_value() ? Json(*value) : Json(nullptr);
}

Json json_of_table(const TableInfo& table) {
  Json columns = Json::array();
  for (const ColumnInfo& column : table.columns) {
    Json json;
    json["name"] = column.name;
    json["type"] = column.type;
    columns.push_back(std::move(json));
  }
  Json json;
  json["name"] = table.name;
  json["rows"] = json_or_null(table.rows);
  json["columns"] = std::move(columns);
  return json;
}

Json json_of_tables(const std::vector<TableInfo>& tables) {
  Json json = Json::array();
  for (const TableInfo& table : tables) json.push_back(json_of_table(table));
  return json;
}

// Takes typed members out of an object. The first member that is missing or ill-typed is remembered, and what
// is read after it is worthless.
class MemberReader {
 public:
  // `prefix`: where the object stands ("tables."), empty for the outermost.
  MemberReader(const Json& object, std::string prefix, std::string& fault)
      : object_(object), prefix_(std::move(prefix)), fault_(fault) {
    if (object_.is_object()) return;
    if (prefix_.empty()) {
      note("it is no JSON object");
    } else {
      note("member '" + prefix_.substr(0, prefix_.size() - 1) + "' is not an array of objects");
    }
  }

  std::string text(const char* key) {
    const Json* json = member(key);
    const auto* value = json == nullptr ? nullptr : json->get_ptr<const std::string*>();
    if (value == nullptr) wrong(key, "a string");
    return value == nullptr ? std::string() : *value;
  }

  bool flag(const char* key) {
    const Json* json = member(key);
    const auto* value = json == nullptr ? nullptr : json->get_ptr<const bool*>();
    if (value == nullptr) wrong(key, "true or false");
    return value != nullptr && *value;
  }

  template <typename T>
  T integer(const char* key) {
    const Json* json = member(key);
    if (json == nullptr || !json->is_number_integer()) return wrong(key, "an integer"), T{};
    const bool in_range = json->is_number_unsigned()
                              ? std::in_range<T>(*json->get_ptr<const std::uint64_t*>())
                              : std::in_range<T>(*json->get_ptr<const std::int64_t*>());
    if (!in_range) wrong(key, "an integer in range");
    return in_range ? json->get<T>() : T{};
  }

  std::optional<std::int64_t> count_or_null(const char* key) {
    const Json* json = member(key);
    if (json != nullptr && json->is_null()) return std::nullopt;
    const auto value = integer<std::int64_t>(key);
    if (value < 0) wrong(key, "null or a count");
    return value;
  }

  double seconds(const char* key) {
    const Json* json = member(key);
    const double value = json != nullptr && json->is_number() ? json->get<double>() : -1;
    if (!(value >= 0)) wrong(key, "a number of seconds");
    return value;
  }

  const Json& array(const char* key) {
    static const Json& kEmpty = *new Json(Json::array());
    const Json* json = member(key);
    if (json != nullptr && json->is_array()) return *json;
    wrong(key, "an array");
    return kEmpty;
  }

  std::string labels(const char* key) {
    const Json* json = member(key);
    if (json != nullptr && json->is_null()) return {};
    if (json != nullptr && json->is_object()) return json->dump();
    wrong(key, "an object or null");
    return {};
  }

  UnixMillis time(const char* key) {
    const std::string value = text(key);
    const std::optional<UnixMillis> time = parse_time(value);
    if (time.has_value() && time_text(*time) == value) return *time;
    wrong(key, "a UTC time with milliseconds");
    return 0;
  }

  void wrong(const std::string& key, std::string_view expected) {
    note("member '" + prefix_ + key + "' is missing or not " + std::string(expected));
  }

 private:
  const Json* member(const char* key) const {
    if (!object_.is_object()) return nullptr;
    const auto found = object_.find(key);
    return found == object_.end() ? nullptr : &*found;
  }

  void note(const std::string& fault) {
    if (fault_.empty()) fault_ = fault;
  }

  const Json& object_;
  std::string prefix_;
  std::string& fault_;
};

TableInfo read_table(const Json& json, const std::string& prefix, std::string& fault) {
  MemberReader reader(json, prefix, fault);
  TableInfo table;
  table.name = reader.text("name");
  table.rows = reader.count_or_null("rows");
  for (const Json& column : reader.array("columns")) {
    MemberReader column_reader(column, prefix + "columns.", fault);
    table.columns.push_back({column_reader.text("name"), column_reader.text("type")});
  }
  return table;
}

std::vector<std::string> read_warnings(MemberReader& reader) {
  std::vector<std::string> warnings;
  for (const Json& warning : reader.array("warnings")) {
    if (!warning.is_string()) reader.wrong("warnings", "an array of strings");
    warnings.push_back(warning.is_string() ? *warning.get_ptr<const std::string*>() : std::string());
  }
  return warnings;
}

Manifest read_members(const Json& json, std::string& fault) {
  MemberReader reader(json, "", fault);
  Manifest m;
  m.tool_version = reader.text("tool_version");
  m.name = reader.text("name");
  m.database_id = reader.text("database_id");
  m.database_path = reader.text("database_path");
  m.created_at = reader.time("created_at");
  m.trigger = reader.text("trigger");
  m.actor = reader.text("actor");
  m.format = reader.text("format");
  m.page_size = reader.integer<std::uint32_t>("page_size");
  m.page_count = reader.integer<std::uint64_t>("page_count");
  m.database_size = reader.integer<std::uint64_t>("database_size");
  m.stored_size = reader.integer<std::uint64_t>("stored_size");
  m.sha256 = reader.text("sha256");
  m.database_sha256 = reader.text("database_sha256");
  m.sqlite_version = reader.text("sqlite_version");
  m.user_version = reader.integer<std::int64_t>("user_version");
  m.application_id = reader.integer<std::int64_t>("application_id");
  m.change_counter = reader.integer<std::uint32_t>("change_counter");
  m.schema_sha256 = reader.text("schema_sha256");
  m.row_counts = reader.flag("row_counts");
  for (const Json& table : reader.array("tables")) m.tables.push_back(read_table(table, "tables.", fault));
  m.total_rows = reader.count_or_null("total_rows");
  m.note = reader.text("note");
  m.labels = reader.labels("labels");
  m.pinned = reader.flag("pinned");
  m.warnings = read_warnings(reader);
  m.duration = reader.seconds("duration");
  return m;
}

// Parses a sealed object of a known version; what it means is read by the caller.
Status parse_sealed(std::string_view text, Json& json) {
  SQB_TRY(check_seal(text));
  if (!within_json_bounds(text, 0))
    return {Error::kManifestDamaged, "it nests too deep or has too many members"};
  json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return {Error::kManifestDamaged, "it is not valid JSON"};
  std::string fault;
  const auto version = MemberReader(json, "", fault).integer<std::int64_t>("version");
  if (fault.empty() && version > kVersion) {
    fault = "its version is " + std::to_string(version) + " and this sqbackup reads only up to " +
            std::to_string(kVersion) + "; update sqbackup";
  }
  if (fault.empty() && version < 1) fault = "member 'version' is out of range";
  return fault.empty() ? Status() : Status(Error::kManifestDamaged, fault);
}

Result<Manifest> parse_manifest(std::string_view text, std::string_view name) {
  Json json;
  SQB_TRY(parse_sealed(text, json));
  std::string fault;
  if (MemberReader(json, "", fault).text("tool") != kTool && fault.empty()) {
    fault = "member 'tool' is not '" + std::string(kTool) + "'";
  }
  Manifest manifest = read_members(json, fault);
  if (fault.empty()) fault = fault_of_values(manifest);
  if (fault.empty() && manifest.name != name) fault = "it is the manifest of another backup";
  if (!fault.empty()) return Status(Error::kManifestDamaged, fault);
  return manifest;
}

Result<Marks> parse_marks(std::string_view text) {
  Json json;
  SQB_TRY(parse_sealed(text, json));
  std::string fault;
  MemberReader reader(json, "", fault);
  Marks marks;
  marks.pinned = reader.flag("pinned");
  marks.note = reader.text("note");
  marks.labels = reader.labels("labels");
  if (!fault.empty()) return Status(Error::kManifestDamaged, fault);
  return marks;
}

}  // namespace

Result<std::string> write_manifest(const Manifest& m) {
  if (const std::string fault = fault_of_values(m); !fault.empty()) {
    return Status(Error::kInternal, "refused to write a manifest that could not be read again: " + fault);
  }
  SQB_ASSIGN(Json labels, json_of_labels(m.labels));
  Json json;
  json["version"] = kVersion;
  json["tool"] = kTool;
  json["tool_version"] = m.tool_version;
  json["name"] = m.name;
  json["database_id"] = m.database_id;
  json["database_path"] = m.database_path;
  json["created_at"] = time_text(m.created_at);
  json["trigger"] = m.trigger;
  json["actor"] = m.actor;
  json["format"] = m.format;
  json["page_size"] = m.page_size;
  json["page_count"] = m.page_count;
  json["database_size"] = m.database_size;
  json["stored_size"] = m.stored_size;
  json["sha256"] = m.sha256;
  json["database_sha256"] = m.database_sha256;
  json["sqlite_version"] = m.sqlite_version;
  json["user_version"] = m.user_version;
  json["application_id"] = m.application_id;
  json["change_counter"] = m.change_counter;
  json["schema_sha256"] = m.schema_sha256;
  json["row_counts"] = m.row_counts;
  json["tables"] = json_of_tables(m.tables);
  json["total_rows"] = json_or_null(m.total_rows);
  json["note"] = m.note;
  json["labels"] = std::move(labels);
  json["pinned"] = m.pinned;
  json["warnings"] = m.warnings;
  json["duration"] = std::isfinite(m.duration) && m.duration > 0 ? m.duration : 0.0;
  return seal_json(text_of(json));
}

Result<Manifest> read_manifest(std::string_view text, std::string_view name) {
  Result<Manifest> manifest = parse_manifest(text, name);
  if (manifest.ok()) return manifest;
  return manifest.status().with_context("cannot trust the manifest '" + std::string(name) + ".json'");
}

Result<std::string> write_marks(const Marks& marks) {
  SQB_ASSIGN(Json labels, json_of_labels(marks.labels));
  Json json;
  json["version"] = kVersion;
  json["pinned"] = marks.pinned;
  json["note"] = marks.note;
  json["labels"] = std::move(labels);
  return seal_json(text_of(json));
}

Result<Marks> read_marks(std::string_view text) {
  Result<Marks> marks = parse_marks(text);
  if (marks.ok()) return marks;
  return marks.status().with_context("cannot trust the marks");
}

}  // namespace sqbackup
