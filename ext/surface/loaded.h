// Which connections of this process have the library loaded, so that a second load of it changes nothing.
#pragma once

#include "pages/sqlite.h"

namespace sqbackup {

bool is_loaded(sqlite3* connection);
void mark_loaded(sqlite3* connection);
void mark_unloaded(sqlite3* connection);

}  // namespace sqbackup
