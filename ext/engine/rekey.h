// Other keys for an encrypted backup: the header of its file says who can open it, and is written anew around
// the same file key, as are those of the encrypted parts of its manifest and its marks. The payload after the
// header is copied as it is, and never decrypted.
//
// What was on the disk is compared with the manifest's hash while it is copied, so that damage stays found: a
// new hash is made of proven bytes only. The exchange is all or nothing, also for a process that dies and a
// machine that loses its power (store/backup_directory.h).
//
// It gives access and replaces keys that were lost. Who could open the backup before and kept a copy, or the
// file key, still can.
#pragma once

#include <string>

#include "base/progress.h"
#include "base/status.h"
#include "engine/keys.h"
#include "format/manifest.h"
#include "store/backup_directory.h"

namespace sqbackup {

// From now on those of `lock` open the backup `name`, and nobody else with its new files alone. `keys` open
// it now. Where it is for these recipients already, nothing is done. Returns its manifest, whose content is
// unknown. The caller holds the name's exclusive lock. Errors,
// all leaving the backup as it was: kImported, it has no manifest; kNotEncrypted; kNoKey; kManifestDamaged;
// kStoredBytesDamaged; kDiskFull before a byte is written, where that can be
// known; kInterrupted; and those of PendingReplacement::commit().
Result<Manifest> rekey_backup(BackupDirectory& directory, const std::string& name, const AgeKeys& keys,
                              const AgeLock& lock, Progress& progress);

}  // namespace sqbackup
