#include "service/keeper.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "service/glance.h"
#include "support/child.h"
#include "support/client.h"
#include "support/kept.h"
#include "support/temp_dir.h"
#include "support/test.h"
#include "support/waiting.h"

using namespace sqbackup;
using namespace sqbackup_test;
using namespace std::chrono_literals;

TEST_CASE("a database without a backup gets one when the scheduler starts, and no second before its time") {
  TempDir temp;
  Kept kept(temp.path_of("app.db"));
  CHECK_FALSE(kept.target.database->keeper_state());
  CHECK(kept.start().leader);
  REQUIRE(eventually([&] { return kept.count("completed") == 1; }));
  REQUIRE(eventually([&] { return kept.target.database->keeper_state()->next_backup.has_value(); }));
  const auto wait = *kept.target.database->keeper_state()->next_backup - system_clock().now();
  CHECK(wait > 3'500'000);
  CHECK(wait <= 3'600'000);
  CHECK(kept.start().leader);  // starting it again changes nothing
  CHECK(kept.target.database->stop_keeper());
  CHECK_FALSE(kept.target.database->stop_keeper());
  CHECK_FALSE(kept.target.database->keeper_state());
  CHECK(kept.count("completed") == 1);
  kept.start();
  REQUIRE(eventually([&] { return kept.target.database->keeper_state()->next_backup.has_value(); }));
  CHECK(kept.count("completed") == 1);  // the last one is young enough
}

TEST_CASE("a changed setting acts at once") {
  TempDir temp;
  Kept kept(temp.path_of("app.db"));
  kept.start();
  REQUIRE(eventually([&] { return kept.count("completed") == 1; }));
  kept.set("skip_unchanged", "off");
  kept.set("interval", "1s");
  CHECK(eventually([&] { return kept.backups() >= 3; }));
  kept.set("enabled", "off");
  std::this_thread::sleep_for(300ms);
  const auto made = kept.backups();
  std::this_thread::sleep_for(1500ms);
  CHECK(kept.backups() == made);
}

TEST_CASE("an unchanged database gets no new backup, which the log tells, unless the old one is gone") {
  TempDir temp;
  Kept kept(temp.path_of("app.db"));
  std::this_thread::sleep_for(150ms);  // a database that was written to a moment ago might still change
  kept.start();
  REQUIRE(eventually([&] { return kept.count("completed") == 1; }));
  kept.set("interval", "1s");
  REQUIRE(eventually([&] { return kept.count("completed") >= 3; }));
  CHECK(kept.backups() == 1);
  CHECK(kept.runs().back().error == "the database has not changed since this backup, so no new one was made");
  SECTION("changed") { kept.app.run("INSERT INTO t VALUES(1)"); }
  SECTION("changed and checkpointed") {
    kept.app.run("INSERT INTO t VALUES(1); PRAGMA wal_checkpoint(TRUNCATE)");
  }
  SECTION("the backup was deleted") {
    auto place = kept.target.database->directory();
    REQUIRE(place->remove(kept.runs().back().name).ok());
    CHECK(eventually([&] { return kept.backups() == 1; }));
    return;
  }
  CHECK(eventually([&] { return kept.backups() == 2; }));
}

TEST_CASE("a failure is in the log, and tried again") {
  TempDir temp;
  const std::string path = temp.path_of("app.db");
  Kept kept(path);
  kept.app.run("INSERT INTO t VALUES(1); PRAGMA wal_checkpoint(TRUNCATE)");
  std::filesystem::rename(path, path + ".away");
  kept.start();
  REQUIRE(eventually([&] { return kept.count("failed") == 1; }));
  REQUIRE(eventually([&] { return !kept.target.database->keeper_state()->problem.empty(); }));
  CHECK(kept.backups() == 0);
  std::this_thread::sleep_for(300ms);
  CHECK(kept.count("failed") == 1);  // not again and again
  std::filesystem::rename(path + ".away", path);
  kept.set("interval", "1s");  // which is how long it then waits at most
  CHECK(eventually([&] { return kept.backups() >= 1; }));
  CHECK(eventually([&] { return kept.target.database->keeper_state()->problem.empty(); }));
}

TEST_CASE("after each backup the retention policy is carried out") {
  TempDir temp;
  Kept kept(temp.path_of("app.db"), "1s");
  kept.set("skip_unchanged", "off");
  kept.set("keep_last", "2");
  kept.start();
  CHECK(eventually([&] { return kept.count("completed") >= 4; }));
  CHECK(kept.target.database->stop_keeper());
  CHECK(kept.backups() <= 3);
  const auto runs = kept.runs();
  CHECK(std::count_if(runs.begin(), runs.end(), [](const RunRecord& run) {
          return run.operation == "prune" && run.trigger == "scheduled" && run.status == "completed";
        }) >= 1);
}

// The system's clock, which can be set.
class SetClock : public Clock {
 public:
  UnixMillis now() override { return system_clock().now() + ahead; }
  double monotonic_seconds() override { return system_clock().monotonic_seconds(); }
  std::atomic<std::int64_t> ahead{0};
};

