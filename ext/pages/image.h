// A database image at rest: a plain file that nobody writes, opened read-only and without locks.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/status.h"
#include "pages/connection.h"

namespace sqbackup {

// Opens `path` immutable: no lock, no journal, no log is looked for.
Result<Connection> open_image(const std::string& path);

// For whatever connection reads an image: a hostile schema in it gets no say. Views and triggers call
// harmless functions only, and cells are checked.
Status distrust(Connection& image);

enum class CheckDepth {
  kQuick,
  kIntegrity,
  kRows,  // kIntegrity, and also what would keep rows from being inserted again as they are
};

// Runs PRAGMA quick_check or integrity_check. ok, or kDatabaseDamaged / kNotADatabase with the first finding.
// What rows hold is the application's business: violated NOT NULL and CHECK constraints are no damage (with
// kRows those of CHECK alone). Nor is
// an index whose order depends on a collation or function that only the application has; its structure is
// still checked. Ends with kInterrupted when `progress` asks for it.
Status check_image(Connection& image, CheckDepth depth, Progress& progress);

std::string quoted_name(const std::string& name);  // in double quotes, for SQL

struct ImageTable {
  std::string name;
  std::vector<std::pair<std::string, std::string>> columns;  // name, declared type
};

// The ordinary tables, by name: no views, virtual tables or SQLite's own.
Result<std::vector<ImageTable>> image_tables(Connection& image);

Result<std::int64_t> count_rows(Connection& image, const std::string& table);

// Calls `row` with "type|name|tbl_name|sql\n" for each row of sqlite_schema, in rowid order.
Status for_each_schema_row(Connection& image, const std::function<void(const std::string&)>& row);

}  // namespace sqbackup
