#include "service/keeper.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "service/glance.h"
#include "service/health.h"
#include "service/operations.h"
#include "support/child.h"
#include "support/client.h"
#include "support/fault_env.h"
#include "support/kept.h"
#include "support/temp_dir.h"
#include "support/test.h"
#include "support/waiting.h"
#include "unit/net/raw_server.h"

using namespace sqbackup;
using namespace sqbackup_test;
using namespace std::chrono_literals;

namespace {

// The system's clock, which can be set.
class SetClock : public Clock {
 public:
  UnixMillis now() override { return system_clock().now() + ahead; }
  double monotonic_seconds() override {
    return system_clock().monotonic_seconds() + static_cast<double>(ahead.load()) / 1000;
  }
  std::atomic<std::int64_t> ahead{0};
};

// For this clock no file has been written to just now.
class LaterClock : public SetClock {
 public:
  LaterClock() { ahead = 10'000; }
};

// The system's files, of which one is busy.
class BusyCatalog : public FaultEnv {
 public:
  using FaultEnv::FaultEnv;
  Result<FileInfo> info(const std::string& path, bool follow) override {
    if (busy && path.ends_with("/catalog.db")) {
      ++met;
      return Status(Error::kDatabaseBusy, "somebody holds it");
    }
    return FaultEnv::info(path, follow);
  }
  std::atomic<bool> busy{false};
  std::atomic<int> met{0};
};

// "type title" of all events of the kind, without the path.
std::vector<std::string> events_of(Kept& kept, const std::string& type) {
  auto place = kept.target.database->directory();
  auto catalog = kept.target.database->open_catalog(*place, Catalog::Access::kRead);
  REQUIRE(catalog.ok());
  std::vector<std::string> titles;
  const auto events = (*catalog)->events({}, 1000);
  for (const EventRecord& event : *events) {
    if (!event.type.starts_with(type)) continue;
    std::string title = event.title;
    const std::size_t at = title.find(kept.target.database->path());
    if (at != std::string::npos) title.replace(at, kept.target.database->path().size(), "DB");
    titles.push_back(event.type + ": " + title);
  }
  return titles;
}

// Whether the first look is over, and what came of it is told: until that is noted, it would be told again.
bool settled(Kept& kept) {
  auto place = kept.target.database->directory();
  auto catalog = kept.target.database->open_catalog(*place, Catalog::Access::kRead);
  REQUIRE(catalog.ok());
  return events_of(kept, "health").size() == 1 && *(*catalog)->delivered() == *(*catalog)->last_event_id();
}

constexpr const char* kTaken = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK";

}  // namespace

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
  LaterClock clock;
  Kept kept(temp.path_of("app.db"), "1h", {&posix_file_env(), &clock});
  kept.start();
  REQUIRE(eventually([&] { return kept.count("completed") == 1; }));
  kept.set("interval", "1s");
  REQUIRE(eventually([&] { return kept.count("completed") >= 3; }));
  CHECK(kept.backups() == 1);
  CHECK(kept.runs().back().error == "the database has not changed since this backup, so no new one was made");
  CHECK(events_of(kept, "backup.completed").size() >= 3);  // each is a success that the outside is told of
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

TEST_CASE("pruning has a schedule of its own, for a database that gets no backups") {
  TempDir temp;
  SetClock clock;
  Kept kept(temp.path_of("app.db"), "365d", {&posix_file_env(), &clock});
  NoProgress progress;
  for (int i = 0; i < 3; ++i) {
    BackupOptions options;
    options.trigger = "scheduled";
    REQUIRE(backup_database(kept.target, options, progress).ok());
  }
  kept.set("prune_schedule", "0 3 * * *");
  kept.set("keep_last", "1");
  kept.start();
  REQUIRE(eventually([&] { return kept.target.database->keeper_state()->next_backup.has_value(); }));
  CHECK(kept.backups() == 3);
  clock.ahead = 24 * 3'600'000;
  kept.set("jitter", "0s");  // the pool sleeps by the real clock: this wakes it
  CHECK(eventually([&] { return kept.backups() == 1; }));
}

TEST_CASE("a prune that fails before it is a run is a problem that stands until one succeeds") {
  TempDir temp;
  SetClock clock;
  Kept kept(temp.path_of("app.db"), "1h", {&posix_file_env(), &clock});
  const auto problem = [&] { return kept.target.database->keeper_state()->problem; };
  ::setenv("SQBACKUP_KEEP_HOURLY", "-1", 1);
  kept.start();
  const auto events = [&] { return events_of(kept, "health"); };
  REQUIRE(eventually([&] { return events().size() == 1; }));
  CHECK_THAT(events().back(), Catch::Contains("scheduler"));
  int looks = 0;
  const auto look = [&] {
    clock.ahead += 301'000;
    kept.set("stale_after", std::to_string(++looks) + "d");  // the pool sleeps by the real clock
  };
  for (int i = 0; i < 3; ++i) {
    look();
    std::this_thread::sleep_for(100ms);
    CHECK_THAT(problem(), Catch::Contains("SQBACKUP_KEEP_HOURLY"));
  }
  CHECK(events().size() == 1);
  ::unsetenv("SQBACKUP_KEEP_HOURLY");
  clock.ahead += 3'600'000;
  look();
  CHECK(eventually([&] { return events().size() == 2; }));
  CHECK_THAT(events().back(), !Catch::Contains("scheduler"));
  CHECK(problem().empty());
}

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
    REQUIRE(eventually([&] { return kept.target.database->keeper_state()->next_backup.has_value(); }));
    CHECK(kept.count("completed") == 1);
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

TEST_CASE("a backup that is gone or damaged does not put off the next one") {
  TempDir temp;
  Kept kept(temp.path_of("app.db"));
  kept.start();
  REQUIRE(eventually([&] { return kept.count("completed") == 1; }));
  kept.target.database->stop_keeper();
  auto place = kept.target.database->directory();
  const std::string name = place->list()->backups.front();
  SECTION("gone") { REQUIRE(place->remove(name).ok()); }
  SECTION("damaged") {
    REQUIRE((*kept.target.database->open_catalog(*place, Catalog::Access::kWrite))->set_damaged(name).ok());
  }
  kept.start();
  CHECK(eventually([&] { return kept.count("completed") == 2; }));
}

TEST_CASE("another database's directory is not led, and its owner not kept from it") {
  TempDir temp;
  ::setenv("SQBACKUP_DIRECTORY", temp.path().c_str(), 1);
  std::filesystem::create_directories(temp.path_of("one"));
  std::filesystem::create_directories(temp.path_of("two"));
  {
    Kept one(temp.path_of("one/app.db"));
    App other(temp.path_of("two/app.db"));
    other.run("CREATE TABLE t(x)");
    Session session(system_env(), other.handle());
    auto two = session.attached("main");
    CHECK(two->database->start_keeper(two->source).status().is(Error::kDirectoryTaken));
    CHECK(one.start().leader);
  }
  ::unsetenv("SQBACKUP_DIRECTORY");
}

TEST_CASE("where the directory is removed the leader takes its lock anew") {
  TempDir temp;
  const std::string path = temp.path_of("app.db");
  Kept kept(path);
  kept.start();
  REQUIRE(eventually([&] { return kept.count("completed") == 1; }));
  REQUIRE(eventually([&] { return kept.target.database->keeper_state()->next_backup.has_value(); }));
  std::filesystem::remove_all(backups_of(path));
  kept.set("interval", "2h");
  REQUIRE(eventually([&] { return kept.count("completed") == 1; }));
  BackupDirectory place(posix_file_env(), backups_of(path));
  CHECK(place.lock_leader().status().is(Error::kInUse));
}

TEST_CASE("a clock that is set back puts nothing off for longer than a period") {
  TempDir temp;
  SetClock clock;
  clock.ahead = 3'600'000;
  Kept kept(temp.path_of("app.db"), "2s", {&posix_file_env(), &clock});
  kept.set("skip_unchanged", "off");
  kept.start();
  REQUIRE(eventually([&] { return kept.backups() == 2; }));
  clock.ahead = 0;
  CHECK(eventually([&] { return kept.backups() >= 4; }));
}

TEST_CASE("who follows leads soon after the leader was killed") {
  TempDir temp;
  const std::string path = temp.path_of("app.db");
  { Kept made(path); }
  HoldingChild leader([&] {
    static Kept* kept = new Kept(path);
    return kept->start().leader;
  });
  REQUIRE(leader.holds());
  Kept kept(path);
  CHECK_FALSE(kept.start().leader);
  leader.kill();
  CHECK(eventually([&] { return kept.target.database->keeper_state()->leader; }));
}

TEST_CASE("a child that lives on after its parent holds none of its locks") {
  TempDir temp;
  const std::string path = temp.path_of("app.db");
  { Kept made(path); }
  int alive[2], forked[2];
  REQUIRE(::pipe(alive) == 0);
  REQUIRE(::pipe(forked) == 0);
  HoldingChild leader([&] {
    static Kept* kept = new Kept(path);
    const bool leads = kept->start().leader;
    char byte = 0;
    if (::fork() == 0) {  // outlives its parent, until this test ends
      ::close(alive[1]);
      // fork() may return in the parent before this child has run at all.
      if (::write(forked[1], &byte, 1) == 1) static_cast<void>(::read(alive[0], &byte, 1));
      ::_exit(0);
    }
    return ::read(forked[0], &byte, 1) == 1 && leads;
  });
  REQUIRE(leader.holds());
  leader.kill();
  Kept kept(path);
  CHECK(kept.start().leader);
  for (const int descriptor : {alive[0], alive[1], forked[0], forked[1]}) ::close(descriptor);
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
  CHECK(events_of(kept, "").empty());  // neither a failure nor a change of health
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
  LaterClock clock;
  const Env env{&posix_file_env(), &clock};
  CHECK_FALSE(glance_at(env, path));
  App app(path);
  app.run("PRAGMA journal_mode=wal; CREATE TABLE t(x)");
  CHECK_FALSE(glance_at(system_env(), path));  // just now
  const auto before = glance_at(env, path);
  REQUIRE(before);
  CHECK(unchanged(before, glance_at(env, path)));
  app.run("INSERT INTO t VALUES(1)");
  const auto after = glance_at(env, path);
  REQUIRE(after);
  CHECK_FALSE(unchanged(before, after));
  CHECK_FALSE(unchanged(std::nullopt, after));
  CHECK_FALSE(unchanged(std::nullopt, std::nullopt));
}

TEST_CASE("a change of health is an event once, and no new one after a restart") {
  TempDir temp;
  SetClock clock;
  Kept kept(temp.path_of("app.db"), "1h", {&posix_file_env(), &clock});
  using Titles = std::vector<std::string>;
  const Titles first = {"health.changed: the backups of DB need attention: copies, verified"};
  kept.start();
  REQUIRE(eventually([&] { return events_of(kept, "health") == first; }));
  kept.target.database->stop_keeper();
  kept.start();
  REQUIRE(eventually([&] { return kept.target.database->keeper_state()->next_backup.has_value(); }));
  std::this_thread::sleep_for(200ms);
  CHECK(events_of(kept, "health") == first);
  // What somebody does by hand is noticed when it is looked at again, five minutes later.
  auto place = kept.target.database->directory();
  const std::string name = place->list()->backups.front();
  BackupOptions options;
  NoProgress progress;
  REQUIRE(backup_database(kept.target, options, progress).ok());
  REQUIRE((*kept.target.database->open_catalog(*place, Catalog::Access::kWrite))
              ->set_verified(name, clock.now())
              .ok());
  kept.set("jitter", "0s");  // the pool sleeps by the real clock: this wakes it
  std::this_thread::sleep_for(300ms);
  CHECK(events_of(kept, "health") == first);
  clock.ahead = 301'000;
  kept.set("jitter", "0s");
  REQUIRE(eventually([&] { return events_of(kept, "health").size() == 2; }));
  CHECK(events_of(kept, "health").back() == "health.changed: the backups of DB are all well again");
}

TEST_CASE("a backup that was stopped says nothing about the health, one that failed does") {
  TempDir temp;
  Kept kept(temp.path_of("app.db"));
  auto place = kept.target.database->directory();
  auto catalog = kept.target.database->open_catalog(*place, Catalog::Access::kWrite);
  REQUIRE(catalog.ok());
  const auto failure_after = [&](Error error) {
    RunRecord run;
    run.operation = "backup";
    run.trigger = "manual";
    auto started = (*catalog)->begin_run(run);
    REQUIRE(started.ok());
    run.status = "failed";
    run.error = "it ended";
    run.error_code = id_of(error);
    REQUIRE((*catalog)->finish_run(started->id, run).ok());
    return health_facts(*kept.target.database, std::nullopt)->failure;
  };
  CHECK(failure_after(Error::kInterrupted).empty());
  CHECK(failure_after(Error::kIoError) == "it ended [SQB-IO-01]");
  CHECK(failure_after(Error::kInterrupted) == "it ended [SQB-IO-01]");
}

TEST_CASE("a drill that failed changes the health once") {
  TempDir temp;
  SetClock clock;
  Kept kept(temp.path_of("app.db"), "1h", {&posix_file_env(), &clock});
  kept.set("drill_schedule", "0 4 * * *");
  kept.start();
  REQUIRE(eventually([&] { return events_of(kept, "health").size() == 1; }));
  auto place = kept.target.database->directory();
  REQUIRE((*kept.target.database->open_catalog(*place, Catalog::Access::kWrite))
              ->put_assertion({0, "nobody", "SELECT count(*) > 0 FROM t", std::nullopt})
              .ok());
  clock.ahead = 86'400'000;
  kept.set("jitter", "0s");
  REQUIRE(eventually([&] { return events_of(kept, "drill.failed").size() == 1; }));
  REQUIRE(eventually([&] { return events_of(kept, "health").size() == 2; }));
  CHECK_THAT(events_of(kept, "health").back(), Catch::Contains("drill") && !Catch::Contains("scheduler"));
  for (int i = 0; i < 3; ++i) {
    clock.ahead += 301'000;
    kept.set("jitter", "0s");
    std::this_thread::sleep_for(100ms);
  }
  CHECK(events_of(kept, "health").size() == 2);
}

TEST_CASE("a backup that fails before it is a run is in the log and an event all the same") {
  TempDir temp;
  Kept kept(temp.path_of("app.db"));
  ::setenv("SQBACKUP_ROW_COUNTS", "perhaps", 1);
  kept.start();
  CHECK(eventually([&] { return kept.count("failed") == 1; }));
  ::unsetenv("SQBACKUP_ROW_COUNTS");
  CHECK(events_of(kept, "backup") == std::vector<std::string>{"backup.failed: the backup of DB failed"});
}

TEST_CASE("the dead man's switch hears of a start and its end") {
  TempDir temp;
  RawServer server({{kTaken}, {kTaken}});
  {
    Kept kept(temp.path_of("app.db"));
    kept.set("ping_url", "http://" + server.host() + "/key");
    kept.start();
    REQUIRE(eventually([&] { return server.connections() == 2; }));
  }
  const auto rid = [](const std::string& request) { return request.substr(request.find("rid="), 40); };
  CHECK_THAT(server.received()[0], Catch::StartsWith("POST /key/start?rid="));
  CHECK_THAT(server.received()[1], Catch::StartsWith("POST /key?rid="));
  CHECK(rid(server.received()[0]) == rid(server.received()[1]));
}

TEST_CASE("a server that hangs delays no backup and no end of the scheduler") {
  TempDir temp;
  const RawAnswer silence{"", RawAnswer::kHold};
  RawServer server({silence, silence, silence});
  auto kept = std::make_unique<Kept>(temp.path_of("app.db"), "1s");
  kept->set("skip_unchanged", "off");
  kept->set("ping_url", "http://" + server.host() + "/key");
  kept->start();
  REQUIRE(eventually([&] { return server.connections() == 1; }));
  const auto before = kept->backups();
  REQUIRE(eventually([&] { return kept->backups() >= before + 2; }));
  CHECK(server.connections() == 1);
  const auto begun = std::chrono::steady_clock::now();
  SECTION("stopped") { CHECK(kept->target.database->stop_keeper()); }
  SECTION("closed") { kept.reset(); }
  CHECK(std::chrono::steady_clock::now() - begun < 1s);
}

TEST_CASE("a directory that is taken away is told, once, by the one who led") {
  TempDir temp;
  RawServer server({{kTaken}, {kTaken}, {kTaken}, {kTaken}});
  {
    Kept kept(temp.path_of("app.db"));
    kept.set("ping_url", "http://" + server.host() + "/key");
    kept.start();
    REQUIRE(eventually([&] { return server.connections() == 2 && settled(kept); }));
    const std::string directory = kept.target.database->directory()->path();
    const std::string other = directory + ".other";
    write_whole_file(other, "in its place");
    const auto exchange = [&] {  // at one stroke: between two the keeper would make a new directory
      REQUIRE(::renameat2(AT_FDCWD, directory.c_str(), AT_FDCWD, other.c_str(), RENAME_EXCHANGE) == 0);
    };
    exchange();
    const auto look = [&] { static_cast<void>(kept.target.database->start_keeper(kept.target.source)); };
    look();
    CHECK(eventually([&] { return server.connections() == 3; }));
    const auto state = kept.target.database->keeper_state();
    CHECK(state->leader);
    CHECK_THAT(state->problem, Catch::Contains("SQB-IO-03"));
    look();
    exchange();
    look();
    CHECK(eventually([&] { return kept.target.database->keeper_state()->problem.empty(); }));
  }
  for (const auto& one : server.received()) UNSCOPED_INFO(one);
  CHECK(server.connections() == 3);
  CHECK_THAT(server.received()[2], Catch::StartsWith("POST /key/fail"));
}

TEST_CASE("a catalog that cannot be used any more is told, once, and again only after it could be") {
  TempDir temp;
  RawServer server(std::vector<RawAnswer>(5, {kTaken}));
  {
    Kept kept(temp.path_of("app.db"));
    kept.set("ping_url", "http://" + server.host() + "/key");
    kept.start();
    REQUIRE(eventually([&] { return server.connections() == 2 && settled(kept); }));
    const std::string catalog = kept.target.database->directory()->path() + "/catalog.db";
    const std::string version = App(catalog).text("PRAGMA user_version");
    const auto look = [&](const std::string& expected) {
      static_cast<void>(kept.target.database->start_keeper(kept.target.source));
      return eventually(
          [&] { return kept.target.database->keeper_state()->problem.find(expected) != std::string::npos; });
    };
    for (int time = 1; time <= 2; ++time) {
      App(catalog).run("PRAGMA user_version = 999");
      REQUIRE(look("SQB-CATALOG-01"));
      CHECK(eventually([&] { return server.connections() == 2 + time; }));
      CHECK(kept.target.database->keeper_state()->leader);
      look("SQB-CATALOG-01");
      std::this_thread::sleep_for(50ms);
      CHECK(server.connections() == 2 + time);
      App(catalog).run("PRAGMA user_version = " + version);
      look("");
      REQUIRE(eventually([&] { return kept.target.database->keeper_state()->problem.empty(); }));
    }
  }
  CHECK_THAT(server.received()[2], Catch::StartsWith("POST /key/fail"));
}

TEST_CASE("a catalog that is only busy is told when it is so a second time") {
  TempDir temp;
  BusyCatalog files(posix_file_env());
  RawServer server(std::vector<RawAnswer>(4, {kTaken}));
  Kept kept(temp.path_of("app.db"), "1h", {&files, &system_clock()});
  kept.set("ping_url", "http://" + server.host() + "/key");
  kept.start();
  REQUIRE(eventually([&] { return server.connections() == 2 && settled(kept); }));
  const auto look = [&] {
    const int before = files.met;
    static_cast<void>(kept.target.database->start_keeper(kept.target.source));
    REQUIRE(eventually([&] { return !files.busy || files.met > before; }));
    std::this_thread::sleep_for(50ms);
  };
  files.busy = true;
  look();
  files.busy = false;
  look();
  files.busy = true;
  look();
  CHECK(server.connections() == 2);
  look();
  CHECK(eventually([&] { return server.connections() == 3; }));
}

TEST_CASE("a directory that is replaced is told to the targets that were set in it") {
  TempDir temp;
  RawServer server(std::vector<RawAnswer>(5, {kTaken}));
  {
    const std::string path = temp.path_of("app.db");
    Kept kept(path);
    kept.set("ping_url", "http://" + server.host() + "/key");
    kept.start();
    REQUIRE(eventually([&] { return server.connections() == 2 && settled(kept); }));
    // At one stroke, whoever is at work in it.
    std::filesystem::rename(backups_of(path), backups_of(path) + ".away");
    kept.start();
    CHECK(eventually([&] {  // the backup that begins in the fresh one may be told before
      const int heard = server.connections();
      return server.received()[static_cast<std::size_t>(heard - 1)].find("settings") != std::string::npos;
    }));
  }
  CHECK_THAT(server.received().back(), Catch::StartsWith("POST /key/fail"));
}

TEST_CASE("who follows asks for nothing but the lock") {
  TempDir temp;
  const std::string path = temp.path_of("app.db");
  { Kept made(path); }
  HoldingChild leader([&] {
    static Kept* kept = new Kept(path);
    return kept->start().leader;
  });
  REQUIRE(leader.holds());
  FaultEnv files(posix_file_env());
  Kept kept(path, "1h", {&files, &system_clock()});
  CHECK_FALSE(kept.start().leader);
  std::this_thread::sleep_for(100ms);
  const auto made = files.count(FileOp::kMakeDirectory);
  const auto asked = files.count(FileOp::kLock);
  kept.start();
  REQUIRE(eventually([&] { return files.count(FileOp::kLock) > asked; }));
  std::this_thread::sleep_for(50ms);
  CHECK(files.count(FileOp::kMakeDirectory) == made);
}

TEST_CASE("servers that hang for many databases delay the backups of none") {
  TempDir temp;
  RawServer server(std::vector<RawAnswer>(8, {"", RawAnswer::kHold}));
  std::vector<std::unique_ptr<Kept>> all;
  for (int i = 0; i < 5; ++i) {
    all.push_back(std::make_unique<Kept>(temp.path_of("app" + std::to_string(i) + ".db"), "1s"));
    all.back()->set("skip_unchanged", "off");
    all.back()->set("ping_url", "http://" + server.host() + "/key");
    all.back()->start();
  }
  REQUIRE(eventually([&] { return server.connections() == 4; }));
  for (const auto& kept : all) {
    const auto before = kept->backups();
    CHECK(eventually([&] { return kept->backups() >= before + 2; }));
  }
  CHECK(server.connections() == 4);
  const auto begun = std::chrono::steady_clock::now();
  all.clear();
  CHECK(std::chrono::steady_clock::now() - begun < 2s);
}
