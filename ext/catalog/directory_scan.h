// What differs between the files of a backup directory and the catalog's rows: found here, outside of any
// transaction, and written by catalog_sync.cc. Internal to catalog/.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "catalog/backup_rows.h"

namespace sqbackup {

// One row that has to change.
struct RowChange {
  enum class Kind {
    kReplace,  // the files are new or look different: the whole row was read again
    kMarks,    // only its marks do
    kForget,   // the backup is gone
  };
  Kind kind;
  BackupRecord record;  // kForget: the name alone
  FileState state;
  // The content is encrypted: note and labels (kReplace: and counts) stay what a row knows of them.
  bool keeps_content = false;
};

struct DirectoryScan {
  std::vector<RowChange> changes;
  std::int64_t modified =
      0;  // when the directory had last been modified, read before it was listed; 0: look again
  bool look_again = false;  // something was seen that may still grow without the directory noticing
  // Of the newest manifest that was read now; empty: none was.
  std::string database_id;
  std::string database_path;
};

using KnownRows = std::map<std::string, FileState>;

// Compares the whole directory with the catalog's rows `known`, and clears what dead processes left in it.
// `own`: the database itself, never a backup even where it lies in the directory.
Result<DirectoryScan> scan_directory(const Env& env, BackupDirectory& directory, KnownRows known,
                                     const std::optional<FileId>& own);

// Only looks whether the imported files `known` are what they were: they change without the directory
// noticing.
Result<DirectoryScan> scan_imported(BackupDirectory& directory, const KnownRows& known);

// Whether a change still holds: another process may have removed or published the backup meanwhile.
Result<bool> still_holds(const BackupDirectory& directory, const RowChange& change);

}  // namespace sqbackup
