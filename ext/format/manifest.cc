#include "format/manifest.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "format/json_members.h"
#include "format/json_shape.h"
#include "format/manifest_values.h"
#include "format/sealed_json.h"

namespace sqbackup {
namespace {

using Json = OrderedJson;

constexpr std::int64_t kVersion = 1;
constexpr std::int64_t kEncryptedVersion = 2;  // the newest that is known
constexpr std::string_view kTool = "sqbackup";
constexpr std::string_view kScheme = "age";

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

// What tells of the content.
void read_content(MemberReader& reader, std::string& fault, Manifest& m) {
  m.database_sha256 = reader.text("database_sha256");
  m.user_version = reader.integer<std::int64_t>("user_version");
  m.application_id = reader.integer<std::int64_t>("application_id");
  m.schema_sha256 = reader.text("schema_sha256");
  m.row_counts = reader.flag("row_counts");
  for (const Json& table : reader.array("tables")) m.tables.push_back(read_table(table, "tables.", fault));
  m.total_rows = reader.count_or_null("total_rows");
  m.note = reader.text("note");
  m.labels = reader.labels("labels");
  m.warnings = reader.texts("warnings");
}

Encryption read_encryption(const Json& json, std::string& fault) {
  MemberReader reader(json, "encryption.", fault);
  if (reader.text("scheme") != kScheme) reader.wrong("scheme", "'" + std::string(kScheme) + "'");
  return {reader.texts("recipients")};
}

Manifest read_members(const Json& json, bool encrypted, std::string& fault) {
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
  m.partial = json.contains("partial") && reader.flag("partial");  // only there where it is true
  m.page_size = reader.integer<std::uint32_t>("page_size");
  m.page_count = reader.integer<std::uint64_t>("page_count");
  m.database_size = reader.integer<std::uint64_t>("database_size");
  m.stored_size = reader.integer<std::uint64_t>("stored_size");
  m.sha256 = reader.text("sha256");
  m.sqlite_version = reader.text("sqlite_version");
  m.change_counter = reader.integer<std::uint32_t>("change_counter");
  m.pinned = reader.flag("pinned");
  m.duration = reader.seconds("duration");
  if (encrypted) {
    m.encryption = read_encryption(reader.object("encryption"), fault);
    m.secret = reader.text("secret");
  } else {
    read_content(reader, fault, m);
  }
  return m;
}

Status parse_json(std::string_view text, Json& json) {
  if (!within_json_bounds(text, 0))
    return {Error::kManifestDamaged, "it nests too deep or has too many members"};
  json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) return {Error::kManifestDamaged, "it is not valid JSON"};
  return {};
}

// Parses a sealed object; what it means is read by the caller.
Result<bool> parse_sealed(std::string_view text, Json& json) {
  SQB_TRY(check_seal(text));
  SQB_TRY(parse_json(text, json));
  std::string fault;
  const auto version = MemberReader(json, "", fault).integer<std::int64_t>("version");
  if (fault.empty() && version > kEncryptedVersion) {
    fault = "its version is " + std::to_string(version) + " and this sqbackup reads only up to " +
            std::to_string(kEncryptedVersion) + "; update sqbackup";
  }
  if (fault.empty() && version < kVersion) fault = "member 'version' is out of range";
  if (!fault.empty()) return Status(Error::kManifestDamaged, fault);
  return version == kEncryptedVersion;
}

Result<Manifest> parse_manifest(std::string_view text, std::string_view name) {
  Json json;
  SQB_ASSIGN(const bool encrypted, parse_sealed(text, json));
  std::string fault;
  if (MemberReader(json, "", fault).text("tool") != kTool && fault.empty()) {
    fault = "member 'tool' is not '" + std::string(kTool) + "'";
  }
  Manifest manifest = read_members(json, encrypted, fault);
  if (fault.empty()) fault = fault_of_values(manifest);
  if (fault.empty() && manifest.name != name) fault = "it is the manifest of another backup";
  if (!fault.empty()) return Status(Error::kManifestDamaged, fault);
  return manifest;
}

void read_marks_content(MemberReader& reader, Marks& marks) {
  marks.note = reader.text("note");
  marks.labels = reader.labels("labels");
}

Result<Marks> parse_marks(std::string_view text) {
  Json json;
  SQB_ASSIGN(const bool encrypted, parse_sealed(text, json));
  std::string fault;
  MemberReader reader(json, "", fault);
  Marks marks;
  marks.pinned = reader.flag("pinned");
  if (encrypted) {
    marks.secret = reader.text("secret");
    marks.keeps_texts = marks.secret.empty();
  } else {
    read_marks_content(reader, marks);
  }
  if (!fault.empty()) return Status(Error::kManifestDamaged, fault);
  return marks;
}

Status put_content(const Manifest& m, Json& json) {
  SQB_ASSIGN(Json labels, json_of_labels(m.labels));
  json["database_sha256"] = m.database_sha256;
  json["user_version"] = m.user_version;
  json["application_id"] = m.application_id;
  json["schema_sha256"] = m.schema_sha256;
  json["row_counts"] = m.row_counts;
  json["tables"] = json_of_tables(m.tables);
  json["total_rows"] = json_or_null(m.total_rows);
  json["note"] = m.note;
  json["labels"] = std::move(labels);
  json["warnings"] = m.warnings;
  return {};
}

Status put_marks_content(const Marks& marks, Json& json) {
  SQB_ASSIGN(Json labels, json_of_labels(marks.labels));
  json["note"] = marks.note;
  json["labels"] = std::move(labels);
  return {};
}

}  // namespace

