// Restoring, as users ask for it: the policy, the undo, the record.
#include "engine/restore.h"
#include "pages/backup_api.h"
#include "pages/read_transaction.h"
#include "service/operations.h"
#include "service/run.h"
#include "service/work.h"

namespace sqbackup {
namespace {

// A live restore needs the caller out of the way: its own locks would be waited for on its own thread.
Status check_caller(const Source& source) {
  if (source.connection == nullptr) return {};
  if (sqlite3_db_readonly(source.connection, source.schema.c_str()) == 1) {
    return {Error::kNoPermission,
            "refused: '" + source.path + "' is open read-only on this connection; open it for writing"};
  }
  if (sqlite3_get_autocommit(source.connection) == 0) {
    return {Error::kInTransaction,
            "refused: this connection is inside a transaction; COMMIT or ROLLBACK first"};
  }
  if (const auto reason = needs_callers_connection(source)) {
    return {Error::kDatabaseBusy, "refused: " + *reason + ", and a restore needs a connection of its own"};
  }
  if (sqlite3_txn_state(source.connection, source.schema.c_str()) == SQLITE_TXN_NONE) return {};
  SQB_ASSIGN(const LiveTarget live, inspect_live(source));
  if (live.wal) return {};
  return {Error::kInTransaction,
          "refused: this statement itself reads '" + source.schema +
              "', which a restore has to lock; run SELECT backup_restore('NAME') on its own"};
}

Status not_allowed(const Source& source) {
  std::string text = "refused: allow_restore is off; ";
  if (source.connection != nullptr && source.schema == "main") {
    text += "SELECT backup_config('allow_restore', 'on') first";
  } else {
    text += "UPDATE backup_settings SET value = 'on' WHERE key = 'allow_restore' AND database = '" +
            source.path + "' first";
  }
  return {Error::kRestoreNotAllowed, text};
}

Result<BackupRecord> find_backup(Session::Target& target, BackupDirectory& directory,
                                 const std::string& point) {
  SQB_ASSIGN(auto catalog, target.database->open_catalog(directory, Catalog::Access::kRead));
  return resolve_point(*catalog, point, target.database->env().clock->now());
}

// What else could be restored when this one cannot.
Status advise(Status status, Catalog& catalog, const std::string& name) {
  if (!tells_damage(status)) return status;
  static_cast<void>(catalog.set_damaged(name));
  BackupQuery query;
  query.descending = true;
  auto newest = catalog.list(query, nullptr, 100);
  if (!newest.ok()) return status;
  for (const auto& record : *newest) {
    if (record.status != "completed" || record.name == name) continue;
    return {status.error(),
            status.message() + "; nothing was restored; the newest other backup is '" + record.name + "'"};
  }
  return {status.error(), status.message() + "; nothing was restored, and there is no other backup"};
}

}  // namespace

Status check_outside(FileEnv& files, const std::string& directory, const std::string& path) {
  const auto own = files.canonical(directory);
  if (!own.ok() || directory_of(path) != *own) return {};
  return {Error::kBadArgument, "'" + path + "' is inside the backup directory; choose another place"};
}

Status check_target_path(FileEnv& files, const std::string& path, bool overwrite) {
  for (const char* side : {"-journal", "-wal", "-shm"}) {
    if (!path.ends_with(side)) continue;
    return {Error::kBadArgument, "'" + path +
                                     "' is a name that SQLite gives to a file beside a database, and it "
                                     "would take it for that; choose another one"};
  }
  const auto info = files.info(path, /*follow_symlink=*/false);
  if (info.status().is(Error::kNoSuchFile)) return {};
  if (!info.ok()) return info.status();
  if (info->kind != FileKind::kFile) {
    return {Error::kNotAnOrdinaryFile, "'" + path + "' is not an ordinary file; choose another path"};
  }
  SQB_ASSIGN(const bool open, files.is_open_here(info->id));
  if (open) {
    return {Error::kOpenHere, "'" + path +
                                  "' is open in this process; without {\"to\": ...} backup_restore puts a " +
                                  "backup into an open database"};
  }
  if (overwrite) return {};
  return {Error::kAlreadyExists, "'" + path + "' exists; choose another path or add {\"overwrite\": true}"};
}

Result<std::string> restore_database(Session::Target& target, const std::string& point, Progress& progress) {
  Database& database = *target.database;
  SQB_ASSIGN(const auto allowed, database.setting("allow_restore"));
  if (!is_on(allowed)) return not_allowed(target.source);
  if (target.source.path.empty()) {
    return Status(Error::kNoSuchDatabase, "'" + target.source.schema +
                                              "' is no database file, which live restore " +
                                              "needs; restore to a new file with {\"to\": ...}");
  }
  SQB_TRY(check_not_moved(target.source));
  SQB_TRY(check_caller(target.source));
  SQB_ASSIGN(auto directory, database.directory());
  SQB_ASSIGN(const auto backup, find_backup(target, directory, point));
  SQB_ASSIGN(const auto work, database.work_slot().acquire(progress));
  SQB_ASSIGN(const AgeKeys keys, keys_of(database, backup.name));
  SQB_ASSIGN(const auto lock, directory.lock_name(backup.name, LockMode::kShared));

  RunRecord record;
  record.operation = "restore";
  record.trigger = "manual";
  record.name = backup.name;
  record.bytes = backup.size;
  SQB_ASSIGN(auto run, Run::begin(database, directory, Run::Kind::kWrites, record, progress));
  std::string undo;
  const auto take_undo = [&](const Source& locked) -> Status {
    BackupOptions options;
    options.trigger = "pre_restore";
    options.note = "the state before the restore of " + backup.name;
    // Every writer waits until this is done.
    options.form.format = "sqlite";
    options.row_counts = false;
    Session::Target before{target.database, locked};
    auto manifest = run_backup(before, directory, options, /*salvage=*/true, *run);
    if (!manifest.ok())
      return manifest.status().with_context("the backup of the state before the restore failed");
    undo = manifest->name;
    return {};
  };
  Status status = restore_live(directory, backup.name, keys, target.source, take_undo, *run);
  const bool refused = status.is(Error::kTableDiffers) || status.is(Error::kForeignKeys);
  if (!undo.empty() && (refused || status.is(Error::kDatabaseBusy) || status.is(Error::kInterrupted))) {
    // Nothing was restored, so there is nothing to undo: tries in a row shall not pile up copies.
    if (directory.remove(undo).ok()) static_cast<void>(run->catalog().forget(undo));
    undo.clear();
  }
  SQB_TRY(run->finish(
      undo.empty() ? advise(std::move(status), run->catalog(), backup.name) : std::move(status), "restored"));
  return undo;
}

Result<std::string> restore_to_path(Session::Target& target, const std::string& point, const PathRestore& to,
                                    Progress& progress) {
  Database& database = *target.database;
  SQB_ASSIGN(auto directory, database.directory());
  SQB_ASSIGN(const std::string full_path, directory.files().canonical(to.path));
  SQB_TRY(check_outside(directory.files(), directory.path(), full_path));
  SQB_TRY(check_target_path(directory.files(), full_path, to.overwrite));
  SQB_ASSIGN(const auto backup, find_backup(target, directory, point));
  SQB_ASSIGN(const AgeKeys keys, keys_of(database, backup.name));
  SQB_ASSIGN(const auto lock, directory.lock_name(backup.name, LockMode::kShared));

  RunRecord record;
  record.operation = "restore";
  record.trigger = "manual";
  record.name = backup.name;
  record.bytes = backup.size;
  SQB_ASSIGN(auto run, Run::begin(database, directory, Run::Kind::kReads, record, progress));
  std::vector<std::string> reindex;
  const FileRestore file{full_path, to.overwrite, to.level, to.reindex_later ? &reindex : nullptr};
  Status status = restore_to_file(directory, backup.name, keys, file, *run);
  for (const std::string& table : reindex) {
    run->record().error += (run->record().error.empty() ? "run REINDEX on: " : ", ") + table;
  }
  SQB_TRY(run->finish(advise(std::move(status), run->catalog(), backup.name), "restored"));
  return full_path;
}

}  // namespace sqbackup
