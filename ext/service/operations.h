// The operations that users ask for, each recorded as a run in the catalog: running, then completed or
// failed. An error of the work is returned and recorded, never only one of the two; what is refused before it
// begins (bad arguments, policy, a database that is not there) changes nothing and is returned only.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/status.h"
#include "catalog/catalog.h"
#include "engine/verify.h"
#include "format/manifest.h"
#include "service/backup_form.h"
#include "service/database.h"
#include "store/job_file.h"

namespace sqbackup {

struct BackupOptions {
  std::string trigger = "manual";
  FormOptions form;
  std::string note;
  std::string labels;  // text of a JSON object
  bool pinned = false;
  std::optional<bool> row_counts;  // unset: the setting
  // Told the run and its UUID once it is in the log; may be empty. Does not throw.
  std::function<void(const RunRecord& run, const std::string& uuid)> begun;
};

// Returns the name.
Result<std::string> backup_database(Session::Target& target, const BackupOptions& options,
                                    Progress& progress);

// Live restore of `point`; returns the name of the pre_restore backup. kRestoreNotAllowed, kInTransaction,
// and the errors of restore_live.
Result<std::string> restore_database(Session::Target& target, const std::string& point, Progress& progress);

struct PathRestore {
  std::string path;
  bool overwrite = false;
  VerifyLevel level = VerifyLevel::kFull;  // FileRestore::level
  bool reindex_later = false;              // also where the application has to REINDEX: FileRestore::reindex
};

// Restore to a new file; returns its absolute path. kOpenHere when the file is open as a database in this
// process.
Result<std::string> restore_to_path(Session::Target& target, const std::string& point, const PathRestore& to,
                                    Progress& progress);

// ok, or the first thing wrong; either is remembered in the backup's row.
// `level` nullopt: kFull, or kChecksum where the backup is encrypted and no key that opens it is here; which
// it was is returned.
Result<VerifyLevel> verify_database_backup(Session::Target& target, const std::string& point,
                                           std::optional<VerifyLevel> level, Progress& progress);

// Other keys for the backup that `point` means (engine/rekey.h): those of `encrypt_to` (as the setting has
// it), or, where that is not given, of the setting. Returns the name. kNoKey also where it is to be a
// passphrase that is not set here, kBadSetting and kBadOption where nobody is named: it is never made plain.
Result<std::string> rekey_database_backup(Session::Target& target, const std::string& point,
                                          const std::optional<std::string>& encrypt_to, Progress& progress);

// The backup that `point` means. kNoSuchBackup says which exist nearby.
Result<BackupRecord> resolve_point(Catalog& catalog, const std::string& point, UnixMillis now);

// Deletion in two steps, as DELETE needs it: stage() checks the guard rails and locks the name; commit()
// removes all that is staged, destruction lets go. Nothing is removed before commit().
class Deletion {
 public:
  explicit Deletion(Session::Target target);
  ~Deletion();
  // kNoSuchBackup, kPinned, kInUse, kLastRestorable (unless `force`): nothing more is staged then.
  Status stage(const std::string& name, bool force);
  std::size_t staged() const { return staged_.size(); }
  void unstage_to(std::size_t count);  // forgets the latest ones (a statement rolled back)
  // Removes what is staged, each removal one run of the log with `trigger`. `removed` is told the outcome of
  // each, and may stop the rest with an error, which is returned.
  using Removed = std::function<Status(const std::string& name, const Status& outcome)>;
  Status commit(const std::string& trigger, const Removed& removed);
  // The same as asked for by a user: the first error, after trying all.
  Status commit();

 private:
  struct Entry {
    std::string name;
    bool restorable;
    bool force;
    bool partial;
  };
  Status open();
  Status remove(const Entry& entry);

  Session::Target target_;
  std::unique_ptr<BackupDirectory> directory_;
  std::unique_ptr<Catalog> catalog_;
  std::unique_ptr<NameLocks> locks_;
  Restorable left_;  // that would be
  std::vector<Entry> staged_;
};

// kBadOption where they are too long to be kept beside a backup.
Status check_marks(const std::string& note, const std::string& labels);

// Note and labels of an encrypted backup are kept for those who can open it: encrypts them into marks.secret,
// as change_marks() does, where they change. Of any other backup, and where only `pinned` changes, nothing
// can fail.
Status hide_marks(Session::Target& target, const std::string& name, Marks& marks);

// pinned, note, labels of one backup; written beside it and into the catalog.
Status change_marks(Session::Target& target, const std::string& name, const Marks& marks);

// A running job as backup_jobs shows it.
struct JobRecord {
  RunRecord run;
  JobProgress progress;
};
Result<std::vector<JobRecord>> running_jobs(Database& database);

}  // namespace sqbackup
