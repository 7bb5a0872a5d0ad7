#include "pages/backup_api.h"

#include <algorithm>
#include <array>
#include <memory>

#include "format/sqlite_header.h"
#include "pages/read_transaction.h"

namespace sqbackup {
namespace {

constexpr int kPagesPerStep = 512;

struct FinishBackup {
  void operator()(sqlite3_backup* backup) const { sqlite3_backup_finish(backup); }
};
using Backup = std::unique_ptr<sqlite3_backup, FinishBackup>;

// The copy is one file without a log, whatever its source was: its header says so (as Capture's does).
Status mark_as_rollback(Connection& copy) {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(copy.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  std::array<std::uint8_t, kSqliteHeaderSize> head{};
  if (file->pMethods->xRead(file, head.data(), static_cast<int>(head.size()), 0) != SQLITE_OK) return {};
  if (!parse_sqlite_header(head)) return {};
  constexpr std::array<std::uint8_t, 2> kRollback = {1, 1};
  const int code = file->pMethods->xWrite(file, kRollback.data(), 2, kWriteVersionOffset);
  return code == SQLITE_OK ? Status() : sqlite_status("cannot write the copy", code, nullptr);
}

// A WAL database whose header is gone and whose log is empty can no longer be told from a rollback-journal
// one, which nobody may have open while it is overwritten.
Status damaged_and_open(const Source& target) {
  return {Error::kDatabaseBusy, "the header of '" + target.path +
                                    "' is destroyed, and other connections have the file open; " +
                                    "nothing was restored; close them, then restore again"};
}

// A step of no pages takes the lock and writes nothing. (With an empty image it would commit at once.)
Status begin_writing(sqlite3_backup* backup, std::int64_t pages, const Source& locked) {
  if (pages == 0) return {};
  const int code = sqlite3_backup_step(backup, 0);
  if (code == SQLITE_OK) return {};
  return code == SQLITE_BUSY && !locked.finding.empty() ? damaged_and_open(locked)
                                                        : live_status(locked, code);
}

}  // namespace

Result<Connection> open_live(const Source& target) {
  SQB_ASSIGN(auto connection, Connection::open(target.path, SQLITE_OPEN_READWRITE, target.vfs));
  sqlite3_busy_timeout(connection.handle(), target.busy_timeout_ms);
  // No checkpoint of ours: the application's own will carry the restored pages from the log to the file.
  SQB_TRY(connection.execute("PRAGMA wal_autocheckpoint=0"));
  sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  return connection;
}

Status live_status(const Source& target, int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Error::kDatabaseBusy,
              "another connection kept '" + target.path + "' locked for " +
                  std::to_string(target.busy_timeout_ms) +
                  " ms, nothing was restored; let it finish, or raise PRAGMA busy_timeout"};
    case SQLITE_READONLY:
      return {Error::kNoPermission,
              "'" + target.path + "' cannot be written; check the permissions of the file and its directory",
              code};
    default:
      return sqlite_status("cannot write '" + target.path + "', nothing was restored", code, nullptr);
  }
}

Status copy_from_connection(const Source& source, const std::string& target_path) {
  if (caller_is_writing(source)) {
    return {Error::kInTransaction, "this connection has uncommitted changes in '" + source.schema +
                                       "', which can only be read through it; COMMIT or ROLLBACK first"};
  }
  SQB_ASSIGN(auto target, Connection::open(target_path, SQLITE_OPEN_READWRITE));
  SQB_TRY(target.execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF"));
  Backup backup(sqlite3_backup_init(target.handle(), "main", source.connection, source.schema.c_str()));
  if (backup == nullptr) return sqlite_status("cannot copy '" + source.schema + "'", target.handle());
  const int code = sqlite3_backup_step(backup.get(), -1);
  if (code != SQLITE_DONE) return sqlite_status("cannot copy '" + source.schema + "'", code, nullptr);
  backup.reset();
  return mark_as_rollback(target);
}

Result<LiveTarget> inspect_live(const Source& target) {
  SQB_ASSIGN(auto connection, open_live(target));
  LiveTarget live;
  auto version = connection.query_integer("PRAGMA schema_version");
  if (version.status().is(Error::kDatabaseDamaged) || version.status().is(Error::kNotADatabase)) return live;
  if (!version.ok()) return live_status(target, version.status().sqlite_code());
  SQB_ASSIGN(const auto page_size, connection.query_integer("PRAGMA page_size"));
  SQB_ASSIGN(const auto mode, connection.query_text("PRAGMA journal_mode"));
  SQB_ASSIGN(const auto pages, connection.query_integer("PRAGMA page_count"));
  if (pages > 0) {
    SQB_ASSIGN(live.encoding, connection.query_text("PRAGMA encoding"));
  }
  live.page_size = static_cast<std::uint32_t>(page_size);
  live.wal = mode == "wal";
  return live;
}

Status copy_into_live(Connection& image, const Source& target,
                      const std::function<Status(const Source& locked)>& before_writing,
                      const std::function<Status()>& before_commit, Progress& progress) {
  SQB_ASSIGN(const auto pages, image.query_integer("PRAGMA page_count"));
  SQB_ASSIGN(auto live, open_live(target));
  Source locked = target;
  locked.locked = &live;
  auto readable = live.query_integer("PRAGMA schema_version");
  if (readable.status().is(Error::kDatabaseDamaged) || readable.status().is(Error::kNotADatabase)) {
    // With this flag SQLite takes the damaged pages for an empty database: it can be overwritten, with its
    // clients connected, in a transaction like any other.
    locked.finding = readable.status().message();
    sqlite3_db_config(live.handle(), SQLITE_DBCONFIG_RESET_DATABASE, 1, nullptr);
  } else if (!readable.ok()) {
    return live_status(target, readable.status().sqlite_code());
  }
  SQB_TRY(live.execute("PRAGMA synchronous=FULL"));

  Backup backup(sqlite3_backup_init(live.handle(), "main", image.handle(), "main"));
  if (backup == nullptr) return sqlite_status("cannot write '" + target.path + "'", live.handle());
  SQB_TRY(begin_writing(backup.get(), pages, locked));
  SQB_TRY(before_writing(pages > 0 ? locked : target));
  progress.begin_phase("restoring", static_cast<std::uint64_t>(pages));
  for (std::int64_t left = pages - 1; left > 0;) {
    const int count = static_cast<int>(std::min<std::int64_t>(left, kPagesPerStep));
    const int code = sqlite3_backup_step(backup.get(), count);
    if (code != SQLITE_OK) return live_status(target, code);
    left -= count;
    SQB_TRY(progress.advance(static_cast<std::uint64_t>(pages - 1 - left)));
  }
  SQB_TRY(before_commit());
  const int code = sqlite3_backup_step(backup.get(), -1);
  if (code != SQLITE_DONE) return live_status(target, code == SQLITE_OK ? SQLITE_ERROR : code);
  return {};
}

}  // namespace sqbackup
