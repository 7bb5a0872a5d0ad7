// The files below a directory, in the order of their paths as bytes compare. Internal to store/.
#pragma once

#include <functional>
#include <string>

#include "base/cancel.h"
#include "base/file_env.h"
#include "base/status.h"

namespace sqbackup {

struct DirectoryWalk {
  FileEnv& files;
  const std::string& directory;
  // Whether to enter the directory of this path, which ends in '/'.
  std::function<bool(const std::string& path)> enter;
  // A regular file. False: the walk is over.
  std::function<Result<bool>(const std::string& path)> visit;
  const Cancel& cancel;
};

// Paths are relative to the directory. What is removed meanwhile is passed over; symbolic links always are.
// False: visit() has ended it.
Result<bool> walk_directory(const DirectoryWalk& walk);

}  // namespace sqbackup
