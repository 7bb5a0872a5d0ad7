#include <sys/stat.h>
#include <unistd.h>

#include "base/file_env.h"
#include "support/child.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

constexpr std::uint64_t kByte = (std::uint64_t{1} << 63) - 2;  // the last byte that a file may have
constexpr LockMode kShared = LockMode::kShared;
constexpr LockMode kExclusive = LockMode::kExclusive;

Result<std::unique_ptr<FileLock>> lock(const TempDir& dir, LockMode mode, std::uint64_t byte = kByte) {
  return posix_file_env().lock(dir.path_of(".lock"), byte, mode);
}

int can_lock_in_child(const TempDir& dir, LockMode mode) {
  return run_in_child([&] { return lock(dir, mode).ok() ? 1 : 0; });
}

}  // namespace

TEST_CASE("an exclusive lock excludes every other in the same process") {
  TempDir dir;
  auto held = lock(dir, kExclusive);
  REQUIRE(held.ok());
  CHECK(lock(dir, kExclusive).status().is(Error::kInUse));
  CHECK(lock(dir, kShared).status().is(Error::kInUse));
  CHECK(lock(dir, kExclusive, 7).ok());  // another byte
  held->reset();
  CHECK(lock(dir, kExclusive).ok());
}

TEST_CASE("shared locks go together and exclude an exclusive one until the last is gone") {
  TempDir dir;
  auto first = lock(dir, kShared);
  auto second = lock(dir, kShared);
  REQUIRE(first.ok());
  REQUIRE(second.ok());
  CHECK(lock(dir, kExclusive).status().is(Error::kInUse));
  first->reset();
  CHECK(lock(dir, kExclusive).status().is(Error::kInUse));
  second->reset();
  CHECK(lock(dir, kExclusive).ok());
}

TEST_CASE("one descriptor may hold several bytes, and lets go of each or of all") {
  TempDir dir;
  auto held = lock(dir, kExclusive, 1);
  REQUIRE(held.ok());
  auto other = lock(dir, kExclusive, 5);
  REQUIRE(other.ok());
  CHECK((*held)->add(3, kShared).ok());
  CHECK((*held)->add(5, kShared).is(Error::kInUse));
  CHECK(lock(dir, kShared, 3).ok());
  CHECK(lock(dir, kExclusive, 3).status().is(Error::kInUse));
  (*held)->drop(3);
  CHECK(lock(dir, kExclusive, 3).ok());
  CHECK(lock(dir, kExclusive, 1).status().is(Error::kInUse));
  CHECK((*held)->add(3, kExclusive).ok());
  held->reset();
  CHECK(lock(dir, kExclusive, 1).ok());
  CHECK(lock(dir, kExclusive, 3).ok());
  CHECK(lock(dir, kExclusive, 5).status().is(Error::kInUse));
}

TEST_CASE("locks exclude other processes") {
  TempDir dir;
  auto held = lock(dir, kShared);
  REQUIRE(held.ok());
  CHECK(can_lock_in_child(dir, kShared) == 1);
  CHECK(can_lock_in_child(dir, kExclusive) == 0);
  held->reset();
  held = lock(dir, kExclusive);
  CHECK(can_lock_in_child(dir, kShared) == 0);
  held->reset();
  CHECK(can_lock_in_child(dir, kExclusive) == 1);
}

TEST_CASE("a process that was killed holds no lock") {
  TempDir dir;
  std::unique_ptr<FileLock> in_child;
  HoldingChild child([&] {
    auto held = lock(dir, kExclusive);
    if (held.ok()) in_child = std::move(held).value();
    return in_child != nullptr;
  });
  REQUIRE(child.holds());
  CHECK(lock(dir, kShared).status().is(Error::kInUse));
  child.kill();
  CHECK(lock(dir, kExclusive).ok());
}

TEST_CASE("a forked child neither releases its parent's lock nor keeps it") {
  TempDir dir;
  auto held = lock(dir, kExclusive);
  REQUIRE(held.ok());
  CHECK(run_in_child([&] {
          held->reset();
          return 0;
        }) == 0);
  CHECK(lock(dir, kExclusive).status().is(Error::kInUse));

  HoldingChild child([] { return true; });  // with a copy of the descriptor
  REQUIRE(child.holds());
  held->reset();
  CHECK(lock(dir, kExclusive).ok());
}

TEST_CASE("the lock file is made for its owner alone and stays empty") {
  TempDir dir;
  const mode_t before = ::umask(0);
  REQUIRE(lock(dir, kExclusive).ok());
  ::umask(before);
  struct stat status;
  REQUIRE(::lstat(dir.path_of(".lock").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0600);
  CHECK(status.st_size == 0);
}

TEST_CASE("a lock never follows a symbolic link, nor takes a special file or directory for its file") {
  TempDir dir;
  REQUIRE(::symlink("elsewhere", dir.path_of(".lock").c_str()) == 0);
  CHECK(lock(dir, kExclusive).status().is(Error::kNotAnOrdinaryFile));
  CHECK_FALSE(path_exists(dir.path_of("elsewhere")));
  REQUIRE(::unlink(dir.path_of(".lock").c_str()) == 0);
  REQUIRE(::mkfifo(dir.path_of(".lock").c_str(), 0600) == 0);
  CHECK(lock(dir, kExclusive).status().is(Error::kNotAnOrdinaryFile));
  CHECK(posix_file_env().lock(dir.path(), 1, kShared).status().is(Error::kNotAnOrdinaryFile));
  CHECK(posix_file_env().lock(dir.path_of("missing/.lock"), 1, kShared).status().is(Error::kNoSuchFile));
}

TEST_CASE("a shared lock needs no permission to write an existing lock file") {
  TempDir dir;
  REQUIRE(lock(dir, kShared).ok());
  REQUIRE(::chmod(dir.path_of(".lock").c_str(), 0444) == 0);
  REQUIRE(::chmod(dir.path().c_str(), 0555) == 0);
  const auto held = lock(dir, kShared);
  CHECK(run_unprivileged([&] {
          if (!lock(dir, kShared).ok()) return 1;
          return lock(dir, kExclusive).status().is(Error::kNoPermission) ? 0 : 2;
        }) == 0);
  REQUIRE(::unlink(dir.path_of(".lock").c_str()) == 0);
  CHECK(run_unprivileged([&] { return lock(dir, kShared).status().is(Error::kNoPermission) ? 0 : 1; }) == 0);
  REQUIRE(::chmod(dir.path().c_str(), 0755) == 0);
}
