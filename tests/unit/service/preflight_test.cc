#include "service/preflight.h"

#include <filesystem>
#include <functional>

#include "support/client.h"
#include "support/fault_env.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace fs = std::filesystem;

namespace {

// Answers as a machine with one thing wrong.
class OddEnv : public FaultEnv {
 public:
  OddEnv() : FaultEnv(posix_file_env()) {}
  bool locks_exclude = true;
  std::optional<std::uint64_t> room;
  bool reads_back = true;

  Result<std::unique_ptr<FileLock>> lock(const std::string& path, std::uint64_t byte,
                                         LockMode mode) override {
    if (!locks_exclude) return {std::make_unique<NoLock>()};
    return FaultEnv::lock(path, byte, mode);
  }
  Result<std::uint64_t> free_space(const std::string& path) override {
    if (room) return *room;
    return FaultEnv::free_space(path);
  }
  Result<std::unique_ptr<ReadableFile>> open(const std::string& path, bool follow) override {
    auto file = FaultEnv::open(path, follow);
    if (reads_back || !file.ok()) return file;
    return {std::make_unique<Forgetful>(std::move(*file))};
  }

 private:
  class Forgetful : public ReadableFile {
   public:
    explicit Forgetful(std::unique_ptr<ReadableFile> real) : real_(std::move(real)) {}
    Result<std::size_t> read_at(std::uint64_t offset, ByteSpan out) override {
      auto size = real_->read_at(offset, out);
      out[100] ^= 1;
      return size;
    }
    Result<FileInfo> info() override { return real_->info(); }

   private:
    std::unique_ptr<ReadableFile> real_;
  };
  class NoLock : public FileLock {
   public:
    Status add(std::uint64_t, LockMode) override { return {}; }
    void drop(std::uint64_t) override {}
  };
};

class FixedClock : public Clock {
 public:
  explicit FixedClock(UnixMillis time) : time_(time) {}
  UnixMillis now() override { return time_; }
  double monotonic_seconds() override { return system_clock().monotonic_seconds(); }

 private:
  UnixMillis time_;
};

// A database with a backup, and what a preflight of it says in a machine with something wrong.
struct Checked {
  TempDir temp;
  std::string path = temp.path_of("app.db");
  std::string directory = backups_of(path);

  Checked() {
    Client client(path);
    client.app().run("PRAGMA journal_mode=wal; CREATE TABLE t(x); INSERT INTO t VALUES (1), (2)");
    REQUIRE(client.back_up().ok());
  }

  void set(const std::string& key, const std::string& value) const {
    App app(path);
    Session session(system_env(), app.handle());
    REQUIRE(session.attached("main")->database->set_setting(key, value).ok());
  }
  void run_in_catalog(const std::string& sql) const { App(directory + "/catalog.db").run(sql); }

  std::vector<std::string> files() const {
    auto names = names_in(directory);
    std::erase(names, "catalog.db-journal");  // comes with the catalog's first change
    return names;
  }

  Result<PreflightReport> check(Env env = system_env()) const {
    const auto before = files();
    const std::string content = fingerprint(path);
    Client client(path, env);
    auto report = client.check();
    CHECK(files() == before);
    CHECK(names_in(temp.path()).size() <=
          5);  // the database with -wal and -shm, its backups, a scratch place
    CHECK(fingerprint(path) == content);
    return report;
  }
  Result<PreflightReport> check(FileEnv& files) const { return check({&files, &system_clock()}); }

  // The check that fails, and with what.
  void must_fail(const Result<PreflightReport>& report, const std::string& name, Error error) const {
    INFO(name << ": " << report.status().to_string());
    REQUIRE_FALSE(report.ok());
    CHECK(report.status().is(error));
    CHECK_THAT(report.status().message(), Catch::StartsWith("the check '" + name + "' failed: "));
  }

  RunRecord last_run() const {
    Client client(path);
    return client.runs()->back();
  }
};

bool warns_of(const Result<PreflightReport>& report, const std::string& text) {
  REQUIRE(report.ok());
  return std::any_of(report->warnings.begin(), report->warnings.end(),
                     [&](const std::string& warning) { return warning.find(text) != std::string::npos; });
}

}  // namespace

TEST_CASE("a preflight of a database that is well tries everything and leaves nothing but its run") {
  const Checked checked;
  const auto report = checked.check();
  INFO(report.status().to_string());
  REQUIRE(report.ok());
  std::string names;
  for (const auto& passed : report->checks) {
    names += passed.check + " ";
    CHECK_FALSE(passed.detail.empty());
  }
  CHECK(names ==
        "database settings directory locks files catalog space scratch clock format encryption schedule "
        "assertions "
        "alerts "
        "SQLite ");
  CHECK(report->directory == checked.directory);
  CHECK(checked.last_run().operation == "check");
  CHECK(checked.last_run().status == "completed");
}

