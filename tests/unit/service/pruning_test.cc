#include "service/pruning.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>

#include "service/operations.h"
#include "support/databases.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

// Does something while a prune runs: after its plan is made, and after each removal.
class Meanwhile : public Progress {
 public:
  std::function<void()> before_removing = [] {};
  std::function<Status(std::uint64_t)> after_removing = [](std::uint64_t) { return Status(); };
  void begin_phase(const char* phase, std::uint64_t) override {
    if (std::string(phase) == "removing") before_removing();
  }
  Status advance(std::uint64_t done) override { return after_removing(done); }
};

struct Backups {
  TempDir temp;
  App app{temp.path_of("app.db")};
  Session session{system_env(), app.handle()};
  Session::Target target;
  std::vector<std::string> names;  // oldest first
  Meanwhile progress;

  explicit Backups(int count, const std::string& trigger = "manual") {
    app.run("CREATE TABLE t(x)");
    auto attached = session.attached("main");
    REQUIRE(attached.ok());
    target = *attached;
    for (int i = 0; i < count; ++i) {
      BackupOptions options;
      options.trigger = trigger;
      const auto name = backup_database(target, options, progress);
      REQUIRE(name.ok());
      names.push_back(*name);
    }
  }
  void set(const std::string& key, const std::string& value) {
    const auto done = target.database->set_setting(key, value);
    INFO(key << ": " << done.status().to_string());
    REQUIRE(done.ok());
  }
  RetentionPolicy policy() {
    const auto policy = retention_policy(*target.database);
    REQUIRE(policy.ok());
    return *policy;
  }
  std::unique_ptr<Catalog> catalog() {
    directory = std::make_unique<BackupDirectory>(*target.database->directory());
    auto opened = target.database->open_catalog(*directory, Catalog::Access::kWrite);
    REQUIRE(opened.ok());
    return std::move(*opened);
  }
  std::vector<std::string> listed() {
    const auto rows = catalog()->list({}, nullptr, 1000);
    REQUIRE(rows.ok());
    std::vector<std::string> found;
    for (const auto& row : *rows) found.push_back(row.name);
    return found;
  }
  std::vector<std::string> last(std::size_t count) const {
    return {names.end() - static_cast<std::ptrdiff_t>(count), names.end()};
  }
  RunRecord last_run_of(const std::string& operation) {
    const auto runs = catalog()->runs(0, 1000);
    REQUIRE(runs.ok());
    RunRecord found;
    for (const auto& run : *runs) {
      if (run.operation == operation) found = run;
    }
    return found;
  }
  std::unique_ptr<BackupDirectory> directory;
};

}  // namespace

TEST_CASE("the settings make the policy, and the default of keep_last is no rule beside limits alone") {
  Backups backups(0);
  CHECK(backups.policy().keep_last == 10);
  SECTION("a calendar rule is added to it") {
    backups.set("keep_daily", "7");
    backups.set("delete_older_than", "30d");
    CHECK(backups.policy().keep_last == 10);
    CHECK(backups.policy().keep_daily == 7);
    CHECK(backups.policy().delete_older_than == 30LL * 24 * 3600 * 1000);
  }
  SECTION("a limit alone takes it away, and a rule of none is no rule") {
    backups.set("keep_at_most", "5");
    backups.set("keep_weekly", "0");
    CHECK(backups.policy().keep_last == 0);
    CHECK(backups.policy().keep_at_most == 5);
  }
  SECTION("one that was set stays beside a limit") {
    backups.set("keep_last", "10");
    backups.set("delete_older_than", "1d");
    CHECK(backups.policy().keep_last == 10);
  }
  SECTION("each setting is the rule of its name") {
    for (const char* key : {"keep_last", "keep_hourly", "keep_weekly", "keep_monthly", "keep_yearly"}) {
      backups.set(key, "all");
    }
    backups.set("keep_days", "3");
    backups.set("keep_within", "36h");
    const RetentionPolicy policy = backups.policy();
    CHECK(policy.keep_last == kKeepAll);
    CHECK(policy.keep_hourly == kKeepAll);
    CHECK(policy.keep_daily == 0);
    CHECK(policy.keep_weekly == kKeepAll);
    CHECK(policy.keep_monthly == kKeepAll);
    CHECK(policy.keep_yearly == kKeepAll);
    CHECK(policy.keep_days == 3);
    CHECK(policy.keep_within == 36LL * 3600 * 1000);
  }
}

