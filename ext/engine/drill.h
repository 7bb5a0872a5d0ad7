// The restore drill of one backup: restores it into a scratch place and asks the restored database whether it
// is what it should be. The caller holds the name's shared lock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/file_env.h"
#include "base/progress.h"
#include "base/status.h"
#include "codec/age/lock.h"
#include "engine/drill_assertion.h"
#include "format/drill_report.h"
#include "store/backup_directory.h"

namespace sqbackup {

struct DrillRequest {
  std::string name;               // of the backup
  const AgeKeys* keys = nullptr;  // that open it, where it is encrypted
  std::string scratch;            // absolute path of an existing directory, with room for the database
  std::vector<DrillAssertion> assertions;
  std::vector<DrillTable> previous_tables;  // DrillReport::tables of the drill before; empty: there was none
  std::optional<std::int64_t> fresh_within_millis;  // how old the data may be; nullopt: as old as it is
};

// Runs every check, also after one failed; without a restored database the others fail as "not run". Where a
// damaged backup cannot be restored, its bytes are looked at as they are. Checks, in this order:
//   restore        restore_to_file(), with its proof of the backup
//   integrity      PRAGMA integrity_check, as a verification judges it
//   foreign keys   PRAGMA foreign_key_check finds no row; what SQLite cannot judge becomes a warning
//   contents       schema and row counts are those of the manifest
//   assertion X    each assertion
//   freshness      the data is no older than asked for; only with fresh_within_millis
// A table that is gone, or has lost half of its rows or more, since the drill before is a warning.
//
// A check that fails is in the report. Errors, of the drill itself: kDiskFull (checked before a byte is
// written), kNoSuchBackup, kNoSuchFile (no such scratch directory), kInterrupted, kIoError, kNoPermission,
// kOpenHere, kInUse. Whatever happens, the scratch place is removed; what a killed drill leaves is removed by
// the next one.
Result<DrillReport> run_drill(const Env& env, BackupDirectory& directory, const DrillRequest& request,
                              Progress& progress);

}  // namespace sqbackup
