// SQLite through the host's own library: every call goes through the table of functions that the host handed
// to the entry point. Nothing newer than the running library's table may be called (kMinimumSqlite; newer
// calls are guarded).
#pragma once

#include <sqlite3ext.h>

#ifndef SQLITE_CORE
extern "C" {
extern const sqlite3_api_routines* sqlite3_api;
}
#endif

namespace sqbackup {

inline constexpr int kMinimumSqlite = 3038000;

}  // namespace sqbackup
