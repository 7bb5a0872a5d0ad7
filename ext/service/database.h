// Database: the engine of one database file in this process, shared by all connections that use it and
// counted: created by the first, gone with the last. It serialises this process's backups and restores of the
// file, and holds the session's settings and the scheduler. Session: what one connection holds of them.
//
// Fork: a child process has none of its parent's engines. Everything of a connection that was opened before
// fork() answers kForked and is leaked, never locked, joined or freed. Close: the last connection's close
// frees the engine. Exit: nothing of ours runs at exit. Lock order: a Database's keeper mutex, then the
// registry's, then a Database's work slot, then its session mutex; never two Databases at once.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file_env.h"
#include "base/mutex.h"
#include "base/status.h"
#include "catalog/catalog.h"
#include "pages/source.h"
#include "service/settings.h"
#include "service/work_slot.h"

namespace sqbackup {

class Keeper;

// How the scheduler of a database in this process is doing.
struct KeeperState {
  bool leader = false;                    // false: another one looks after the database
  std::optional<UnixMillis> next_backup;  // of the leader; nullopt: never, or not known yet
  std::string problem;                    // what kept the latest run from its work; empty: nothing
};

class Database {
 public:
  // `path` canonical; empty: a database without a file.
  Database(Env env, std::string path);
  ~Database();  // stops its scheduler
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const std::string& path() const { return path_; }
  const Env& env() const { return env_; }

  // The value in force. kNoDirectory for `directory` of a database without a file when nothing names one.
  // `directory` from the environment is '<the variable>/<database file name>-backups': one variable serves
  // many. A secret is returned as it is: shown_value() is what may be shown of it.
  Result<SettingValue> setting(const std::string& key) SQB_EXCLUDES(session_mutex_);
  // Stores `value` for the database (nullopt forgets it) and returns the value then in force. A secret, and a
  // `directory` that cannot be stored beside the database, because there is no place or no permission, holds
  // for this process's session.
  Result<SettingValue> set_setting(const std::string& key, const std::optional<std::string>& value)
      SQB_EXCLUDES(session_mutex_, keeper_mutex_);

  Result<BackupDirectory> directory();
  Result<std::unique_ptr<Catalog>> open_catalog(BackupDirectory& directory, Catalog::Access access);

  // Held while this process backs up or restores this database: one at a time.
  WorkSlot& work_slot() { return work_slot_; }

  // The scheduler of this database in this process. Errors: Keeper::start(). One that runs already is told to
  // look at the settings anew.
  Result<KeeperState> start_keeper(const Source& source) SQB_EXCLUDES(keeper_mutex_);
  bool stop_keeper() SQB_EXCLUDES(keeper_mutex_);                         // false: none was running
  std::optional<KeeperState> keeper_state() SQB_EXCLUDES(keeper_mutex_);  // nullopt: none is running

  // Those that have an engine in this process, by path.
  static std::vector<std::shared_ptr<Database>> all();
  // How many databases have an engine in this process.
  static std::size_t live_count();

 private:
  struct ResolvedDirectory {
    std::string path;
    const char* source;
  };
  Result<ResolvedDirectory> resolve_directory() SQB_EXCLUDES(session_mutex_);
  std::string default_directory() const;  // empty: none
  Result<SettingValue> change_setting(const std::string& key, const std::optional<std::string>& value)
      SQB_EXCLUDES(session_mutex_);
  std::optional<std::string> session_setting(const std::string& key) SQB_EXCLUDES(session_mutex_);
  void set_for_session(const std::string& key, const std::optional<std::string>& value)
      SQB_EXCLUDES(session_mutex_);
  Result<std::optional<std::string>> stored_setting(const std::string& key) SQB_EXCLUDES(session_mutex_);
  Result<std::optional<std::string>> environment_directory() const;  // nullopt: nothing names one
  Result<SettingValue> set_directory(const std::optional<std::string>& value) SQB_EXCLUDES(session_mutex_);
  Status store_directory(const std::optional<std::string>& value) SQB_EXCLUDES(session_mutex_);
  Status prepare_directory(const std::string& path);
  Status carry_settings(const std::string& from, const std::string& to);

  const Env env_;
  const std::string path_;
  WorkSlot work_slot_;
  Mutex session_mutex_;
  std::map<std::string, std::string> session_ SQB_GUARDED_BY(session_mutex_);
  Mutex keeper_mutex_;
  std::unique_ptr<Keeper> keeper_ SQB_GUARDED_BY(keeper_mutex_);  // uses all of the above
};

// The engine of the database file `path` (canonical): this process's one, made when there is none.
std::shared_ptr<Database> shared_database(const Env& env, const std::string& path);

// One per connection that loaded the library. Used on that connection's thread only, as SQLite serialises it.
class Session {
 public:
  Session(Env env, sqlite3* connection);
  ~Session();

  const Env& env() const { return env_; }
  sqlite3* connection() const { return connection_; }

  // kForked in a child process.
  Status check() const;

  struct Target {
    std::shared_ptr<Database> database;
    Source source;
  };
  // The database attached as `schema` on this connection. kNoSuchDatabase.
  Result<Target> attached(const std::string& schema);
  // Another database file: it must exist and be a regular file. If it is attached to this connection, that
  // schema is meant.
  Result<Target> file(const std::string& path);

 private:
  std::shared_ptr<Database> remember(const std::string& key, const std::string& path);
  Env env_;
  sqlite3* connection_;
  int pid_;
  std::map<std::string, std::shared_ptr<Database>> used_;  // by path; "schema:NAME" for those without a file
};

}  // namespace sqbackup
