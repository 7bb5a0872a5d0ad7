// A backup, a store in memory that it is sent to, and a second directory that it comes back to.
#pragma once

#include <map>
#include <string>

#include "engine/rekey.h"
#include "engine/remote_backup.h"
#include "support/fault_env.h"
#include "support/memory_store.h"
#include "unit/engine/backup_fixture.h"

namespace sqbackup_test {

inline bool never() { return false; }

// Asks to stop at the `nth` question, be it of a cancel or of an advance; 0: never.
class StopAt : public sqbackup::Progress {
 public:
  explicit StopAt(std::uint64_t nth) : nth_(nth) {}
  void begin_phase(const char*, std::uint64_t) override {}
  sqbackup::Status advance(std::uint64_t) override {
    if (++asked_ != nth_) return {};
    return {sqbackup::Error::kInterrupted, "stopped"};
  }
  bool stopped() const { return nth_ != 0 && asked_ >= nth_; }

 private:
  const std::uint64_t nth_;
  std::uint64_t asked_ = 0;
};

struct RemoteFixture : BackupFixture {
  MemoryStore store;
  FaultEnv faults{*env.files};
  sqbackup::BackupDirectory back{faults, temp.path_of("back")};
  std::string name;

  explicit RemoteFixture(const sqbackup::StoredForm& form = forms().front()) {
    REQUIRE(back.ensure().ok());
    {
      App app(database);
      app.run("CREATE TABLE t(id INTEGER PRIMARY KEY, data TEXT)");
      app.run(
          "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<200)"
          " INSERT INTO t SELECT i, hex(randomblob(40)) FROM s");
    }
    sqbackup::BackupRequest noted = request(form);
    noted.note = "of the manifest";
    name = backup(source(), noted, silent).name;
  }

  void mark(bool pinned) {
    const auto text = sqbackup::write_marks({pinned, "marked", ""});
    REQUIRE(text.ok());
    REQUIRE(directory.write_marks(name, *text).ok());
  }
  void rekey() {
    sqbackup::AgeLock lock;
    lock.recipients.push_back(other_keys().identities.front().recipient());
    REQUIRE(rekey_backup(directory, name, test_keys(), lock, silent).ok());
  }

  sqbackup::Result<std::string> upload() { return upload_backup(directory, name, store, silent); }
  void must_upload() {
    const auto url = upload();
    INFO(url.status().to_string());
    REQUIRE(url.ok());
    REQUIRE(*url == "mem://place/" + name);
  }
  sqbackup::Result<sqbackup::Manifest> download() { return download_backup(store, name, back, silent); }
  sqbackup::RemoteListing listing() {
    store.clear();
    const auto listing = list_remote(store, never);
    REQUIRE(listing.ok());
    return *listing;
  }

  // The files of a backup by their names.
  static std::map<std::string, std::string> files_in(const sqbackup::BackupDirectory& of) {
    std::map<std::string, std::string> files;
    for (const std::string& file : names_in(of.path()))
      if (file != ".lock") files[file] = read_whole_file(of.path_of(file));
    return files;
  }
  std::map<std::string, std::string> local() const { return files_in(directory); }
  std::map<std::string, std::string> fetched() const { return files_in(back); }

  // What is listed in the store is whole: it comes back, and its stored bytes are proven.
  void require_whole_or_unlisted() {
    for (const auto& backup : listing().backups) {
      TempDir scratch;
      sqbackup::BackupDirectory other(*env.files, scratch.path());
      const auto manifest = download_backup(store, backup.name, other, silent);
      INFO(manifest.status().to_string());
      REQUIRE(manifest.ok());
    }
    REQUIRE(listing().no_data.empty());
  }
};

}  // namespace sqbackup_test
