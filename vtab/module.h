// Registers a virtual table with SQLite: eponymous (it exists without CREATE), never reachable from a schema.
#pragma once

#include <memory>

#include "surface/registry.h"
#include "vtab/table.h"

namespace sqbackup {

// Returns SQLite's result code.
int register_table(sqlite3* connection, const Entry& entry, const std::shared_ptr<Host>& host);

}  // namespace sqbackup
