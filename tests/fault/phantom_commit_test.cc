// A commit whose fsync of the log fails: SQLite says so and takes it back, but its frames, the commit frame
// included, stay valid in the log until another writer overwrites them. No reader sees them, and no backup.
#include <random>

#include "support/child.h"
#include "support/client.h"
#include "support/fault_env.h"
#include "support/fault_vfs.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

constexpr const char* kMark = "this was never committed";

struct Fixture {
  TempDir temp;
  std::string database = temp.path_of("app.db");
  FaultEnv files{posix_file_env()};
  BackupDirectory directory{files, temp.path_of("app.db-backups")};
  NoProgress progress;

  Fixture() { REQUIRE(directory.ensure().ok()); }

  // The path of a new backup.
  std::string back_up() {
    Source source;
    source.path = database;
    BackupRequest request;
    request.database_id = "00000000-0000-4000-8000-000000000000";
    request.trigger = "manual";
    request.actor = "test";
    request.row_counts = false;
    const auto manifest = take_backup({&files, &system_clock()}, directory, source, request, progress);
    INFO(manifest.status().to_string());
    REQUIRE(manifest.ok());
    REQUIRE(manifest->warnings.empty());
    return directory.path_of(manifest->name);
  }
};

void create(App& app) {
  app.run(
      "PRAGMA journal_mode=wal; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"
      "CREATE TABLE t(id INTEGER PRIMARY KEY, x); INSERT INTO t(x) VALUES('one'), ('two')");
}

// The `nth` fsync of this transaction fails: of those of the log's header and of its frames.
bool fails_to_commit(FaultVfs& vfs, App& app, std::uint64_t nth) {
  vfs.inject({.kind = VfsOp::kSync, .nth = nth});
  const int code = app.try_run(std::string("INSERT INTO t(x) VALUES('") + kMark + "')");
  vfs.clear();
  return (code & 0xff) == SQLITE_IOERR && vfs.fired();
}

bool in_log(const std::string& database) {
  return read_whole_file(database + "-wal").find(kMark) != std::string::npos;
}

std::int64_t rows(const std::string& path) { return App(path).integer("SELECT count(*) FROM t"); }

}  // namespace

TEST_CASE("a transaction whose fsync of the log failed is in no backup") {
  const bool clones = GENERATE(false, true);
  const std::string before = GENERATE("", "PASSIVE", "RESTART", "TRUNCATE");
  CAPTURE(clones, before);
  Fixture fixture;
  fixture.files.fake_clones(clones);
  FaultVfs vfs;
  App app(fixture.database);
  create(app);
  if (!before.empty()) app.run("PRAGMA wal_checkpoint(" + before + ")");
  REQUIRE(fails_to_commit(vfs, app, before.empty() ? 1 : 2));
  REQUIRE(in_log(fixture.database));
  REQUIRE(rows(fixture.database) == 2);

  const std::string backup = fixture.back_up();
  CHECK(rows(backup) == 2);
  CHECK(fingerprint(backup) == fingerprint(fixture.database));

  app.run("INSERT INTO t(x) VALUES('three')");
  CHECK(fingerprint(fixture.back_up()) == fingerprint(fixture.database));
  CHECK_FALSE(in_log(fixture.database));
}

TEST_CASE("a transaction whose fsync of the log failed is not in the backup before a restore") {
  TempDir temp;
  FaultVfs vfs;
  Client client(temp.path_of("app.db"));
  create(client.app());
  const auto point = client.back_up();
  REQUIRE(point.ok());
  REQUIRE(client.allow_restore().ok());
  client.app().run("INSERT INTO t(x) VALUES('three')");
  REQUIRE(fails_to_commit(vfs, client.app(), 1));
  REQUIRE(in_log(temp.path_of("app.db")));

  const auto restored = client.restore(*point);
  INFO(restored.status().to_string());
  REQUIRE(restored.ok());
  const auto listed = client.list();
  REQUIRE(listed.ok());
  REQUIRE(listed->size() == 2);
  CHECK(rows(backups_of(temp.path_of("app.db")) + "/" + listed->back().name) == 3);
  CHECK(rows(temp.path_of("app.db")) == 2);
}

TEST_CASE("of a process that was killed, a backup holds what SQLite's own readers see of its log") {
  Fixture fixture;
  HoldingChild child([&] {
    static FaultVfs vfs;
    static App app(fixture.database);
    create(app);
    return fails_to_commit(vfs, app, 1);
  });
  REQUIRE(child.holds());
  std::unique_ptr<App> other;
  std::int64_t expected = 3;  // nobody is left who knows that the commit failed: SQLite recovers it
  SECTION("the last one") {}
  SECTION("beside another that goes on") {
    other = std::make_unique<App>(fixture.database);
    expected = other->integer("SELECT count(*) FROM t");
    REQUIRE(expected == 2);
  }
  child.kill();
  REQUIRE(in_log(fixture.database));
  const std::string backup = fixture.back_up();
  CHECK(rows(backup) == expected);
  CHECK(fingerprint(backup) == fingerprint(fixture.database));
}

TEST_CASE("whatever commits fail and whatever checkpoints run, a backup is what a reader sees") {
  const auto seed = GENERATE(range(1U, 21U));
  CAPTURE(seed);
  Fixture fixture;
  std::mt19937 random(seed);
  const auto up_to = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
  FaultVfs vfs;
  App one(fixture.database);
  create(one);
  App two(fixture.database);
  two.run("PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0");
  for (App* app : {&one, &two})
    app->run("PRAGMA busy_timeout=0");  // a checkpoint beside the reader fails at once
  App reader(fixture.database);
  int failed = 0;
  int checkpoints = 0;
  for (int step = 0; step < 150; ++step) {
    CAPTURE(step);
    App& writer = up_to(2) == 0 ? one : two;
    const bool faulty = up_to(2) == 0;
    if (faulty) vfs.inject({.kind = VfsOp::kSync, .nth = 1 + up_to(2)});
    switch (up_to(6)) {
      case 0:
        if (writer.try_run("PRAGMA wal_checkpoint(" + std::string(up_to(2) == 0 ? "PASSIVE" : "TRUNCATE") +
                           ")") == SQLITE_OK) {
          ++checkpoints;
        }
        break;
      case 1:
        reader.try_run(sqlite3_get_autocommit(reader.handle()) != 0 ? "BEGIN; SELECT count(*) FROM t"
                                                                    : "COMMIT");
        break;
      case 2:
        writer.try_run("DELETE FROM t WHERE id%7=" + std::to_string(up_to(7)));
        break;
      default:
        writer.try_run("INSERT INTO t(x) SELECT randomblob(" + std::to_string(1 + up_to(9000)) +
                       ") FROM (VALUES(1),(2),(3))");
    }
    if (faulty && vfs.fired()) ++failed;
    vfs.clear();
    if (up_to(3) != 0) continue;
    const std::string backup = fixture.back_up();
    REQUIRE(soundness(backup) == "ok");
    REQUIRE(fingerprint(backup) == fingerprint(fixture.database));
  }
  CHECK(failed > 10);
  CHECK(checkpoints > 5);
}
