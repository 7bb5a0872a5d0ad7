// A JSON snapshot: a whole database as one JSON text, { "manifest": {...}, "data": { table: [rows] } }.
// docs/format/json.md describes it. Here it is text and structs; engine/json_dump.h and engine/json_load.h
// know SQLite.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "format/json_lexer.h"

namespace sqbackup {

inline constexpr int kJsonSnapshotVersion = 1;
inline constexpr std::size_t kMaxSnapshotManifest = 64 << 20;  // bytes; a reader holds all of it
inline constexpr std::size_t kMaxSnapshotValue = 0x7fffffff;   // bytes of a text or BLOB: SQLite's own limit

struct SnapshotColumn {
  std::string name;
  std::string key;   // of its value in a row
  std::string type;  // as declared, may be empty
};

struct SnapshotTable {
  std::string name;
  std::string key;                      // of its rows in "data"
  std::vector<SnapshotColumn> columns;  // without the generated ones
  std::string rowid_key;  // the name of the implicit rowid, which rows carry; empty: they do not
  std::int64_t rows = 0;
};

// A row of sqlite_schema that has a statement.
struct SnapshotObject {
  std::string type;  // table (virtual ones too), index, view, trigger
  std::string name;
  std::string table;  // sqlite_schema's tbl_name
  std::string sql;
};

struct SnapshotManifest {
  std::string tool_version;
  std::int64_t page_size = 4096;
  std::string encoding = "UTF-8";  // UTF-8, UTF-16le, UTF-16be
  std::int64_t auto_vacuum = 0;    // 0 none, 1 full, 2 incremental
  std::int64_t user_version = 0;
  std::int64_t application_id = 0;
  std::vector<SnapshotTable> tables;  // in the order of "data"; those of SQLite itself come last
  std::vector<SnapshotObject> schema;
};

bool is_sqlites_own(std::string_view table);  // a name that SQLite reserves: sqlite_sequence, sqlite_stat1

std::int64_t total_rows(const SnapshotManifest& manifest);  // without those of SQLite's own tables

// Gives each column and then each table a key: its name, or where that is no UTF-8 a text that no other has.
void assign_keys(std::vector<SnapshotTable>& tables);

// The keys of a row in the order in which values are written and read: rowid_key, if any, then the columns'.
std::vector<std::string> row_keys(const SnapshotTable& table);

// The text of the manifest's object. kBadOption if it is longer than kMaxSnapshotManifest.
Result<std::string> manifest_text(const SnapshotManifest& manifest);

// Reads that object. kManifestDamaged for members that are missing, doubled, ill-typed or contradict each
// other, and for a version that is newer.
Result<SnapshotManifest> read_manifest_object(JsonLexer& text);

}  // namespace sqbackup
