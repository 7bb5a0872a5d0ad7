// What of a database a JSON snapshot carries: its schema, and the shape of its ordinary tables.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/status.h"
#include "format/json_snapshot.h"
#include "pages/connection.h"

namespace sqbackup {

struct SchemaRow {
  SnapshotObject object;
  bool is_virtual = false;
};

// The rows of sqlite_schema that have a statement, in the order in which they can be run: SQLite's own
// tables, tables, virtual tables, indexes, views, triggers; each in the order in which they were made.
Result<std::vector<SchemaRow>> schema_rows(Connection& database);

struct TableShape {
  SnapshotTable table;  // without keys and rows
  bool without_rowid = false;
  bool computes = false;  // to fill it, a generated column must be computed: one that is stored or NOT NULL
};

Result<TableShape> shape_of(Connection& database, const std::string& table);

// Empty, or how the columns of `found` differ from those of `wanted`: names, declared types and whether there
// is an implicit rowid. Their order does not matter.
std::string difference(const SnapshotTable& wanted, const SnapshotTable& found);

// INSERT with a parameter for each value of a row, in the order of row_keys().
std::string insert_statement(const SnapshotTable& table);

// The names, in lower case, that a virtual table's own tables may have (SQLite's "shadow tables", of FTS3 to
// FTS5, R-Tree and Geopoly; of other modules none are known).
std::vector<std::string> shadow_names(const SnapshotObject& virtual_table);

// Whether the table's statement ends in the option STRICT, as far as the text tells.
bool is_strict(const SnapshotObject& table);

}  // namespace sqbackup
