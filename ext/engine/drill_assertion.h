// One assertion of a restore drill: a query that says whether the restored database is what it should be.
#pragma once

#include <optional>
#include <string>

#include "base/progress.h"
#include "base/status.h"
#include "pages/connection.h"

namespace sqbackup {

struct DrillAssertion {
  std::string name;
  std::string sql;                    // one statement that reads
  std::optional<std::string> expect;  // nullopt: its answer must be true
};

struct DrillVerdict {
  bool ok = false;
  std::string detail;
};

// kBadArgument unless `sql` can be an assertion: one complete statement that SQLite can parse, and that it
// does not know to write. What tables and functions it needs shows in a drill.
Status check_assertion_sql(const std::string& sql);

// Why a drill would refuse `sql` before it asks it of a database like that of `connection`, in words; empty:
// it would not. Prepares it and runs nothing; the database may be live.
Result<std::string> fault_of_assertion(Connection& connection, const std::string& sql);

// Asks the database at `path`, a file that nobody writes. Passes when the first column of the first row is
// true, as in a WHERE (neither NULL nor zero), or, with `expect`, when its text is exactly that; no row
// fails, and so does whatever SQLite refuses. It can write nothing, attach nothing, load nothing and change
// no setting; of the pragmas it may ask those that describe the database. Errors are those of the drill and
// not of the query: kIoError, kDiskFull, kNoMemory, and whatever `progress` stops it with.
Result<DrillVerdict> run_assertion(const std::string& path, const DrillAssertion& assertion,
                                   Progress& progress);

}  // namespace sqbackup