TEST_CASE("without a policy the scheduler's backups beyond ten go, and what was made by hand stays") {
  Backups backups(12);
  BackupOptions scheduled;
  scheduled.trigger = "scheduled";
  for (int i = 0; i < 12; ++i) REQUIRE(backup_database(backups.target, scheduled, backups.progress).ok());
  const auto removed = prune(backups.target, "manual", backups.progress);
  REQUIRE(removed.ok());
  CHECK(*removed == 2);
  const auto plan = plan_prune(backups.target);
  REQUIRE(plan.ok());
  CHECK(plan->size() == 22);
  CHECK(std::is_sorted(plan->begin(), plan->end(), [](const PruneDecision& a, const PruneDecision& b) {
    return a.created_at > b.created_at;
  }));
  backups.set("keep_last", "10");
  CHECK(*prune(backups.target, "manual", backups.progress) == 12);
}

TEST_CASE("what was pinned, deleted or is in use since the plan was made is left, and the log tells") {
  Backups backups(6);
  backups.set("keep_last", "1");
  std::unique_ptr<FileLock> reader;
  backups.progress.before_removing = [&] {
    Marks marks;
    marks.pinned = true;
    REQUIRE(change_marks(backups.target, backups.names[0], marks).ok());
    Deletion other(backups.target);
    REQUIRE(other.stage(backups.names[1], false).ok());
    REQUIRE(other.commit().ok());
    auto lock = backups.target.database->directory()->lock_name(backups.names[2], LockMode::kShared);
    REQUIRE(lock.ok());
    reader = std::move(*lock);
  };
  const auto removed = prune(backups.target, "scheduled", backups.progress);
  INFO(removed.status().to_string());
  REQUIRE(removed.ok());
  CHECK(*removed == 2);
  CHECK(backups.listed() == std::vector{backups.names[0], backups.names[2], backups.names[5]});
  const RunRecord run = backups.last_run_of("prune");
  CHECK(run.status == "completed");
  CHECK(run.trigger == "scheduled");
  CHECK_THAT(run.error, Catch::Contains(backups.names[0]) && Catch::Contains("pinned"));
  CHECK_THAT(run.error, Catch::Contains(backups.names[2]));
  CHECK_THAT(run.error, !Catch::Contains(backups.names[1]));
  CHECK(backups.last_run_of("delete").trigger == "retention");
}

TEST_CASE("a prune never takes the last restorable backup, whoever deletes beside it") {
  Backups backups(3);
  backups.set("keep_last", "1");
  backups.progress.before_removing = [&] {
    Deletion other(backups.target);
    REQUIRE(other.stage(backups.names[2], false).ok());
    REQUIRE(other.commit().ok());
  };
  const auto removed = prune(backups.target, "manual", backups.progress);
  REQUIRE(removed.ok());
  CHECK(*removed == 1);
  CHECK(backups.listed() == std::vector{backups.names[1]});
  CHECK_THAT(backups.last_run_of("prune").error, Catch::Contains("no restorable backup would be left"));
}

TEST_CASE("an interrupted prune has removed the oldest, and ends failed") {
  Backups backups(5);
  backups.set("keep_last", "1");
  backups.progress.after_removing = [](std::uint64_t done) {
    return done < 2 ? Status() : Status(Error::kInterrupted, "interrupted");
  };
  CHECK(prune(backups.target, "manual", backups.progress).status().is(Error::kInterrupted));
  CHECK(backups.listed() == backups.last(3));
  CHECK(backups.last_run_of("prune").status == "failed");
  backups.progress.after_removing = [](std::uint64_t) { return Status(); };
  CHECK(*prune(backups.target, "manual", backups.progress) == 2);
}

TEST_CASE("a process that dies between choosing and removing has removed nothing, and holds nothing") {
  Backups backups(4);
  backups.set("keep_last", "1");
  const pid_t child = ::fork();
  if (child == 0) {
    App app(backups.temp.path_of("app.db"));
    Session session(system_env(), app.handle());
    auto target = session.attached("main");
    if (!target.ok()) ::_exit(2);
    Deletion deletion(*target);
    for (const auto& name : backups.names) {
      if (name != backups.names.back() && !deletion.stage(name, false).ok()) ::_exit(3);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(status == 0);
  CHECK(backups.listed() == backups.names);
  CHECK(*prune(backups.target, "manual", backups.progress) == 3);
  CHECK(backups.listed() == backups.last(1));
}

TEST_CASE("where nothing is to be removed no run is recorded") {
  Backups backups(2);
  CHECK(*prune(backups.target, "scheduled", backups.progress) == 0);
  CHECK(backups.last_run_of("prune").id == 0);
}
