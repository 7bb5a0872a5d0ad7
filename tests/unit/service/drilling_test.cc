#include "service/drilling.h"

#include <cstdlib>

#include "service/operations.h"
#include "support/databases.h"
#include "support/fault_env.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

class Stopping : public Progress {
 public:
  void begin_phase(const char*, std::uint64_t) override {}
  Status advance(std::uint64_t) override { return {Error::kInterrupted, "interrupted"}; }
};

class FullDisk : public FaultEnv {
 public:
  using FaultEnv::FaultEnv;
  Result<std::uint64_t> free_space(const std::string&) override { return std::uint64_t{1}; }
};

struct Drilled {
  TempDir temp;
  App app{temp.path_of("app.db")};
  NoProgress progress;
  std::string name;

  Drilled() {
    app.run("CREATE TABLE t(x); INSERT INTO t VALUES ('a value'), (2)");
    with_target([&](Session::Target& target) {
      const auto taken = backup_database(target, {}, progress);
      REQUIRE(taken.ok());
      name = *taken;
    });
  }
  template <typename Body>
  void with_target(Body body, const Env& env = system_env()) {
    Session session(env, app.handle());
    auto target = session.attached("main");
    REQUIRE(target.ok());
    body(*target);
  }
  void insert_assertion(const std::string& assertion_name, const std::string& sql) {
    with_catalog([&](Catalog& catalog) {
      REQUIRE(catalog.put_assertion({0, assertion_name, sql, std::nullopt}).ok());
    });
  }
  template <typename Body>
  void with_catalog(Body body) {
    with_target([&](Session::Target& target) {
      auto directory = target.database->directory();
      auto catalog = target.database->open_catalog(*directory, Catalog::Access::kWrite);
      REQUIRE(catalog.ok());
      body(**catalog);
    });
  }
  Result<DrillReport> drill(const DrillOptions& options = {}, Progress* watcher = nullptr,
                            const Env& env = system_env()) {
    Result<DrillReport> report = Status();
    with_target(
        [&](Session::Target& target) {
          report = drill_backup(target, options, watcher != nullptr ? *watcher : progress);
        },
        env);
    for (const std::string& left : names_in(temp.path_of("app.db-backups"))) {
      CHECK_THAT(left, !Catch::Contains("drill"));
    }
    return report;
  }
  std::vector<DrillRecord> recorded() {
    std::vector<DrillRecord> drills;
    with_catalog([&](Catalog& catalog) { drills = *catalog.drills(0, 100); });
    return drills;
  }
  RunRecord last_run() {
    RunRecord run;
    with_catalog([&](Catalog& catalog) { run = catalog.runs(0, 100)->back(); });
    return run;
  }
  BackupRecord backup() {
    BackupRecord record;
    with_catalog([&](Catalog& catalog) { record = **catalog.find(name); });
    return record;
  }
  // One recorded drill that failed like this, its run too; the backup was not marked as damaged.
  void check_failed(const Status& status, Error error, const std::optional<std::string>& check,
                    const std::string& status_of_backup = "completed") {
    INFO(status.to_string());
    CHECK(status.is(error));
    const auto drills = recorded();
    REQUIRE(drills.size() == 1);
    CHECK_FALSE(drills[0].ok);
    CHECK(drills[0].name == name);
    CHECK(drills[0].failed_check == check);
    CHECK(drills[0].error.has_value());
    CHECK(drills[0].report.has_value() == check.has_value());
    if (check) CHECK_THAT(status.message(), Catch::Contains(name) && Catch::Contains(*check));
    if (drills[0].error) CHECK_THAT(status.message(), Catch::Contains(*drills[0].error));
    const RunRecord run = last_run();
    CHECK(run.operation == "drill");
    CHECK(run.status == "failed");
    CHECK(run.error_code == id_of(error));
    CHECK(backup().status == status_of_backup);
    CHECK_FALSE(backup().verified_at.has_value());
  }
};

}  // namespace

