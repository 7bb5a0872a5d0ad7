// The catalog's schema: its migrations (sql/schema/), and telling a catalog from anything else. Internal to
// catalog/.
#pragma once

#include <string>

#include "base/status.h"
#include "pages/connection.h"

namespace sqbackup {

// Applies the migrations that `connection` lacks, each in one transaction. Errors: kCatalogNewer,
// kCatalogDamaged (it is some other database), and those of SQLite.
Status migrate(Connection& connection);

// Whether an error of SQLite may mean that the file is damaged, or is no catalog; find_damage() makes sure.
bool is_damage(const Status& status);

// What is wrong with the catalog in `connection`, in words; empty: nothing. Reads the whole file. An error:
// it could not be found out (a lock, no permission).
Result<std::string> find_damage(Connection& connection);

}  // namespace sqbackup
