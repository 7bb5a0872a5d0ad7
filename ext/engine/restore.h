// Puts a backup back: into a live database as one SQLite transaction, or to a new file.
// The caller holds the name's shared lock. `keys` open it where it is encrypted: kNoKey.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/file_env.h"
#include "base/progress.h"
#include "base/status.h"
#include "codec/age/lock.h"
#include "engine/verify.h"
#include "pages/source.h"
#include "store/backup_directory.h"

namespace sqbackup {

// Into the live database `target.path`, with its clients connected: they keep their view until the commit and
// see the restored state next. All or nothing, a crash included. The backup is proven (VerifyLevel::kFull)
// before the database is touched, and its bytes are compared with their hash once more just before the
// commit. Another page size is converted in a scratch copy inside the backup directory. A target whose own
// pages SQLite cannot read is overwritten all the same. Errors, all leaving the database as it was: those of
// verify_backup, kDatabaseBusy after target.busy_timeout_ms, kPageSizeDiffers, kEncodingDiffers,
// kNoPermission, kDiskFull, kInterrupted. `take_undo` runs when the backup is proven and the database's write
// lock is held, and nothing is written yet: what it captures of the Source it is given is what will be
// replaced, to the last commit. Its error ends the restore.
Status restore_live(BackupDirectory& directory, const std::string& name, const AgeKeys& keys,
                    const Source& target, const std::function<Status(const Source& locked)>& take_undo,
                    Progress& progress);

// A JSON snapshot replaces the rows of the tables that it holds, and nothing else (json_replace.h).

struct FileRestore {
  std::string path;  // absolute
  bool overwrite = false;
  // What is proven of the new file: its bytes (kChecksum), or also the database in it. Without a manifest
  // there is no hash to compare with, and the database is always checked.
  VerifyLevel level = VerifyLevel::kFull;
  // Of a JSON snapshot: gets the tables whose indexes the application has to REINDEX before it uses them.
  // Null: such a backup is not restored (kTableDiffers).
  std::vector<std::string>* reindex = nullptr;
};

// To a new file. kAlreadyExists unless `overwrite`; then it is replaced by a rename, in one
// step, and the new file has the old one's mode and, where this process may, its owner; else mode 0600.
// kInUse when a journal or log that belongs to a database of this path is still there: it would be applied to
// the new one. The new file is complete, durable and proven before it gets its name.
// The caller has made sure that `path` is not open as a database in this process.
Status restore_to_file(BackupDirectory& directory, const std::string& name, const AgeKeys& keys,
                       const FileRestore& target, Progress& progress);

}  // namespace sqbackup
