// Push-down: xBestIndex chooses which conditions and which order a cursor gets, xFilter reads the choice
// back.
//
// idxStr holds two characters for each value that xFilter receives: 'A' + column, and the comparison
// (Scan::Compare). idxNum is 0, or 2 * (1 + column) + descending for the order that the cursor promises.
#pragma once

#include <span>

#include "pages/sqlite.h"
#include "vtab/table.h"

namespace sqbackup {

// SQLITE_CONSTRAINT: a plan in which an argument's value is not known yet; SQLite tries another.
int choose_plan(std::span<const Column> columns, sqlite3_index_info* info);

// The scan for the plan, or nullopt: no row can fit (a comparison with NULL).
std::optional<Scan> read_plan(std::span<const Column> columns, int number, const char* text,
                              std::span<sqlite3_value*> values);

}  // namespace sqbackup
