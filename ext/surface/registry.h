// Registration: every function and table is one Entry of one table (ext/entry.cc), which also makes up
// backup_help.
#pragma once

#include <memory>

#include "surface/call.h"
#include "surface/host.h"

namespace sqbackup {

struct TableType;  // vtab/table.h

struct Entry {
  const char* name;
  // A function: its body and how many arguments it takes. Null: a table.
  Status (*function)(Call& call);
  int min_arguments;
  int max_arguments;
  const TableType* table;
  // For backup_help.
  const char* signature;
  const char* summary;
  const char* example;

  const char* kind() const { return function != nullptr ? "function" : "table"; }
};

// Registers the function of `entry`, once for each number of arguments. Returns SQLite's result code.
int register_function(sqlite3* connection, const Entry& entry, const std::shared_ptr<Host>& host);

}  // namespace sqbackup