TEST_CASE("a preflight fails where any step of the probe does, and leaves nothing of it") {
  const Checked checked;
  App(checked.path).run("PRAGMA journal_mode=delete");  // no log that would be read before
  const struct {
    FileOp op;
    const char* check;
  } steps[] = {{FileOp::kMakeDirectory, "directory"},
               {FileOp::kLock, "locks"},
               {FileOp::kCreate, "files"},
               {FileOp::kAppend, "files"},
               {FileOp::kSync, "files"},
               {FileOp::kSyncDirectory, "files"},
               {FileOp::kRenameNew, "files"},
               {FileOp::kRead, "files"},
               {FileOp::kRemove, "files"},
               {FileOp::kFreeSpace, "space"}};
  for (const auto& step : steps) {
    FaultEnv files(posix_file_env());
    files.inject({.kind = step.op, .nth = 1});
    const auto report = checked.check(files);
    INFO(name_of(step.op));
    CHECK(files.fired());
    checked.must_fail(report, step.check, Error::kIoError);
  }
  CHECK(checked.check().ok());
}

TEST_CASE("a preflight finds locks that keep nobody out, a disk that forgets, and one without room") {
  const Checked checked;
  OddEnv files;
  SECTION("locks") {
    files.locks_exclude = false;
    checked.must_fail(checked.check(files), "locks", Error::kIoError);
  }
  SECTION("what was written") {
    App(checked.path).run("PRAGMA journal_mode=delete");  // no log that would be read, too
    files.reads_back = false;
    checked.must_fail(checked.check(files), "files", Error::kIoError);
  }
  SECTION("room") {
    const auto size = static_cast<std::uint64_t>(App(checked.path).integer("PRAGMA page_count") * 4096);
    const std::uint64_t spare = 16 << 20;
    files.room = size + spare - 1;
    checked.must_fail(checked.check(files), "space", Error::kDiskFull);
    files.room = 2 * size + spare - 1;
    checked.must_fail(checked.check(files), "space", Error::kDiskFull);
    CHECK(checked.last_run().status == "failed");
    CHECK(checked.last_run().error_code == "SQB-FULL-01");
    files.room = 2 * size + spare;
    CHECK(checked.check(files).ok());
  }
}

TEST_CASE("a preflight names the setting that is not legal, wherever it comes from") {
  const Checked checked;
  SECTION("stored by hand, or by an older release") {
    checked.run_in_catalog("INSERT INTO settings VALUES ('interval', 'often')");
    const auto report = checked.check();
    checked.must_fail(report, "settings", Error::kBadSetting);
    CHECK_THAT(report.status().message(), Catch::Contains("'interval'") && Catch::Contains("often"));
  }
  SECTION("a schedule") {
    checked.run_in_catalog("INSERT INTO settings VALUES ('drill_schedule', '61 * * * *')");
    checked.must_fail(checked.check(), "settings", Error::kBadSetting);
  }
  SECTION("in the environment") {
    REQUIRE(setenv("SQBACKUP_KEEP_LAST", "many", 1) == 0);
    const auto report = checked.check();
    unsetenv("SQBACKUP_KEEP_LAST");
    checked.must_fail(report, "settings", Error::kBadSetting);
    CHECK_THAT(report.status().message(), Catch::Contains("SQBACKUP_KEEP_LAST"));
  }
  SECTION("one of another release is a warning") {
    checked.run_in_catalog("INSERT INTO settings VALUES ('colour', 'red')");
    CHECK(warns_of(checked.check(), "'colour'"));
  }
}

TEST_CASE("a preflight finds a database that cannot be read") {
  Checked checked;
  SECTION("damaged") {
    App(checked.path).run("PRAGMA journal_mode=delete");
    std::string bytes = read_whole_file(checked.path);
    bytes.resize(bytes.size() - 4096);
    write_whole_file(checked.path, bytes);
    Client client(checked.path);
    checked.must_fail(client.check(), "database", Error::kDatabaseDamaged);
  }
  SECTION("no database at all leaves no directory") {
    checked.path = checked.temp.path_of("text");
    write_whole_file(checked.path, std::string(5000, 'x'));
    Client client(checked.path);
    checked.must_fail(client.check(), "database", Error::kNotADatabase);
    CHECK_FALSE(path_exists(backups_of(checked.path)));
  }
  SECTION("locked") {
    App(checked.path).run("PRAGMA journal_mode=delete");
    App other(checked.path);
    other.run("BEGIN EXCLUSIVE");
    Client client(checked.path);
    client.app().run("PRAGMA busy_timeout=10");
    checked.must_fail(client.check(), "database", Error::kDatabaseBusy);
  }
  SECTION("in memory") {
    Client client(":memory:");
    checked.must_fail(client.check(), "database", Error::kNoSuchDatabase);
  }
}