TEST_CASE("drills run at their times, and one that fails is told") {
  TempDir temp;
  SetClock clock;
  {
    Kept kept(temp.path_of("app.db"), "1h", {&posix_file_env(), &clock});
    const auto drills = [&] {
      auto place = kept.target.database->directory();
      return *(*kept.target.database->open_catalog(*place, Catalog::Access::kRead))->drills(0, 100);
    };
    kept.set("drill_schedule", "0 4 * * *");
    kept.start();
    REQUIRE(eventually([&] { return kept.count("completed") == 1; }));
    CHECK(drills().empty());
    clock.ahead = 24 * 3'600'000;
    kept.set("jitter", "0s");  // the pool sleeps by the real clock: this wakes it
    REQUIRE(eventually([&] { return drills().size() == 1; }));
    CHECK(drills().front().ok);
    CHECK(drills().front().trigger == "scheduled");
    auto place = kept.target.database->directory();
    REQUIRE((*kept.target.database->open_catalog(*place, Catalog::Access::kWrite))
                ->put_assertion({0, "nobody", "SELECT count(*) > 0 FROM t", std::nullopt})
                .ok());
    clock.ahead = 2 * 24 * 3'600'000;
    kept.set("jitter", "0s");
    REQUIRE(eventually([&] { return drills().size() == 2; }));
    CHECK(drills().back().failed_check == "assertion nobody");
    REQUIRE(eventually([&] { return !kept.target.database->keeper_state()->problem.empty(); }));
    CHECK_THAT(kept.target.database->keeper_state()->problem, Catch::Contains("SQB-DRILL-01"));
  }
}

TEST_CASE("what cannot be looked after is refused") {
  TempDir temp;
  App memory(":memory:");
  Session session(system_env(), memory.handle());
  auto target = session.attached("main");
  CHECK(target->database->start_keeper(target->source).status().is(Error::kNoSuchDatabase));
  App exclusive(temp.path_of("app.db"));
  exclusive.run("CREATE TABLE t(x); PRAGMA locking_mode=EXCLUSIVE; INSERT INTO t VALUES(1)");
  Session other(system_env(), exclusive.handle());
  auto locked = other.attached("main");
  CHECK(locked->database->start_keeper(locked->source).status().is(Error::kDatabaseBusy));
}

TEST_CASE("closing the last connection ends the scheduler at once, whatever it is doing") {
  TempDir temp;
  const std::string path = temp.path_of("app.db");
  {
    App app(path);
    app.run(
        "CREATE TABLE big(x); WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<30000)"
        " INSERT INTO big SELECT randomblob(4000) FROM s");
  }
  auto kept = std::make_unique<Kept>(path);
  kept->start();
  REQUIRE(eventually([&] { return !kept->runs().empty(); }));
  const auto begun = std::chrono::steady_clock::now();
  kept.reset();
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
  CHECK(Database::live_count() == 0);
  Kept again(path);
  for (const auto& name : names_in(backups_of(path))) CHECK_FALSE(name.ends_with(".partial"));
}

TEST_CASE("stopping ends a run that waits for its turn") {
  TempDir temp;
  Kept kept(temp.path_of("app.db"));
  NoProgress progress;
  const auto turn = kept.target.database->work_slot().acquire(progress);
  REQUIRE(turn.ok());
  kept.start();
  std::this_thread::sleep_for(200ms);
  CHECK(kept.target.database->stop_keeper());
  CHECK(kept.backups() == 0);
}

TEST_CASE("a forked child has no scheduler, and its parent's goes on") {
  TempDir temp;
  Kept kept(temp.path_of("app.db"), "1s");
  kept.set("skip_unchanged", "off");
  kept.start();
  REQUIRE(eventually([&] { return kept.backups() >= 1; }));
  for (int i = 0; i < 20; ++i) {
    CHECK(run_in_child([&] { return kept.session.attached("main").status().is(Error::kForked) ? 0 : 1; }) ==
          0);
  }
  const auto before = kept.backups();
  CHECK(eventually([&] { return kept.backups() > before; }));
}

TEST_CASE("a glance tells a change, and admits what it cannot tell") {
  TempDir temp;
  const std::string path = temp.path_of("app.db");
  const Env env = system_env();
  CHECK_FALSE(glance_at(env, path));
  App app(path);
  app.run("PRAGMA journal_mode=wal; CREATE TABLE t(x)");
  CHECK_FALSE(glance_at(env, path));  // just now
  std::this_thread::sleep_for(150ms);
  const auto before = glance_at(env, path);
  REQUIRE(before);
  CHECK(unchanged(before, glance_at(env, path)));
  app.run("INSERT INTO t VALUES(1)");
  CHECK_FALSE(unchanged(before, glance_at(env, path)));
  std::this_thread::sleep_for(150ms);
  const auto after = glance_at(env, path);
  REQUIRE(after);
  CHECK_FALSE(unchanged(before, after));
  CHECK_FALSE(unchanged(std::nullopt, after));
  CHECK_FALSE(unchanged(std::nullopt, std::nullopt));
}
