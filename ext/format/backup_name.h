// The names of backups: "backup-2026-11-20T10-30-00-000Z.sqlite". UTC to the millisecond, so that names sort
// by time. A backup that a user copied into the directory keeps whatever plain file name it has.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace sqbackup {

std::string backup_name(UnixMillis created_at, std::string_view extension);  // extension: ".sqlite"

// The time in a name that backup_name() made; nullopt for any other name.
std::optional<UnixMillis> time_of_backup_name(std::string_view name);

}  // namespace sqbackup
