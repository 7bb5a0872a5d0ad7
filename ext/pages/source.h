// Source: which live database is meant, and how it can be reached.
#pragma once

#include <string>

#include "pages/sqlite.h"

namespace sqbackup {

class Connection;

struct Source {
  std::string path;  // the database file, symbolic links resolved; empty: it has none (in memory, temporary)
  std::string vfs;   // name of the VFS it is opened with; empty: the default one
  sqlite3* connection =
      nullptr;  // the caller's that has it attached as `schema`; null: only the file is known
  std::string schema = "main";
  int busy_timeout_ms = 5000;    // how long to wait for locks of others
  Connection* locked = nullptr;  // one of ours that holds a transaction on the file: it is read under that
  std::string finding;           // what SQLite finds wrong with the file; with `locked` only
};

}  // namespace sqbackup
