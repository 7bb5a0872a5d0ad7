// BackupDirectory: the files of one database's backups in one local directory, published atomically and
// durably.
//
//   NAME               the stored bytes, 0600
//   NAME.json          its manifest: a backup exists when this does
//   NAME.marks.json    what the user changed later
//   .NAME.partial, .NAME.json.partial, .NAME.marks.json.partial   being written, or left by a dead process
//   .NAME.json.next    NAME is being replaced
//   .lock              never removed; its bytes are locks (lock_bytes.h)
//   catalog.db         the catalog, SQLite's own business
//
// Publishing: write and sync .NAME.partial, write and sync .NAME.json.partial, sync the directory, rename the
// data, sync, rename the manifest, sync. Removing: rename the manifest back to .NAME.json.partial, sync,
// remove the data and the marks, sync, remove .NAME.json.partial. So whoever finds .NAME.json.partial without
// NAME.json and without a live lock on NAME knows that NAME is no backup, whatever died where. (While
// .NAME.partial is there too, the data has not got its name yet: a file NAME is then somebody else's, and
// stays.)
//
// Replacing what stands (its keys are rotated): data, manifest and marks are written and synced as partial
// files, the directory is synced, and .NAME.json.partial becomes .NAME.json.next, synced: from here on it is
// decided. Data and marks are renamed over the old ones, sync, then .NAME.json.next over NAME.json, sync.
// Before the decision the old files stand untouched, and the partial ones are leftovers. After it each step
// can be done again by anybody: whoever gets a lock on NAME finishes it first (lock_name()), so that nobody
// who holds one ever reads half of it. Readers hold the shared lock, and the replacing one the exclusive one.
//
// A backup's name has an ending, and so a file "X.json" whose X has none is a backup: a JSON snapshot.
//
// Names are plain file names; nothing here follows a symbolic link below the directory.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_env.h"
#include "base/status.h"

namespace sqbackup {

inline constexpr std::string_view kCatalogFileName = "catalog.db";

// Whether `name` may be the name of a backup: 1..200 bytes of UTF-8, no '/', no NUL or other control
// character, no leading '.', none of the directory's own names (catalog.db*, *.*.json, *.marks, *.partial).
bool is_plain_name(std::string_view name);

// The file name of the manifest of backup `name`. A name without an ending has none: "X.json" is not about
// "X".
std::string manifest_file_of(std::string_view name);

// A backup being written. Destruction without publish() removes what was written.
class PendingBackup {
 public:
  ~PendingBackup();
  PendingBackup(const PendingBackup&) = delete;
  PendingBackup& operator=(const PendingBackup&) = delete;

  const std::string& name() const { return name_; }
  std::string partial_path() const;  // where the bytes are until publish()
  WritableFile& file() { return *file_; }

  // The bytes are complete: syncs them, then makes the backup exist with this manifest, durably.
  // On an error nothing of it is listed, and destruction clears up.
  Status publish(std::string_view manifest_text);

 private:
  friend class BackupDirectory;
  PendingBackup(FileEnv& files, std::string directory, std::string name);
  FileEnv& files_;
  std::string directory_;
  std::string name_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<WritableFile> file_;
  bool published_ = false;
};

// New bytes for a backup that stands. Destruction without commit() removes what was written.
class PendingReplacement {
 public:
  ~PendingReplacement();
  PendingReplacement(const PendingReplacement&) = delete;
  PendingReplacement& operator=(const PendingReplacement&) = delete;

  WritableFile& file() { return *file_; }

  // The bytes are complete: syncs them, then exchanges the backup's bytes, its manifest and, where
  // `marks_text` is given, its marks for these, all or none, durably. An error: none, unless the message says
  // that the next use of the backup completes it.
  Status commit(std::string_view manifest_text, const std::optional<std::string>& marks_text);

 private:
  friend class BackupDirectory;
  PendingReplacement(FileEnv& files, std::string directory, std::string name);
  FileEnv& files_;
  const std::string directory_;
  const std::string name_;
  std::unique_ptr<WritableFile> file_;
  bool committed_ = false;
};

// The names that one job works on, all locked through one descriptor.
class NameLocks {
 public:
  explicit NameLocks(FileEnv& files, std::string directory)
      : files_(files), directory_(std::move(directory)) {}
  Status lock(const std::string& name);  // exclusive; kInUse
  void unlock(const std::string& name);

