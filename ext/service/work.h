// What the operations share.
#pragma once

#include <string>

#include "base/progress.h"
#include "base/status.h"
#include "format/manifest.h"
#include "service/operations.h"

namespace sqbackup {

// One backup and its record; the caller holds the database's WorkSlot.
Result<Manifest> run_backup(Session::Target& target, BackupDirectory& directory, const BackupOptions& options,
                            bool salvage, Progress& progress);

// The file that the caller's connection has open is still the one at its path. kNoSuchDatabase.
Status check_not_moved(const Source& source);

// kBadArgument where `path`, canonical, is a file of this directory of backups.
Status check_outside(FileEnv& files, const std::string& directory, const std::string& path);

// Whether a restore may write a new file at `path`, canonical.
Status check_target_path(FileEnv& files, const std::string& path, bool overwrite);

// The backup was proven. That is remembered in its row, unless its source was known to be damaged when it was
// taken: its bytes are what they were, and no good backup.
void remember_proof(Catalog& catalog, BackupDirectory& directory, const std::string& name,
                    const AgeKeys& keys, UnixMillis now);

// Whether the error is a finding about a backup, rather than a failure to look at it.
bool tells_damage(const Status& status);

}  // namespace sqbackup
