#include "format/json_snapshot.h"

#include <functional>
#include <set>

#include "codec/base64.h"
#include "format/json_values.h"

namespace sqbackup {
namespace {

// `name_of(i)` for each of `count`: what key_of(i) becomes.
void assign(std::size_t count, const std::function<const std::string&(std::size_t)>& name_of,
            const std::function<std::string&(std::size_t)>& key_of) {
  std::set<std::string, std::less<>> taken;
  for (std::size_t i = 0; i < count; ++i) {
    if (is_utf8(name_of(i))) taken.insert(key_of(i) = name_of(i));
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (is_utf8(name_of(i))) continue;
    std::string key = "$text:" + base64_encode(as_bytes(name_of(i)));
    while (!taken.insert(key).second) key += '\'';
    key_of(i) = key;
  }
}

void append_member(std::string& out, std::string_view key, std::string_view text) {
  append_json_string(out, key);
  out += ':';
  append_text(out, text);
}

void append_table(std::string& out, const SnapshotTable& table) {
  out += '{';
  append_member(out, "key", table.key);
  out += ',';
  append_member(out, "name", table.name);
  out.append(",\"rows\":");
  append_integer(out, table.rows);
  out.append(",\"rowid\":");
  if (table.rowid_key.empty()) {
    out.append("null");
  } else {
    append_json_string(out, table.rowid_key);
  }
  out.append(",\"columns\":[");
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    out.append(i > 0 ? ",{" : "{");
    append_member(out, "key", table.columns[i].key);
    out += ',';
    append_member(out, "name", table.columns[i].name);
    out += ',';
    append_member(out, "type", table.columns[i].type);
    out += '}';
  }
  out.append("]}");
}

void append_object(std::string& out, const SnapshotObject& object) {
  out += '{';
  append_member(out, "type", object.type);
  out += ',';
  append_member(out, "name", object.name);
  out += ',';
  append_member(out, "tbl_name", object.table);
  out += ',';
  append_member(out, "sql", object.sql);
  out += '}';
}

}  // namespace

bool is_sqlites_own(std::string_view table) {
  constexpr std::string_view kPrefix = "sqlite_";
  if (table.size() < kPrefix.size()) return false;
  for (std::size_t i = 0; i < kPrefix.size(); ++i) {
    const char c = table[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c) != kPrefix[i]) return false;
  }
  return true;
}

std::int64_t total_rows(const SnapshotManifest& manifest) {
  std::int64_t total = 0;
  for (const SnapshotTable& table : manifest.tables) {
    if (!is_sqlites_own(table.name)) total += table.rows;
  }
  return total;
}

void assign_keys(std::vector<SnapshotTable>& tables) {
  for (SnapshotTable& table : tables) {
    auto& columns = table.columns;
    assign(
        columns.size(), [&](std::size_t i) -> const std::string& { return columns[i].name; },
        [&](std::size_t i) -> std::string& { return columns[i].key; });
  }
  assign(
      tables.size(), [&](std::size_t i) -> const std::string& { return tables[i].name; },
      [&](std::size_t i) -> std::string& { return tables[i].key; });
}

std::vector<std::string> row_keys(const SnapshotTable& table) {
  std::vector<std::string> keys;
  if (!table.rowid_key.empty()) keys.push_back(table.rowid_key);
  for (const SnapshotColumn& column : table.columns) keys.push_back(column.key);
  return keys;
}

Result<std::string> manifest_text(const SnapshotManifest& manifest) {
  std::string out = "{\"format\":\"sqbackup-json\",\n\"version\":";
  append_integer(out, kJsonSnapshotVersion);
  out.append(",\n\"tool\":\"sqbackup\",\n");
  append_member(out, "tool_version", manifest.tool_version);
  out.append(",\n\"page_size\":");
  append_integer(out, manifest.page_size);
  out.append(",\n");
  append_member(out, "encoding", manifest.encoding);
  out.append(",\n\"auto_vacuum\":");
  append_integer(out, manifest.auto_vacuum);
  out.append(",\n\"user_version\":");
  append_integer(out, manifest.user_version);
  out.append(",\n\"application_id\":");
  append_integer(out, manifest.application_id);
  out.append(",\n\"tables\":[");
  for (std::size_t i = 0; i < manifest.tables.size(); ++i) {
    out.append(i > 0 ? ",\n" : "\n");
    append_table(out, manifest.tables[i]);
  }
  out.append("],\n\"schema\":[");
  for (std::size_t i = 0; i < manifest.schema.size(); ++i) {
    out.append(i > 0 ? ",\n" : "\n");
    append_object(out, manifest.schema[i]);
  }
  out.append("]}");
  if (out.size() <= kMaxSnapshotManifest) return out;
  return Status(Error::kBadOption, "the schema is too large for the format json: its description takes " +
                                       std::to_string(out.size()) + " bytes of at most " +
                                       std::to_string(kMaxSnapshotManifest) + "; use another format");
}

}  // namespace sqbackup
