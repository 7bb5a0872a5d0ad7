#include "pages/read_transaction.h"

#include <cstring>

namespace sqbackup {
namespace {

bool ignorable(const Status& status, bool salvage) {
  return status.is(Error::kDatabaseDamaged) || (salvage && status.is(Error::kNotADatabase));
}

// Reads one number of the database's header, which begins the read transaction without parsing the schema: a
// malformed schema shall not keep anyone from a backup.
Status begin_reading(Connection& connection) {
  SQB_TRY(connection.execute("BEGIN"));
  auto version = connection.query_integer("PRAGMA schema_version");
  if (!version.ok()) {
    static_cast<void>(connection.execute("ROLLBACK"));
    return version.status();
  }
  return {};
}

Status busy(const Source& source) {
  if (caller_is_writing(source)) {
    return {Error::kInTransaction, "this connection's own transaction holds the lock of '" + source.path +
                                       "'; COMMIT or ROLLBACK first"};
  }
  return {Error::kDatabaseBusy, "another connection kept '" + source.path + "' locked for " +
                                    std::to_string(source.busy_timeout_ms) +
                                    " ms; let it commit, or raise PRAGMA busy_timeout"};
}

}  // namespace

bool caller_is_writing(const Source& source) {
  return source.connection != nullptr &&
         sqlite3_txn_state(source.connection, source.schema.c_str()) == SQLITE_TXN_WRITE;
}

std::optional<std::string> needs_callers_connection(const Source& source) {
  if (source.locked != nullptr) return std::nullopt;
  if (source.path.empty()) return "the database has no file";
  if (!source.vfs.empty() && source.vfs.rfind("unix", 0) != 0) return "its VFS is '" + source.vfs + "'";
  if (source.vfs == "unix-none") return "it is opened without locks";
  if (source.connection == nullptr) return std::nullopt;
  const char* file = sqlite3_db_filename(source.connection, source.schema.c_str());
  if (file != nullptr &&
      (sqlite3_uri_boolean(file, "immutable", 0) != 0 || sqlite3_uri_boolean(file, "nolock", 0) != 0)) {
    return "it is opened without locks";
  }
  sqlite3_stmt* statement = nullptr;
  std::string mode;
  char* sql = sqlite3_mprintf("PRAGMA \"%w\".locking_mode", source.schema.c_str());
  if (sql != nullptr && sqlite3_prepare_v2(source.connection, sql, -1, &statement, nullptr) == SQLITE_OK &&
      sqlite3_step(statement) == SQLITE_ROW) {
    if (const auto* text = sqlite3_column_text(statement, 0)) mode = reinterpret_cast<const char*>(text);
  }
  sqlite3_finalize(statement);
  sqlite3_free(sql);
  if (mode == "exclusive") return "this connection uses locking_mode=EXCLUSIVE";
  return std::nullopt;
}

Result<ReadTransaction> ReadTransaction::begin(FileEnv& files, const Source& source, bool salvage) {
  // A log that was there before us stays as it is. Where there was none, the last one to close removes the
  // empty one that opening made.
  const auto log = files.info(source.path + "-wal", /*follow_symlink=*/false);
  const bool log_in_use = log.ok() && log->size > 0;

  SQB_ASSIGN(auto connection, Connection::open(source.path, SQLITE_OPEN_READWRITE, source.vfs));
  ReadTransaction transaction(std::move(connection));
  sqlite3* handle = transaction.connection_.handle();
  sqlite3_busy_timeout(handle, caller_is_writing(source) ? 0 : source.busy_timeout_ms);
  // Our own close must never be the checkpoint that the application did not ask for (SQLite before 3.51.3 can
  // lose pages when a checkpoint meets a commit that resets the log), nor our reading one.
  SQB_TRY(transaction.connection_.execute(
      "PRAGMA wal_autocheckpoint=0; PRAGMA query_only=1; PRAGMA mmap_size=0"));
  if (log_in_use) sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);

  Status status = begin_reading(transaction.connection_);
  if (!status.ok() && ignorable(status, salvage)) {
    // With this flag SQLite takes what it cannot read for an empty database, but holds the same locks.
    transaction.finding_ = status.message();
    sqlite3_db_config(handle, SQLITE_DBCONFIG_RESET_DATABASE, 1, nullptr);
    status = begin_reading(transaction.connection_);
  }
  if (status.is(Error::kDatabaseBusy)) return busy(source);
  if (status.is(Error::kNotADatabase)) {
    return Status(Error::kNotADatabase,
                  "'" + source.path + "' is not an SQLite database, or it is encrypted; check the path");
  }
  if (!status.ok()) return status.with_context("cannot read '" + source.path + "'");
  return transaction;
}

}  // namespace sqbackup
