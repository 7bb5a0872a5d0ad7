#include "support/private_mounts.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>

#include "support/child.h"
#include "support/test.h"

namespace sqbackup_test {
namespace {

enum ExitCode { kPassed, kFailed, kNotMounted };

int run_mounted(const std::function<bool()>& mount, const std::function<void()>& body) {
  if (::unshare(CLONE_NEWNS) != 0) return kNotMounted;
  if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return kNotMounted;
  if (!mount()) return kNotMounted;
  try {
    body();
    return kPassed;
  } catch (...) {  // REQUIRE throws, and has said why
    std::cout << std::flush;
    return kFailed;
  }
}

}  // namespace

bool mount_memory(const std::string& place, int megabytes) {
  const std::string options = "mode=0700,size=" + std::to_string(megabytes) + "m";
  return ::mount("tmpfs", place.c_str(), "tmpfs", 0, options.c_str()) == 0;
}

bool mount_btrfs(const std::string& place, const std::string& image_file, int megabytes) {
  const int file = ::open(image_file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0) return false;
  const bool sized = ::ftruncate(file, static_cast<off_t>(megabytes) << 20) == 0;
  ::close(file);
  return sized && std::system(("mkfs.btrfs -q '" + image_file + "' >/dev/null 2>&1 && mount -o loop '" +
                               image_file + "' '" + place + "'")
                                  .c_str()) == 0;
}

void with_private_mounts(const std::function<bool()>& mount, const std::function<void()>& body) {
  std::cout << std::flush;
  const int code = run_in_child([&] { return run_mounted(mount, body); });
  const char* waived = std::getenv("SQBACKUP_NO_MOUNT");
  if (code == kNotMounted && waived != nullptr && std::string(waived) == "1") return;
  INFO("exit code " << code << " (" << kNotMounted
                    << ": nothing could be mounted; it takes root, and btrfs-progs for "
                    << "btrfs; SQBACKUP_NO_MOUNT=1 goes without)");
  REQUIRE(code == kPassed);
}

}  // namespace sqbackup_test
