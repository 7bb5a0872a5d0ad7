// Restore drills as users and the scheduler ask for them: one backup, the assertions of its database, and the
// record of how it went.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/progress.h"
#include "base/status.h"
#include "format/drill_report.h"
#include "service/database.h"

namespace sqbackup {

struct DrillOptions {
  std::string trigger = "manual";
  std::string point = "latest";
  std::optional<std::string> scratch;  // absolute path; nullopt: the setting, else the backups' directory
  std::optional<std::int64_t> fresh_within_millis;
};

// Where drills put their copy unless they are told otherwise: the setting `scratch`, else the backups'
// directory. kNoSuchFile: it is no directory.
Result<std::string> scratch_directory(Database& database, BackupDirectory& directory);

// The report of a drill that passed; it sets verified_at. kDrillFailed names the first check that failed;
// where the stored bytes are damaged, the backup is marked so. Either is recorded first: as a run `drill`,
// and as a row of `backup_drills`, which also has the drills that an error ended early.
// kNoSuchBackup, kInUse: nothing began and nothing is recorded. Tables are compared with those of the last
// drill that passed.
Result<DrillReport> drill_backup(Session::Target& target, const DrillOptions& options, Progress& progress);

}  // namespace sqbackup