TEST_CASE("a preflight finds a directory or catalog that cannot be used") {
  const Checked checked;
  SECTION("a file stands in place of the directory") {
    fs::remove_all(checked.directory);
    write_whole_file(checked.directory, "");
    Client client(checked.path);
    const auto report = client.check();
    INFO(report.status().to_string());
    CHECK_FALSE(report.ok());
    fs::remove(checked.directory);
  }
  SECTION("the catalog is of a newer release") {
    checked.run_in_catalog("PRAGMA user_version=999");
    Client client(checked.path);
    const auto report = client.check();
    CHECK(report.status().is(Error::kCatalogNewer));
  }
  SECTION("the directory is another database's") {
    const std::string other = checked.temp.path_of("other.db");
    App(other).run("CREATE TABLE t(x)");
    checked.set("directory", checked.temp.path_of("elsewhere"));
    App(checked.temp.path_of("elsewhere") + "/catalog.db")
        .run("UPDATE meta SET value = '" + other + "' WHERE key = 'owner_path'");
    Client client(checked.path);
    checked.must_fail(client.check(), "catalog", Error::kDirectoryTaken);
  }
  SECTION("the scratch place is gone") {
    fs::create_directory(checked.temp.path_of("scratch"));
    checked.set("scratch", checked.temp.path_of("scratch"));
    CHECK(checked.check().ok());
    CHECK(names_in(checked.temp.path_of("scratch")).empty());
    FaultEnv files(posix_file_env());
    files.inject({.kind = FileOp::kCreate, .nth = 3});  // after the probe and the run's job file
    checked.must_fail(checked.check(files), "scratch", Error::kIoError);
    CHECK(names_in(checked.temp.path_of("scratch")).empty());
    files.inject({.kind = FileOp::kRemove, .nth = 3, .sticky = true});
    checked.must_fail(Client(checked.path, {&files, &system_clock()}).check(), "scratch", Error::kIoError);
    CHECK(names_in(checked.temp.path_of("scratch")).size() == 1);
    CHECK(Client(checked.path).check().ok());  // clears what could not be removed then
    CHECK(names_in(checked.temp.path_of("scratch")).empty());
    fs::remove(checked.temp.path_of("scratch"));
    checked.must_fail(checked.check(), "space", Error::kNoSuchFile);
  }
}

TEST_CASE("a preflight finds a clock that is wrong") {
  const Checked checked;
  FixedClock past(system_clock().now() - 3600 * 1000);
  checked.must_fail(checked.check({&posix_file_env(), &past}), "clock", Error::kClockWrong);
  FixedClock unset(0);
  checked.must_fail(checked.check({&posix_file_env(), &unset}), "clock", Error::kClockWrong);
}

TEST_CASE("a preflight warns of an assertion that a drill would refuse") {
  const Checked checked;
  checked.run_in_catalog(
      "INSERT INTO assertions(name, sql) VALUES ('good', 'SELECT count(*) > 0 FROM t'),"
      " ('mistyped', 'SELECT count(*) > 0 FROM tt'), ('writes', 'DELETE FROM t')");
  const auto report = checked.check();
  CHECK_FALSE(warns_of(report, "'good'"));
  CHECK(warns_of(report, "'mistyped' cannot be asked of the database as it is: "));
  CHECK(warns_of(report, "no such table: tt"));
  CHECK(warns_of(report, "'writes' cannot be asked"));
}

TEST_CASE("a preflight warns of alerts that reach nobody") {
  const Checked checked;
  CHECK_FALSE(warns_of(checked.check(), "alerts: "));
  checked.set("mail_to", "admin@example.com");
  CHECK(warns_of(checked.check(), "alerts: mail_to is set, but this process knows no smtp_url"));
  checked.run_in_catalog(
      "INSERT INTO runs(operation, trigger, name, actor, status, started_at, bytes, progress, error_code, "
      "error)"
      " VALUES ('alert', 'scheduled', '', '', 'failed', strftime('%Y-%m-%d %H:%M:%f', 'now', '-1 hour'), 0, "
      "0,"
      " 'SQB-NET-02', 'the event 7 was not delivered')");
  CHECK(warns_of(checked.check(), "the event 7 was not delivered"));
  checked.run_in_catalog("UPDATE runs SET started_at = '2026-01-01 00:00:00.000' WHERE operation = 'alert'");
  CHECK_FALSE(warns_of(checked.check(), "the event 7 was not delivered"));
}

TEST_CASE("a preflight says when the next run is due, and warns where nobody will make it") {
  const Checked checked;
  checked.set("schedule", "@daily");
  checked.set("drill_schedule", "@monthly");
  const auto detail = [](const Result<PreflightReport>& report) {
    REQUIRE(report.ok());
    for (const auto& passed : report->checks) {
      if (passed.check == "schedule") return passed.detail;
    }
    return std::string();
  };
  CHECK_THAT(detail(checked.check()), Catch::Contains("no scheduler has been started") &&
                                          Catch::Contains("the next backup is due at 20") &&
                                          Catch::Contains("00:00:00.000, the next drill is due at 20"));
  checked.run_in_catalog("UPDATE runs SET trigger = 'scheduled'");
  CHECK(warns_of(checked.check(), "schedule: not running"));
  checked.set("enabled", "off");
  CHECK(detail(checked.check()) == "the setting enabled is off");
}
