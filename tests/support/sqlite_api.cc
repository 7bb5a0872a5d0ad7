#include "support/sqlite_api.h"

#include <cstdlib>

#define SQLITE_CORE 1  // this file calls SQLite itself
#include <sqlite3.h>
#include <sqlite3ext.h>

extern "C" {
extern const sqlite3_api_routines* sqlite3_api;
}

namespace {

int capture(sqlite3*, char**, const sqlite3_api_routines* routines) {
  sqlite3_api = routines;
  return SQLITE_OK;
}

}  // namespace

namespace sqbackup_test {

void install_sqlite_api() {
  using Entry = void (*)();
  const auto entry = reinterpret_cast<Entry>(reinterpret_cast<void*>(&capture));
  sqlite3* connection = nullptr;
  if (sqlite3_auto_extension(entry) != SQLITE_OK || sqlite3_open(":memory:", &connection) != SQLITE_OK)
    std::abort();
  sqlite3_close(connection);
  sqlite3_cancel_auto_extension(entry);
}

}  // namespace sqbackup_test