Result<std::string> write_manifest(const Manifest& m) {
  if (const std::string fault = fault_of_values(m); !fault.empty()) {
    return Status(Error::kInternal, "refused to write a manifest that could not be read again: " + fault);
  }
  Json json;
  json["version"] = m.encryption ? kEncryptedVersion : kVersion;
  json["tool"] = kTool;
  json["tool_version"] = m.tool_version;
  json["name"] = m.name;
  json["database_id"] = m.database_id;
  json["database_path"] = m.database_path;
  json["created_at"] = json_time(m.created_at);
  json["trigger"] = m.trigger;
  json["actor"] = m.actor;
  json["format"] = m.format;
  if (m.partial) json["partial"] = true;
  json["page_size"] = m.page_size;
  json["page_count"] = m.page_count;
  json["database_size"] = m.database_size;
  json["stored_size"] = m.stored_size;
  json["sha256"] = m.sha256;
  json["sqlite_version"] = m.sqlite_version;
  json["change_counter"] = m.change_counter;
  json["pinned"] = m.pinned;
  json["duration"] = std::isfinite(m.duration) && m.duration > 0 ? m.duration : 0.0;
  if (m.encryption) {
    json["encryption"]["scheme"] = kScheme;
    json["encryption"]["recipients"] = m.encryption->recipients;
    json["secret"] = m.secret;
  } else {
    SQB_TRY(put_content(m, json));
  }
  return seal_json(text_of(json));
}

Result<Manifest> read_manifest(std::string_view text, std::string_view name) {
  Result<Manifest> manifest = parse_manifest(text, name);
  if (manifest.ok()) return manifest;
  return manifest.status().with_context("cannot trust the manifest '" + std::string(name) + ".json'");
}

Result<std::string> write_marks(const Marks& marks) {
  Json json;
  const bool encrypted = marks.hides_texts();
  json["version"] = encrypted ? kEncryptedVersion : kVersion;
  json["pinned"] = marks.pinned;
  if (encrypted) {
    json["secret"] = marks.secret;
  } else {
    SQB_TRY(put_marks_content(marks, json));
  }
  return seal_json(text_of(json));
}

Result<Marks> read_marks(std::string_view text) {
  Result<Marks> marks = parse_marks(text);
  if (marks.ok()) return marks;
  return marks.status().with_context("cannot trust the marks");
}

Result<std::string> secret_of(const Manifest& manifest) {
  Json json;
  SQB_TRY(put_content(manifest, json));
  return text_of(json);
}

Result<std::string> secret_of(const Marks& marks) {
  Json json;
  SQB_TRY(put_marks_content(marks, json));
  return text_of(json);
}

Status read_secret(std::string_view text, Manifest& manifest) {
  Json json;
  SQB_TRY(parse_json(text, json));
  std::string fault;
  MemberReader reader(json, "", fault);
  Manifest read = manifest;
  read_content(reader, fault, read);
  read.secret_is_read = true;
  if (fault.empty()) fault = fault_of_values(read);
  if (!fault.empty()) return {Error::kManifestDamaged, "the encrypted part of the manifest: " + fault};
  manifest = std::move(read);
  return {};
}

Status read_secret(std::string_view text, Marks& marks) {
  Json json;
  SQB_TRY(parse_json(text, json));
  std::string fault;
  MemberReader reader(json, "", fault);
  read_marks_content(reader, marks);
  return fault.empty() ? Status()
                       : Status(Error::kManifestDamaged, "the encrypted part of the marks: " + fault);
}

}  // namespace sqbackup
