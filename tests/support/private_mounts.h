// A file system of one test's own: mounted in a child process whose mounts nobody else sees, gone with it.
#pragma once

#include <functional>
#include <string>

namespace sqbackup_test {

// Each makes `place`, an existing directory, the root of a new file system. False: this process may not, or
// the system cannot.
bool mount_memory(const std::string& place, int megabytes);
bool mount_btrfs(const std::string& place, const std::string& image_file, int megabytes);

// Runs `mount`, then `body`, in such a child. Assertions work in `body`, REQUIRE alone: CHECK is lost. Fails
// the test when one failed, or when nothing could be mounted, unless SQBACKUP_NO_MOUNT=1 says that it cannot
// be here.
void with_private_mounts(const std::function<bool()>& mount, const std::function<void()>& body);

}  // namespace sqbackup_test
