// Takes one backup: captures a committed state of a live database into a BackupDirectory, hashed while it is
// copied, counted on the copy, published durably with its manifest.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/file_env.h"
#include "base/progress.h"
#include "base/status.h"
#include "engine/stored_form.h"
#include "format/manifest.h"
#include "pages/source.h"
#include "store/backup_directory.h"

namespace sqbackup {

struct BackupRequest {
  StoredForm form;
  std::string database_id;
  std::string trigger;  // manual | scheduled | pre_restore
  std::string actor;
  std::string note;
  std::string labels;  // text of a JSON object or empty
  bool pinned = false;
  bool row_counts = true;  // count rows per table and quick-check the copy
  bool salvage =
      false;  // keep the bytes even of a file that SQLite cannot read (pre_restore of a damaged database)
};

// A backup that has its name and nothing else yet. Destroyed unused, it leaves nothing.
struct NewBackup {
  std::unique_ptr<PendingBackup> file;
  UnixMillis created_at = 0;
};

// Takes the first free name of this form from now on: names are unique even within a millisecond.
Result<NewBackup> begin_backup(const Env& env, BackupDirectory& directory, const StoredForm& form);

// Returns the manifest that was published. A source that SQLite finds damaged is backed up with the finding
// in manifest.warnings. Errors leave nothing behind: kNotADatabase, kNoSuchDatabase, kDatabaseBusy, kDiskFull
// (checked before a byte is written where the size is known), kInterrupted, kIoError.
Result<Manifest> take_backup(const Env& env, BackupDirectory& directory, NewBackup backup,
                             const Source& source, const BackupRequest& request, Progress& progress);

}  // namespace sqbackup
