// Room on a disk, asked for before a byte is written.
#pragma once

#include <cstdint>
#include <string>

#include "base/file_env.h"
#include "base/status.h"

namespace sqbackup {

// What is left to whatever else lives on a disk, by backups and drills.
inline constexpr std::uint64_t kSpareBytes = 16 << 20;

// kDiskFull unless `directory` has room for `bytes` and that. `what` needs them, `advice` says what to do.
Status require_room(FileEnv& files, const std::string& directory, std::uint64_t bytes,
                    const std::string& what, const std::string& advice);

}  // namespace sqbackup
