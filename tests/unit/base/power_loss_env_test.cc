#include "support/power_loss_env.h"

#include <functional>
#include <set>

#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

using Names = std::vector<std::string>;
constexpr std::uint32_t kSeeds = 200;

Status create_with(FileEnv& env, const std::string& path, std::string_view content, bool sync) {
  SQB_ASSIGN(auto file, env.create(path));
  SQB_TRY(file->append(as_bytes(content)));
  return sync ? file->sync() : Status();
}

// The states of the directory after power losses behind `body`, over many seeds.
std::set<Names> entries_after(const std::function<Status(FileEnv&, const std::string&)>& body) {
  std::set<Names> seen;
  for (std::uint32_t seed = 0; seed < kSeeds; ++seed) {
    TempDir dir;
    write_whole_file(dir.path_of("old"), "old");
    PowerLossEnv env(posix_file_env(), dir.path());
    REQUIRE(body(env, dir.path()).ok());
    env.lose_power(seed);
    seen.insert(names_in(dir.path()));
  }
  return seen;
}

std::set<std::string> content_after(const std::function<Status(WritableFile&)>& body) {
  std::set<std::string> seen;
  for (std::uint32_t seed = 0; seed < kSeeds; ++seed) {
    TempDir dir;
    PowerLossEnv env(posix_file_env(), dir.path());
    auto file = env.create(dir.path_of("file"));
    REQUIRE(file.ok());
    REQUIRE(env.sync_directory(dir.path()).ok());
    REQUIRE(body(**file).ok());
    env.lose_power(seed);
    seen.insert(read_whole_file(dir.path_of("file")));
  }
  return seen;
}

}  // namespace

TEST_CASE("a created entry is there or not until its directory is synced") {
  CHECK(entries_after([](FileEnv& env, const std::string& dir) {
          return create_with(env, dir + "/new", "x", true);
        }) == std::set<Names>{{"old"}, {"new", "old"}});
  CHECK(entries_after([](FileEnv& env, const std::string& dir) {
          SQB_TRY(create_with(env, dir + "/new", "x", true));
          return env.sync_directory(dir);
        }) == std::set<Names>{{"new", "old"}});
}

TEST_CASE("a removed file may come back with its content until its directory is synced") {
  bool came_back = false;
  for (std::uint32_t seed = 0; seed < kSeeds; ++seed) {
    TempDir dir;
    write_whole_file(dir.path_of("old"), "old");
    PowerLossEnv env(posix_file_env(), dir.path());
    REQUIRE(env.remove(dir.path_of("old")).ok());
    env.lose_power(seed);
    if (!path_exists(dir.path_of("old"))) continue;
    came_back = true;
    REQUIRE(read_whole_file(dir.path_of("old")) == "old");
  }
  CHECK(came_back);
  CHECK(entries_after([](FileEnv& env, const std::string& dir) {
          SQB_TRY(env.remove(dir + "/old"));
          return env.sync_directory(dir);
        }) == std::set<Names>{{}});
}

TEST_CASE("a rename happens or does not, and what it replaced may come back") {
  std::set<std::string> seen;
  for (std::uint32_t seed = 0; seed < kSeeds; ++seed) {
    TempDir dir;
    write_whole_file(dir.path_of("old"), "old");
    write_whole_file(dir.path_of("new"), "new");
    PowerLossEnv env(posix_file_env(), dir.path());
    REQUIRE(env.rename(dir.path_of("new"), dir.path_of("old")).ok());
    env.lose_power(seed);
    const std::string rest = path_exists(dir.path_of("new")) ? read_whole_file(dir.path_of("new")) : "-";
    seen.insert(read_whole_file(dir.path_of("old")) + rest);
  }
  CHECK(seen == std::set<std::string>{"oldnew", "new-"});
}

TEST_CASE("of several changes any subset may be lost") {
  const auto seen = entries_after([](FileEnv& env, const std::string& dir) {
    SQB_TRY(create_with(env, dir + "/a", "x", true));
    SQB_TRY(create_with(env, dir + "/b", "x", true));
    return env.remove(dir + "/old");
  });
  CHECK(seen.size() == 8);
}

TEST_CASE("content that was not synced is cut, and its tail may be torn") {
  const auto seen = content_after([](WritableFile& file) {
    SQB_TRY(file.append(as_bytes("durable")));
    SQB_TRY(file.sync());
    return file.append(as_bytes("volatile"));
  });
  bool garbage = false;
  for (const std::string& content : seen) {
    REQUIRE(content.starts_with("durable"));
    REQUIRE(content.size() <= 15);
    garbage = garbage || !std::string("durablevolatile").starts_with(content);
  }
  CHECK(garbage);
  CHECK(seen.contains("durable"));
  CHECK(seen.contains("durablevolatile"));
}

TEST_CASE("bytes overwritten or cut since the sync are old or new") {
  CHECK(content_after([](WritableFile& file) {
          SQB_TRY(file.append(as_bytes("durable")));
          SQB_TRY(file.sync());
          return file.write_at(2, as_bytes("XY"));
        }) == std::set<std::string>{"durable", "duXYble"});
  CHECK(content_after([](WritableFile& file) {
          SQB_TRY(file.append(as_bytes("durable")));
          SQB_TRY(file.sync());
          return file.truncate(2);
        }) == std::set<std::string>{"durable", "du"});
  CHECK(content_after([](WritableFile& file) {
          SQB_TRY(file.append(as_bytes("durable")));
          SQB_TRY(file.sync());
          SQB_TRY(file.write_at(2, as_bytes("XY")));
          SQB_TRY(file.truncate(5));
          return file.sync();
        }) == std::set<std::string>{"duXYb"});
}

TEST_CASE("life goes on after a power loss, and the next one finds what it finds") {
  for (std::uint32_t seed = 0; seed < kSeeds; ++seed) {
    TempDir dir;
    {
      PowerLossEnv env(posix_file_env(), dir.path());
      REQUIRE(create_with(env, dir.path_of("a"), "lost or not", false).ok());
      env.lose_power(seed);
      CHECK_FALSE(env.list(dir.path()).ok());
      env.restart_process();
      if (!path_exists(dir.path_of("a"))) REQUIRE(create_with(env, dir.path_of("a"), "second", true).ok());
      REQUIRE(env.sync_directory(dir.path()).ok());
      const std::string content = read_whole_file(dir.path_of("a"));
      REQUIRE(create_with(env, dir.path_of("b"), "lost or not", false).ok());
      env.lose_power(seed + 1);
      REQUIRE(read_whole_file(dir.path_of("a")) == content);
    }
    REQUIRE_FALSE(path_exists(dir.path() + ".aside"));
  }
}

TEST_CASE("a process dies at the chosen change, and does nothing after it") {
  TempDir dir;
  PowerLossEnv env(posix_file_env(), dir.path());
  env.crash_after(2);
  auto file = env.create(dir.path_of("a"));
  REQUIRE(file.ok());
  REQUIRE((*file)->append(as_bytes("x")).ok());
  CHECK(env.list(dir.path()).ok());
  CHECK_FALSE(env.crashed());
  CHECK_FALSE((*file)->sync().ok());
  CHECK(env.crashed());
  CHECK(env.operations() == 2);
  CHECK_FALSE(env.list(dir.path()).ok());
  CHECK_FALSE(env.remove(dir.path_of("a")).ok());
  CHECK(path_exists(dir.path_of("a")));

  env.restart_process();
  CHECK(env.list(dir.path()).ok());
  CHECK_FALSE((*file)->append(as_bytes("y")).ok());
}
