#include "pages/sqlite.h"

// The one definition of the pointer that the entry point fills in.
extern "C" {
const sqlite3_api_routines* sqlite3_api = nullptr;
}
