#include "engine/room.h"

namespace sqbackup {

Status require_room(FileEnv& files, const std::string& directory, std::uint64_t bytes,
                    const std::string& what, const std::string& advice) {
  SQB_ASSIGN(const std::uint64_t available, files.free_space(directory));
  if (available >= bytes && available - bytes >= kSpareBytes) return {};
  return {Error::kDiskFull, what + " needs " + std::to_string(bytes) + " bytes, and " +
                                std::to_string(kSpareBytes) + " to spare; '" + directory + "' has " +
                                std::to_string(available) + " free; " + advice};
}

}  // namespace sqbackup
