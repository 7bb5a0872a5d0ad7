// Copies of backups off the machine, as users ask for them (engine/remote_backup.h, engine/remote_owner.h).
#pragma once

#include <optional>
#include <string>

#include "base/progress.h"
#include "base/status.h"
#include "service/operations.h"

namespace sqbackup {

// Copies the backup that `point` means to the place (`url` nullopt: the setting); returns the copy's URL. The
// place becomes this database's and machine's with the first one: kRemoteTaken where it is another's. Errors:
// those of OpenPlace::open() and upload_backup(); kInUse while another upload to that place is under way.
Result<std::string> upload_database_backup(Session::Target& target, const std::string& point,
                                           const std::optional<std::string>& url, Progress& progress);

// The way back, into the backup directory. `name` may be "latest": the newest that is there, pre_restore ones
// left out. Returns the name. Errors: download_backup(); kRemoteTaken: it is of another database, and the
// place is not this one's.
Result<std::string> download_database_backup(Session::Target& target, const std::string& name,
                                             const std::optional<std::string>& url, Progress& progress);

// The place is this database's and machine's from now on, and the setting `url`. Returns its URL.
Result<std::string> adopt_place(Session::Target& target, const std::string& url, Progress& progress);

// As restore_to_path(), of a copy (remote_point() of `url`) in a place that no local state knows of. The
// backup is downloaded beside the new file first, and gone from there when this returns; where the process
// dies, the next restore to that path clears it.
Result<std::string> restore_from_place(Session::Target& target, const std::string& url, const PathRestore& to,
                                       Progress& progress);

}  // namespace sqbackup
