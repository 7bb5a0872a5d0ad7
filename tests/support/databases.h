// Databases for tests, made and looked at with plain SQLite, as an application does.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>

#include "base/progress.h"
#include "engine/backup.h"

namespace sqbackup_test {

// A connection of the application. Fails the test on any error.
class App {
 public:
  explicit App(const std::string& path, int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  void run(const std::string& sql);              // must succeed
  int try_run(const std::string& sql);           // the result code
  std::int64_t integer(const std::string& sql);  // first column of the first row
  std::string text(const std::string& sql);
  sqlite3* handle() { return handle_; }

 private:
  sqlite3* handle_ = nullptr;
};

// "ok", or what integrity_check and foreign_key_check say of the database file.
std::string soundness(const std::string& path);

// A hash of schema and all rows of all tables, whatever the pages look like.
std::string fingerprint(const std::string& path);

class NoProgress : public sqbackup::Progress {
 public:
  void begin_phase(const char*, std::uint64_t) override {}
  sqbackup::Status advance(std::uint64_t) override { return {}; }
};

// A backup under the next free name.
sqbackup::Result<sqbackup::Manifest> take_backup(const sqbackup::Env& env,
                                                 sqbackup::BackupDirectory& directory,
                                                 const sqbackup::Source& source,
                                                 const sqbackup::BackupRequest& request,
                                                 sqbackup::Progress& progress);

}  // namespace sqbackup_test