TEST_CASE("a drill that passes is recorded, and proves its backup") {
  Drilled drilled;
  drilled.insert_assertion("rows", "SELECT count(*) = 2 FROM t");
  DrillOptions options;
  options.trigger = "scheduled";
  options.fresh_within_millis = 3600 * 1000;
  const auto report = drilled.drill(options);
  INFO(report.status().to_string());
  REQUIRE(report.ok());
  CHECK(report->ok);
  CHECK(report->checks.size() == 6);
  const auto drills = drilled.recorded();
  REQUIRE(drills.size() == 1);
  CHECK(drills[0].ok);
  CHECK(drills[0].trigger == "scheduled");
  CHECK(drills[0].report == drill_report_json(*report));
  CHECK_FALSE(drills[0].error.has_value());
  CHECK(drills[0].bytes == 8192);
  CHECK(drilled.last_run().status == "completed");
  CHECK(drilled.last_run().trigger == "scheduled");
  CHECK(drilled.backup().verified_at.has_value());
}

TEST_CASE("every failed drill is recorded and then an error") {
  Drilled drilled;
  SECTION("by an assertion") {
    drilled.insert_assertion("rows", "SELECT count(*) = 3 FROM t");
    drilled.check_failed(drilled.drill().status(), Error::kDrillFailed, "assertion rows");
  }
  SECTION("by its age") {
    DrillOptions options;
    options.fresh_within_millis = -1;
    drilled.check_failed(drilled.drill(options).status(), Error::kDrillFailed, "freshness");
  }
  SECTION("by damage, which marks the backup") {
    const std::string data = drilled.temp.path_of("app.db-backups/" + drilled.name);
    std::string bytes = read_whole_file(data);
    bytes[bytes.find("a value")] ^= 1;
    write_whole_file(data, bytes);
    drilled.check_failed(drilled.drill().status(), Error::kDrillFailed, "restore", "damaged");
  }
  SECTION("for want of the scratch directory") {
    DrillOptions options;
    options.scratch = drilled.temp.path_of("missing");
    drilled.check_failed(drilled.drill(options).status(), Error::kNoSuchFile, std::nullopt);
  }
  SECTION("for want of the scratch directory that the environment names") {
    ::setenv("SQBACKUP_SCRATCH", drilled.temp.path_of("elsewhere").c_str(), 1);
    const Status status = drilled.drill().status();
    ::unsetenv("SQBACKUP_SCRATCH");
    CHECK_THAT(status.message(), Catch::Contains(drilled.temp.path_of("elsewhere")));
    drilled.check_failed(status, Error::kNoSuchFile, std::nullopt);
  }
  SECTION("for want of room") {
    FullDisk files(posix_file_env());
    const Env env{&files, &system_clock()};
    drilled.check_failed(drilled.drill({}, nullptr, env).status(), Error::kDiskFull, std::nullopt);
  }
  SECTION("by an interrupt") {
    Stopping stopping;
    drilled.check_failed(drilled.drill({}, &stopping).status(), Error::kInterrupted, std::nullopt);
  }
}

TEST_CASE("tables are compared with the last drill that passed") {
  Drilled drilled;
  REQUIRE(drilled.drill().ok());
  drilled.app.run("DELETE FROM t");
  drilled.with_target(
      [&](Session::Target& target) { REQUIRE(backup_database(target, {}, drilled.progress).ok()); });
  drilled.insert_assertion("rows", "SELECT count(*) FROM t");
  CHECK(drilled.drill().status().is(Error::kDrillFailed));
  CHECK(drilled.drill().status().is(Error::kDrillFailed));
  const auto drills = drilled.recorded();
  REQUIRE(drills.size() == 3);
  CHECK_FALSE(drills[0].warnings.has_value());
  CHECK(drills[1].warnings == "table 't' has 0 rows, and had 2 at the drill before");
  CHECK(drills[2].warnings == drills[1].warnings);
}
