// A database with everything that SQLite has, and the exact content of any database.
#pragma once

#include <string>
#include <vector>

#include "support/databases.h"

namespace sqbackup_test {

// `encoding`: UTF-8, UTF-16le or UTF-16be. Texts that are no UTF-8 are in UTF-8 databases only.
void make_zoo(const std::string& path, const std::string& encoding, int page_size, int auto_vacuum);

// Header numbers, sqlite_schema, and of each ordinary table each row: its rowid, and type and bytes of each
// value. Sorted, so that it does not depend on the order in which objects were made.
std::vector<std::string> exact_content(const std::string& path);

}  // namespace sqbackup_test
