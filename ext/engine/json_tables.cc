#include "engine/json_tables.h"

#include <algorithm>
#include <array>
#include <map>

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

std::vector<std::string> shadow_names(const std::string& virtual_table) {
  static constexpr std::array<const char*, 11> kSuffixes = {"_content", "_data",     "_idx",    "_docsize",
                                                            "_config",  "_segments", "_segdir", "_stat",
                                                            "_node",    "_parent",   "_rowid"};
  std::vector<std::string> names;
  names.reserve(kSuffixes.size());
  for (const char* suffix : kSuffixes) names.push_back(ascii_lower(virtual_table) + suffix);
  return names;
}

}  // namespace sqbackup
