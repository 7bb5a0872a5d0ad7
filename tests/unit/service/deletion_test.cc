#include <atomic>
#include <filesystem>
#include <functional>
#include <thread>
#include <utility>

#include "service/operations.h"
#include "support/databases.h"
#include "support/fault_env.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

// Calls `at_removal` once, before the first change of a file whose path holds `part`.
class WatchedEnv : public FaultEnv {
 public:
  WatchedEnv() : FaultEnv(posix_file_env()) {}
  Status remove(const std::string& path) override {
    watch(path);
    return FaultEnv::remove(path);
  }
  Status rename(const std::string& from, const std::string& to) override {
    watch(from);
    return FaultEnv::rename(from, to);
  }
  std::string part;
  std::function<void()> at_removal;

 private:
  void watch(const std::string& path) {
    if (at_removal && path.find(part) != std::string::npos) std::exchange(at_removal, nullptr)();
  }
};

struct Deleting {
  explicit Deleting(Env env = system_env()) : app(temp.path_of("app.db")), session(env, app.handle()) {
    app.run("CREATE TABLE t(x)");
    target = *session.attached("main");
  }
  std::string back_up() {
    NoProgress progress;
    auto name = backup_database(target, {}, progress);
    REQUIRE(name.ok());
    return *name;
  }
  bool is_good(const std::string& name) {
    NoProgress progress;
    return verify_database_backup(target, name, VerifyLevel::kFull, progress).ok();
  }
  TempDir temp;
  App app;
  Session session;
  Session::Target target;
};

// The only two backups, each staged by a deletion of its own.
struct TwoDeletions : Deleting {
  explicit TwoDeletions(Env env = system_env()) : Deleting(env) {
    REQUIRE(first.stage(a, false).ok());
    REQUIRE(second.stage(b, false).ok());
  }
  const std::string a = back_up();
  const std::string b = back_up();
  Deletion first{target};
  Deletion second{target};
};

}  // namespace

TEST_CASE("the last backups staged by two deletions are not taken by the second") {
  TwoDeletions deletions;
  CHECK(deletions.second.commit().ok());
  CHECK(deletions.first.commit().is(Error::kLastRestorable));
  CHECK(deletions.is_good(deletions.a));
}

TEST_CASE("two deletions at the same moment never take the last backups together") {
  WatchedEnv files;
  TwoDeletions deletions({&files, system_env().clock});
  // The first has looked and is about to remove: the second has half a second to be done before it.
  std::atomic<bool> done = false;
  Status outcome;
  std::thread other;
  files.part = deletions.a;
  files.at_removal = [&] {
    other = std::thread([&] {
      outcome = deletions.second.commit();
      done = true;
    });
    for (int i = 0; i < 100 && !done; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  };
  CHECK(deletions.first.commit().ok());
  REQUIRE(other.joinable());
  other.join();
  CHECK(outcome.is(Error::kLastRestorable));
  CHECK(deletions.is_good(deletions.b));
}

TEST_CASE("a backup that leaves tables out does not stand for the last of the whole database") {
  Deleting deleting;
  deleting.app.run("CREATE TABLE left_out(x)");
  const std::string whole = deleting.back_up();
  NoProgress progress;
  BackupOptions options;
  options.form.format = "json";
  options.form.exclude_tables = {"left_out"};
  const std::string first = *backup_database(deleting.target, options, progress);
  const std::string second = *backup_database(deleting.target, options, progress);
  {
    Deletion deletion(deleting.target);
    const Status refused = deletion.stage(whole, false);
    CHECK(refused.is(Error::kLastRestorable));
    CHECK_THAT(refused.message(), Catch::Contains("of the whole database"));
    CHECK(deletion.stage(first, false).ok());
    CHECK(deletion.stage(second, false).ok());
    deletion.unstage_to(0);
    CHECK(deletion.stage(whole, true).ok());
    CHECK(deletion.commit().ok());
  }
  Deletion deletion(deleting.target);
  CHECK(deletion.stage(first, false).ok());
  CHECK(deletion.stage(second, false).is(Error::kLastRestorable));
  CHECK(deletion.commit().ok());
  CHECK(deleting.is_good(second));
}

TEST_CASE("an imported file is deleted only by who insists") {
  Deleting deleting;
  const std::string made = deleting.back_up();
  auto place = deleting.target.database->directory();
  const std::string imported = "theirs.db";
  std::filesystem::copy_file(place->path_of(made), place->path_of(imported));
  Deletion deletion(deleting.target);
  CHECK(deletion.stage(imported, false).is(Error::kImported));
  CHECK(deletion.commit().ok());
  CHECK(std::filesystem::exists(place->path_of(imported)));
  Deletion insisting(deleting.target);
  REQUIRE(insisting.stage(imported, true).ok());
  CHECK(insisting.commit().ok());
  CHECK_FALSE(std::filesystem::exists(place->path_of(imported)));
  CHECK(deleting.is_good(made));
}
