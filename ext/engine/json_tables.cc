#include "engine/json_tables.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "base/ascii.h"
#include "pages/image.h"
#include "pages/stand_ins.h"

namespace sqbackup {
namespace {

int order_of(const SchemaRow& row) {
  if (row.object.type == "table") return row.is_virtual ? 2 : is_sqlites_own(row.object.name) ? 0 : 1;
  return row.object.type == "index" ? 3 : row.object.type == "view" ? 4 : 5;
}

// The names that a rowid answers to, unless a column has them.
std::string free_rowid_name(const SnapshotTable& table) {
  for (const char* name : {"rowid", "_rowid_", "oid"}) {
    const auto same = [name](const SnapshotColumn& column) { return ascii_lower(column.name) == name; };
    if (std::none_of(table.columns.begin(), table.columns.end(), same)) return name;
  }
  return {};
}

std::map<std::string, std::string> types_of(const SnapshotTable& table) {
  std::map<std::string, std::string> types;
  for (const SnapshotColumn& column : table.columns) types[column.name] = column.type;
  return types;
}

}  // namespace

Result<std::vector<SchemaRow>> schema_rows(Connection& database) {
  std::vector<SchemaRow> rows;
  SQB_ASSIGN(auto statement, database.prepare("SELECT type, name, tbl_name, sql, rootpage FROM sqlite_schema"
                                              " WHERE sql IS NOT NULL ORDER BY rowid"));
  while (true) {
    SQB_ASSIGN(const bool more, statement.step());
    if (!more) break;
    SchemaRow row;
    row.object = {statement.text(0), statement.text(1), statement.text(2), statement.text(3)};
    row.is_virtual = row.object.type == "table" && statement.integer(4) == 0;
    rows.push_back(std::move(row));
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return order_of(a) < order_of(b); });
  return rows;
}

Result<TableShape> shape_of(Connection& database, const std::string& table) {
  TableShape shape;
  shape.table.name = table;
  SQB_ASSIGN(
      auto columns,
      database.prepare(
          "SELECT name, type, hidden, pk, \"notnull\" FROM pragma_table_xinfo(?1, 'main') ORDER BY cid"));
  columns.bind(1, std::string_view(table));
  bool has_key = false;
  SnapshotTable all;  // with the generated ones, which may be named rowid too
  while (true) {
    SQB_ASSIGN(const bool more, columns.step());
    if (!more) break;
    all.columns.push_back({columns.text(0), {}, columns.text(1)});
    if (columns.integer(2) == 0) shape.table.columns.push_back(all.columns.back());
    const bool is_virtual = columns.integer(2) == 2;
    if (columns.integer(2) == 3 || (is_virtual && columns.integer(4) != 0)) shape.computes = true;
    has_key = has_key || columns.integer(3) > 0;
  }
  SQB_ASSIGN(auto key_index, database.prepare("SELECT count(*) FROM pragma_index_list(?1, 'main')"
                                              " WHERE origin='pk'"));
  key_index.bind(1, std::string_view(table));
  SQB_ASSIGN(const bool row, key_index.step());
  // A primary key without an index of its own is the rowid under another name.
  if (row && has_key && key_index.integer(0) == 0) return shape;
  const std::string rowid = free_rowid_name(all);
  if (rowid.empty()) return shape;
  const auto probe = database.prepare("SELECT " + rowid + " FROM " + quoted_name(table) + " NOT INDEXED");
  shape.without_rowid = probe.status().is(Error::kSqliteFailed);
  if (!probe.ok() && !shape.without_rowid) return probe.status();
  if (!shape.without_rowid) shape.table.rowid_key = rowid;
  return shape;
}

std::string difference(const SnapshotTable& wanted, const SnapshotTable& found) {
  const auto in_backup = types_of(wanted);
  const auto here = types_of(found);
  for (const auto& [name, type] : in_backup) {
    const auto other = here.find(name);
    if (other == here.end()) return "column '" + name + "' is only in the backup";
    if (other->second != type) {
      std::string why = "column '";
      why.append(name).append("' is '").append(type).append("' in the backup and '");
      return why.append(other->second).append("' here");
    }
  }
  for (const auto& [name, type] : here) {
    if (in_backup.count(name) == 0) return "column '" + name + "' is not in the backup";
  }
  return wanted.rowid_key == found.rowid_key ? "" : "its primary key or rowid is another one";
}

std::string insert_statement(const SnapshotTable& table) {
  std::string columns = table.rowid_key;
  std::string values = columns.empty() ? "" : "?1";
  int number = columns.empty() ? 0 : 1;
  for (const SnapshotColumn& column : table.columns) {
    if (number > 0) {
      columns += ',';
      values += ',';
    }
    columns += quoted_name(column.name);
    values.append("?").append(std::to_string(++number));
  }
  // The file's rows and nothing else, whatever conflict clauses the table has.
  return "INSERT OR ABORT INTO main." + quoted_name(table.name) + "(" + columns + ") VALUES(" + values + ")";
}

namespace {

// The module that a CREATE VIRTUAL TABLE names, in lower case.
std::string module_of(const std::string& sql) {
  bool is_next = false;
  for (std::size_t at = 0; at < sql.size();) {
    const char c = sql[at];
    std::size_t end = at + 1;
    std::string word;
    if (sql.compare(at, 2, "--") == 0) {
      end = std::min(sql.find('\n', at), sql.size());
    } else if (sql.compare(at, 2, "/*") == 0) {
      end = std::min(sql.find("*/", at + 2), sql.size() - 2) + 2;
    } else if (c == '"' || c == '\'' || c == '`' || c == '[') {
      const std::size_t close = std::min(sql.find(c == '[' ? ']' : c, at + 1), sql.size());
      if (is_next) return ascii_lower(sql.substr(at + 1, close - at - 1));
      end = close + 1;
    } else if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0) {
      while (end < sql.size() && (std::isalnum(static_cast<unsigned char>(sql[end])) != 0 ||
                                  sql[end] == '_' || (sql[end] & 0x80) != 0))
        ++end;
      word = ascii_lower(sql.substr(at, end - at));
      if (is_next) return word;
      is_next = word == "using";
    }
    at = end;
  }
  return {};
}

}  // namespace

std::vector<std::string> shadow_names(const SnapshotObject& virtual_table) {
  struct Module {
    const char* name;
    std::array<const char*, 5> suffixes;  // null: no more
  };
  static constexpr Module kModules[] = {{"fts5", {"_data", "_idx", "_content", "_docsize", "_config"}},
                                        {"fts4", {"_content", "_segments", "_segdir", "_docsize", "_stat"}},
                                        {"fts3", {"_content", "_segments", "_segdir"}},
                                        {"rtree", {"_node", "_parent", "_rowid"}},
                                        {"rtree_i32", {"_node", "_parent", "_rowid"}},
                                        {"geopoly", {"_node", "_parent", "_rowid"}}};
  std::vector<std::string> names;
  const std::string wanted = module_of(virtual_table.sql);
  for (const Module& module : kModules) {
    for (const char* suffix : module.suffixes) {
      if (wanted == module.name && suffix != nullptr)
        names.push_back(ascii_lower(virtual_table.name) + suffix);
    }
  }
  return names;
}

bool is_strict(const SnapshotObject& table) {
  const std::size_t end = table.sql.rfind(')');
  return end != std::string::npos && ascii_lower(table.sql.substr(end)).find("strict") != std::string::npos;
}

}  // namespace sqbackup
