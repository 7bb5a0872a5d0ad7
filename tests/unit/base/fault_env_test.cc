#include "support/fault_env.h"

#include <fcntl.h>
#include <unistd.h>

#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

// Six operations.
Status write_file(FileEnv& env, const std::string& path) {
  SQB_ASSIGN(auto file, env.create(path + ".new"));
  SQB_TRY(file->append(as_bytes("12345678")));
  SQB_TRY(file->append(as_bytes("abcdefgh")));
  SQB_TRY(file->sync());
  SQB_TRY(env.rename(path + ".new", path));
  return env.sync_directory(directory_of(path));
}

}  // namespace

TEST_CASE("each operation fails in its turn, once, with the chosen error") {
  TempDir dir;
  FaultEnv env(posix_file_env());
  std::uint64_t n = 1;
  for (;; ++n) {
    env.inject({.nth = n, .error_number = EACCES});
    const Status status = write_file(env, dir.path_of("file"));
    if (!env.fired()) {
      CHECK(status.ok());
      break;
    }
    CHECK(status.is(Error::kNoPermission));
    CHECK(env.count() == n);
    if (path_exists(dir.path_of("file.new"))) CHECK(env.remove(dir.path_of("file.new")).ok());
  }
  CHECK(n == 7);
}

TEST_CASE("operations of one kind are counted and failed apart") {
  TempDir dir;
  FaultEnv env(posix_file_env());
  env.inject({.kind = FileOp::kAppend, .nth = 2});
  CHECK(write_file(env, dir.path_of("file")).is(Error::kIoError));
  CHECK(env.fired());
  CHECK(env.count(FileOp::kCreate) == 1);
  CHECK(env.count(FileOp::kAppend) == 2);
  CHECK(env.count(FileOp::kSync) == 0);
  CHECK(read_whole_file(dir.path_of("file.new")) == "12345678");
}

TEST_CASE("a sticky fault stays until it is cleared, the other kind passes") {
  TempDir dir;
  FaultEnv env(posix_file_env());
  env.inject({.kind = FileOp::kList, .nth = 2, .sticky = true});
  CHECK(env.list(dir.path()).ok());
  for (int i = 0; i < 3; ++i) CHECK_FALSE(env.list(dir.path()).ok());
  CHECK(env.info(dir.path(), false).ok());
  env.clear();
  CHECK(env.list(dir.path()).ok());
  CHECK(env.fired());

  env.inject({.nth = 2});
  CHECK(env.list(dir.path()).ok());
  CHECK_FALSE(env.list(dir.path()).ok());
  CHECK(env.list(dir.path()).ok());
}

TEST_CASE("a short write leaves half of the bytes and a full disk") {
  TempDir dir;
  FaultEnv env(posix_file_env());
  env.inject({.kind = FileOp::kAppend, .nth = 2, .short_write = true});
  CHECK(write_file(env, dir.path_of("file")).is(Error::kDiskFull));
  CHECK(read_whole_file(dir.path_of("file.new")) == "12345678abcd");
}

TEST_CASE("a clone can be made believe") {
  TempDir dir;
  write_whole_file(dir.path_of("source"), std::string(200'000, 's'));
  const int source = ::open(dir.path_of("source").c_str(), O_RDONLY | O_CLOEXEC);
  FaultEnv env(posix_file_env());
  env.fake_clones(true);
  auto file = env.create(dir.path_of("clone"));
  REQUIRE(file.ok());
  const auto cloned = (*file)->clone_from(source);
  ::close(source);
  REQUIRE(cloned.ok());
  CHECK(*cloned);
  CHECK(read_whole_file(dir.path_of("clone")) == std::string(200'000, 's'));
}
