// ReadTransaction: an own connection to a live database that holds a read transaction, and nothing else, so
// that writers go on. Ending it leaves things as they would be without us.
#pragma once

#include <optional>
#include <string>

#include "base/file_env.h"
#include "base/status.h"
#include "pages/connection.h"
#include "pages/source.h"

namespace sqbackup {

class ReadTransaction {
 public:
  // Begins it, waiting source.busy_timeout_ms for a writer of a rollback-journal database to finish.
  // A database that SQLite finds damaged is opened all the same: finding() then says what it found. A file
  // that is no database is an error (kNotADatabase), but with `salvage` it is opened too.
  static Result<ReadTransaction> begin(FileEnv& files, const Source& source, bool salvage);

  Connection& connection() { return connection_; }
  const std::string& finding() const { return finding_; }  // empty: nothing wrong so far

 private:
  explicit ReadTransaction(Connection connection) : connection_(std::move(connection)) {}
  Connection connection_;
  std::string finding_;
};

// Why the database cannot be read with a connection of our own, in words; nullopt: it can.
std::optional<std::string> needs_callers_connection(const Source& source);

// Whether the caller's connection holds a write transaction on the database.
bool caller_is_writing(const Source& source);

}  // namespace sqbackup
