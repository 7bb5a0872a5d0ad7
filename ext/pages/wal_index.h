// WalIndex: the header of the wal-index, which says up to which frame the log belongs to the database. Read
// from the shared memory that our own connection has mapped, through SQLite's VFS.
//
// Never open `-shm` by path: closing any descriptor of it drops every lock that SQLite's readers and writers
// hold in this process.
#pragma once

#include <optional>

#include "base/status.h"
#include "format/wal_format.h"
#include "pages/connection.h"

namespace sqbackup {

class WalIndex {
 public:
  // Of the connection's main database. The connection holds a transaction on it, is not in exclusive locking
  // mode (its index would be private memory), and outlives this object.
  static WalIndex of(Connection& connection);

  // The newest commit that is published. Not older than the transaction's own view, unless the log was
  // restarted since. nullopt: there is no shared memory to read, or a writer died while it was publishing;
  // then the log says by itself what is committed.
  Result<std::optional<WalIndexHeader>> read();

 private:
  explicit WalIndex(sqlite3_file* file) : file_(file) {}
  sqlite3_file* file_;  // null: no shared memory
};

}  // namespace sqbackup
