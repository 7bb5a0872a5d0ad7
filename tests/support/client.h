// Client: an application with backups, as the SQL functions serve it; and what must hold of its files once
// nothing fails any more, whatever went wrong before.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "service/operations.h"
#include "service/preflight.h"
#include "service/remote.h"
#include "support/databases.h"

namespace sqbackup_test {

// One connection with a session. Two clients of one database at the same time share the first one's Env.
class Client {
 public:
  explicit Client(const std::string& database, sqbackup::Env env = sqbackup::system_env());

  App& app() { return app_; }
  sqbackup::Result<std::string> back_up(bool row_counts = true);
  sqbackup::Result<std::string> restore(const std::string& point);
  sqbackup::Result<std::string> restore_to(const std::string& point, const std::string& path,
                                           bool overwrite = false);
  sqbackup::Status verify(const std::string& point);
  // For `recipient`; empty: for whom the setting encrypt_to says.
  sqbackup::Result<std::string> rekey(const std::string& point, const std::string& recipient);
  // `place`: the URL of one.
  sqbackup::Result<std::string> upload(const std::string& point, const std::string& place);
  sqbackup::Result<std::string> download(const std::string& name, const std::string& place);
  sqbackup::Result<std::string> restore_from(const std::string& url, const std::string& path,
                                             bool overwrite = false);
  sqbackup::Status remove(const std::vector<std::string>& names);  // one DELETE
  sqbackup::Status pin(const std::string& name, const std::string& note);
  sqbackup::Status allow_restore();
  sqbackup::Result<sqbackup::PreflightReport> check();

  sqbackup::Result<std::vector<sqbackup::BackupRecord>> list();  // oldest first
  sqbackup::Result<std::vector<sqbackup::RunRecord>> runs();

 private:
  App app_;
  sqbackup::Session session_;
  NoProgress progress_;
};

std::string backups_of(const std::string& database);  // its default backup directory

// The database is sound, and its content is one of `legal` (empty: any); the backups that are listed verify
// in full; beside them lies nothing that is no part of a backup or the catalog; no run is left running. Fails
// the test otherwise. Returns the names listed, oldest first.
std::vector<std::string> require_sound(const std::string& database, const std::vector<std::string>& legal);

// What stands in the backup directory and is neither of a listed backup nor of the catalog.
std::vector<std::string> strays_in(const std::string& directory, const std::vector<std::string>& backups);

std::size_t open_descriptors();  // of this process

// A database of about `kilobytes`, with two backups of older states. Made once, copied for each trial.
class Template {
 public:
  Template(const std::string& directory, const std::string& journal_mode, int kilobytes,
           int page_size = 4096);

  // From now on the database, in WAL mode, has pages of another size than the backups.
  void change_page_size(int page_size);

  // A copy of everything in `directory`, which is made anew; returns the database's path.
  std::string copy_to(const std::string& directory) const;

  std::string first, second;  // names of the backups
  std::string first_state;    // fingerprint of what `first` holds
  std::string live_state;     // fingerprint of the database

 private:
  std::string directory_;
};

}  // namespace sqbackup_test