 private:
  FileEnv& files_;
  std::string directory_;
  std::unique_ptr<FileLock> lock_;
};

class BackupDirectory {
 public:
  BackupDirectory(FileEnv& files, std::string path);

  const std::string& path() const { return path_; }
  std::string path_of(std::string_view name) const;
  FileEnv& files() const { return files_; }

  // Makes the directory (its parent must exist). kNotAnOrdinaryFile when something else stands there.
  Status ensure();

  // Whether files can be made and removed here: kNoPermission, kDiskFull, ... what stands in the way.
  Status check_writable();

  // Whether locks here exclude, within a process too. kIoError: they do not.
  Status probe_locks();
  // Does to a file all that a backup will: write, sync, rename, read back, remove. kIoError also where it
  // reads back otherwise. Nothing of it stays; what a failing disk keeps is a leftover.
  Status probe_files();

  // The backup `name` is about to be written. kAlreadyExists when a file, manifest or partial of this name
  // exists; kInUse when another job works on that name.
  Result<std::unique_ptr<PendingBackup>> begin(const std::string& name);

  // The backup `name`, which has a manifest, is about to get other bytes. The caller holds the name's
  // exclusive lock until the returned object is gone.
  Result<std::unique_ptr<PendingReplacement>> begin_replacement(const std::string& name);

  struct Listing {
    std::vector<std::string> backups;  // names with a manifest, sorted; the data file may be missing
    std::vector<std::string>
        foreign;  // regular files with plain names and no manifest, sorted: perhaps imported
    std::vector<std::string>
        leftovers;  // NAMEs with a partial file and no manifest, sorted, not in the two others
    std::vector<std::string>
        stale_partials;              // names that stand, with a partial file left beside them, sorted
    std::vector<std::int64_t> jobs;  // runs with a job file
  };
  Result<Listing> list();

  // Removes what dead processes left behind (see above); what a live job holds stays. Returns the NAMEs
  // cleared. Whatever `listing` shows is durable then: its process may have died before it was.
  Result<std::vector<std::string>> clear_leftovers(const Listing& listing);

  Result<std::unique_ptr<ReadableFile>> open_data(const std::string& name);
  Result<std::string> read_manifest(const std::string& name);  // kManifestDamaged when missing or over 64 MiB
  Result<std::string> read_marks(const std::string& name);     // kNoSuchFile when there are none
  // Replaces them atomically, durably. The caller holds the name's lock in either mode. kInUse while another
  // job writes them, kNoSuchBackup when there is neither a manifest nor a file.
  Status write_marks(const std::string& name, std::string_view text);
  // The backup and all that belongs to it; gone already: ok. The caller holds the name's exclusive lock.
  Status remove(const std::string& name);

  // Guards a name across threads and processes: readers share, writers and removers exclude. kInUse.
  // In a directory that cannot be written nobody can remove either: then a shared lock is granted without a
  // lock file, and an exclusive one is kNoPermission. Where a dead process has left a replacement of the
  // backup half done, it is finished first; kNoPermission, where that cannot be.
  Result<std::unique_ptr<FileLock>> lock_name(const std::string& name, LockMode mode);
  // Held while one backup is deleted, so that two deletions never take the last one together. Waits for the
  // others, 10 s at most: kInUse.
  Result<std::unique_ptr<FileLock>> lock_deletions();
  // Held by the one whose scheduler looks after the database. kInUse.
  Result<std::unique_ptr<FileLock>> lock_leader();
  bool has_leader();  // false also where that cannot be told
  // Guards a run of the log while its process lives; see lock_bytes.h. kInUse.
  Result<std::unique_ptr<FileLock>> lock_run(std::int64_t run_id);

 private:
  Status finish_replacement(const std::string& name, FileLock* lock, LockMode mode);

  FileEnv& files_;
  std::string path_;
};

}  // namespace sqbackup
