// How an error of ours becomes an error of SQLite: a result code and one line of text,
// "backup_restore: what failed, why, what to do [SQB-...]".
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "pages/sqlite.h"

namespace sqbackup {

// The SQLite result code of an error. A target that exists (Code::kExists) is SQLITE_ERROR, as VACUUM INTO
// has it.
//
// `in_transaction`: the caller's connection has an open transaction. SQLite answers IOERR, FULL and CORRUPT
// from any statement that reads with a rollback of that whole transaction, or closes it for writing; but the
// disk or file in trouble is a backup's, not the user's database. So these three are plain SQLITE_ERROR then.
int sqlite_code(const Status& status, bool in_transaction);

// One line, whatever control characters the message quotes.
std::string error_text(std::string_view subject, const Status& status);

// Makes `status` the outcome of a function call.
void set_error(sqlite3_context* context, std::string_view subject, const Status& status);

// Leaves the text in `table` and returns the code, for a callback of a virtual table to return.
int set_error(sqlite3_vtab* table, sqlite3* connection, std::string_view subject, const Status& status);

}  // namespace sqbackup
