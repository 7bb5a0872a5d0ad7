#include "catalog/catalog_file.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "catalog/catalog_schema.h"
#include "store/lock_bytes.h"

namespace sqbackup {
namespace {

constexpr int kBusyTimeoutMs = 10'000;

// The one who creates or replaces catalog.db holds this; the others wait for it as they would for SQLite's
// locks.
Result<std::unique_ptr<FileLock>> wait_for_guard(FileEnv& files, const std::string& directory) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(kBusyTimeoutMs);
  while (true) {
    auto lock = files.lock(join_path(directory, kLockFileName), kCatalogLockByte, LockMode::kExclusive);
    if (!lock.status().is(Error::kInUse)) return lock;
    if (std::chrono::steady_clock::now() >= deadline) {
      return Status(Error::kDatabaseBusy, "another process is still replacing the catalog; try again");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

Result<bool> exists(FileEnv& files, const std::string& path) {
  const auto info = files.info(path, /*follow_symlink=*/false);
  if (info.status().is(Error::kNoSuchFile)) return false;
  if (!info.ok()) return info.status();
  if (info->kind != FileKind::kFile) {
    return Status(Error::kNotAnOrdinaryFile, "'" + path +
                                                 "' is a symbolic link or special file; move it away, the "
                                                 "catalog must be an ordinary file");
  }
  return true;
}

// SQLite would create the file with the mode that the umask leaves. Made under another name, because closing
// our descriptor of a catalog.db that others already use would drop this process's locks on it.
Status create_empty(FileEnv& files, const std::string& path) {
  const std::string unborn = path + ".new";
  Status removed = files.remove(unborn);  // of a process that died here: we hold the guard
  if (!removed.ok() && !removed.is(Error::kNoSuchFile)) return removed;
  SQB_ASSIGN(auto file, files.create(unborn));
  file.reset();
  const Status named = files.rename_new(unborn, path);
  return named.is(Error::kAlreadyExists) ? Status() : named;
}

Status configure(Connection& connection) {
  sqlite3_busy_timeout(connection.handle(), kBusyTimeoutMs);
  sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  // A persistent journal: ordinary writes leave the directory's modification time alone, by which changes of
  // the backups are noticed.
  return connection.execute(
      "PRAGMA cell_size_check = ON; PRAGMA synchronous = FULL; PRAGMA journal_mode = PERSIST");
}

Result<Connection> open_plain(const std::string& path) {
  SQB_ASSIGN(auto connection, Connection::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW));
  SQB_TRY(configure(connection));
  return connection;
}

Result<Connection> open_migrated(const std::string& path) {
  SQB_ASSIGN(auto connection, open_plain(path));
  SQB_TRY(migrate(connection));
  return connection;
}

bool is_read_only(const Result<Connection>& opened) {
  if (!opened.ok()) return opened.status().sqlite_code() == SQLITE_READONLY;
  return sqlite3_db_readonly(opened->handle(), "main") == 1;
}

Status rename_if_there(FileEnv& files, const std::string& from, const std::string& to) {
  const Status renamed = files.rename_new(from, to);
  return renamed.is(Error::kNoSuchFile) ? Status() : renamed;
}

Result<std::string> set_aside(const Env& env, const std::string& path) {
  constexpr int kAttempts = 1000;  // two within a millisecond get two names
  Status renamed;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    std::string time = format_sql_time(env.clock->now() + attempt);
    for (char& c : time) c = c == ' ' ? 'T' : c == ':' || c == '.' ? '-' : c;
    std::string aside = path;
    aside.append(".damaged-").append(time).append("Z");
    renamed = env.files->rename_new(path, aside);
    if (renamed.is(Error::kAlreadyExists)) continue;
    SQB_TRY(renamed);
    SQB_TRY(rename_if_there(*env.files, path + "-journal", aside + "-journal"));
    SQB_TRY(env.files->sync_directory(directory_of(path)));
    return aside;
  }
  return renamed;
}

Status record_replacement(const Env& env, Connection& connection, const std::string& damage,
                          const std::string& aside) {
  SQB_ASSIGN(
      auto insert,
      connection.prepare("INSERT INTO runs (operation, trigger, name, actor, status, started_at, finished_at,"
                         " bytes, progress, error_code, error)"
                         " VALUES ('catalog', 'automatic', '', '', 'completed', ?1, ?1, 0, 1, ?2, ?3)"));
  insert.bind(1, std::string_view(format_sql_time(env.clock->now())));
  insert.bind(2, id_of(Error::kCatalogDamaged));
  insert.bind(3,
              std::string_view("the catalog was damaged (" + damage + "); it was set aside as '" + aside +
                               "' and the list of backups rebuilt from their manifests; stored settings, the "
                               "assertions of restore drills, earlier drills, events and the log before this "
                               "entry are lost, so set the settings and insert the assertions again"));
  return insert.run();
}

// Under the guard, because two processes may have met the same damage: the second finds a sound catalog.
Result<Connection> replace_if_damaged(const Env& env, const std::string& path) {
  SQB_ASSIGN(auto guard, wait_for_guard(*env.files, directory_of(path)));
  SQB_ASSIGN(const bool there, exists(*env.files, path));
  std::string damage;
  if (there) {
    auto connection = open_plain(path);
    if (!connection.ok() && !is_damage(connection.status())) return connection;
    if (connection.ok()) {
      SQB_ASSIGN(damage, find_damage(*connection));
      if (damage.empty()) return connection;
    } else {
      damage = connection.status().message();
    }
  }
  std::string aside;
  if (there) {
    SQB_ASSIGN(aside, set_aside(env, path));
  }
  SQB_TRY(create_empty(*env.files, path));
  SQB_ASSIGN(auto fresh, open_migrated(path));
  if (there) SQB_TRY(record_replacement(env, fresh, damage, aside));
  return fresh;
}

Result<std::string> catalog_path(FileEnv& files, const std::string& directory) {
  SQB_ASSIGN(const std::string canonical, files.canonical(directory));
  return join_path(canonical, kCatalogFileName);
}

}  // namespace

Result<Connection> open_catalog_file(const Env& env, const BackupDirectory& directory, bool suspicious) {
  SQB_ASSIGN(const std::string path, catalog_path(*env.files, directory.path()));
  if (suspicious) return replace_if_damaged(env, path);
  SQB_ASSIGN(const bool there, exists(*env.files, path));
  if (!there) {
    SQB_ASSIGN(auto guard, wait_for_guard(*env.files, directory_of(path)));
    SQB_TRY(create_empty(*env.files, path));
  }
  auto opened = open_migrated(path);
  if (is_read_only(opened)) {
    // SQLite opens for reading what it could not open for writing, also where the file was missing for a
    // moment because another process is replacing it. Nobody does that under the guard.
    const auto guard = wait_for_guard(*env.files, directory_of(path));
    if (guard.ok()) opened = open_migrated(path);
  }
  // Another process may be replacing it: then it was not there for a moment.
  if (is_damage(opened.status()) || opened.status().is(Error::kIoError)) return replace_if_damaged(env, path);
  return opened;
}

Result<Connection> open_existing_catalog(FileEnv& files, const std::string& directory) {
  const auto path = catalog_path(files, directory);
  if (path.status().is(Error::kNoSuchFile)) return Connection();
  if (!path.ok()) return path.status();
  SQB_ASSIGN(const bool there, exists(files, *path));
  if (!there) return Connection();
  return open_plain(*path);
}

Result<Connection> open_memory_catalog() {
  SQB_ASSIGN(auto connection, open_plain(":memory:"));
  SQB_TRY(migrate(connection));
  return connection;
}

Result<Connection> open_catalog_copy(const Env& env, const BackupDirectory& directory) {
  auto existing = open_existing_catalog(*env.files, directory.path());
  if (!existing.ok() || !*existing) return open_memory_catalog();
  auto copy = copy_to_memory(*existing);
  if (copy.ok() && migrate(*copy).ok()) return copy;
  return open_memory_catalog();
}

Result<Connection> copy_to_memory(Connection& connection) {
  SQB_ASSIGN(auto memory, open_plain(":memory:"));
  sqlite3_backup* backup = sqlite3_backup_init(memory.handle(), "main", connection.handle(), "main");
  if (backup == nullptr) return sqlite_status("copy the catalog", memory.handle());
  sqlite3_backup_step(backup, -1);
  const int code = sqlite3_backup_finish(backup);
  if (code != SQLITE_OK) return sqlite_status("copy the catalog", code, nullptr);
  return memory;
}

bool is_unwritable(const Status& status) {
  if (status.ok()) return false;
  return status.is(Error::kNoPermission) || status.is(Error::kNoSuchFile) || status.is(Error::kDiskFull) ||
         (status.sqlite_code() & 0xff) == SQLITE_CANTOPEN;
}

}  // namespace sqbackup
