#include "engine/backup.h"

#include <cstdlib>
#include <thread>

#include "engine/restore.h"
#include "engine/verify.h"
#include "support/databases.h"
#include "support/fault_env.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

struct Fixture {
  TempDir temp;
  FaultEnv files{posix_file_env()};
  Env env{&files, &system_clock()};
  std::string database = temp.path_of("app.db");
  BackupDirectory directory{files, temp.path_of("app.db-backups")};
  NoProgress progress;

  Fixture() { REQUIRE(directory.ensure().ok()); }

  Source source(App* app = nullptr) const {
    Source source;
    source.path = database;
    source.connection = app != nullptr ? app->handle() : nullptr;
    source.busy_timeout_ms = 200;
    return source;
  }

  Result<Manifest> backup(const Source& source, bool row_counts = true, bool salvage = false) {
    BackupRequest request;
    request.database_id = "00000000-0000-4000-8000-000000000000";
    request.trigger = "manual";
    request.actor = "test";
    request.row_counts = row_counts;
    request.salvage = salvage;
    return take_backup(env, directory, source, request, progress);
  }

  std::string path_of(const Manifest& manifest) const { return directory.path_of(manifest.name); }
};

void fill(App& app, int rows) {
  app.run("CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, data BLOB)");
  app.run("CREATE INDEX users_by_name ON users(name)");
  app.run(
      "CREATE TABLE orders(user INTEGER REFERENCES users(id), item TEXT, PRIMARY KEY(user, item)) WITHOUT "
      "ROWID");
  app.run("CREATE VIEW names AS SELECT name FROM users");
  app.run("WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<" + std::to_string(rows) +
          ") INSERT INTO users SELECT i, 'name'||i, randomblob(200) FROM s");
  app.run("INSERT INTO orders SELECT id, 'item'||(id%7) FROM users WHERE id%3=0");
}

void check_same(Fixture& fixture, const Manifest& manifest) {
  CHECK(manifest.warnings.empty());
  CHECK(soundness(fixture.path_of(manifest)) == "ok");
  CHECK(fingerprint(fixture.path_of(manifest)) == fingerprint(fixture.database));
  const Status verified =
      verify_backup(fixture.directory, manifest.name, VerifyLevel::kFull, no_keys(), fixture.progress);
  INFO(verified.to_string());
  CHECK(verified.ok());
}

}  // namespace

TEST_CASE("a backup holds what the database holds, for every page size, journal mode and vacuum mode") {
  const int page_size = GENERATE(512, 1024, 4096, 16384, 65536);
  const std::string mode = GENERATE("wal", "delete", "truncate", "persist", "memory", "off");
  const int auto_vacuum = GENERATE(0, 1, 2);
  Fixture fixture;
  App app(fixture.database);
  app.run("PRAGMA page_size=" + std::to_string(page_size));
  app.run("PRAGMA auto_vacuum=" + std::to_string(auto_vacuum));
  app.run("PRAGMA journal_mode=" + mode);
  fill(app, 300);
  app.run("DELETE FROM orders WHERE user BETWEEN 50 AND 120; DELETE FROM users WHERE id BETWEEN 50 AND 120");

  auto manifest = fixture.backup(fixture.source(&app));
  INFO(manifest.status().to_string());
  REQUIRE(manifest.ok());
  check_same(fixture, *manifest);
  CHECK(manifest->page_size == static_cast<std::uint32_t>(page_size));
  CHECK(manifest->total_rows ==
        app.integer("SELECT (SELECT count(*) FROM users)+(SELECT count(*) FROM orders)"));
  CHECK(manifest->tables.size() == 2);
  CHECK(App(fixture.path_of(*manifest)).text("PRAGMA journal_mode") == "delete");
  app.run("INSERT INTO users VALUES(1000000, 'later', NULL)");
}

TEST_CASE("a backup holds what the database holds, in every encoding and with reserved bytes") {
  const std::string encoding = GENERATE("UTF-8", "UTF-16le", "UTF-16be");
  const int reserved = GENERATE(0, 8, 32);
  Fixture fixture;
  App app(fixture.database);
  app.run("PRAGMA encoding='" + encoding + "'");
  int bytes = reserved;
  REQUIRE(sqlite3_file_control(app.handle(), "main", SQLITE_FCNTL_RESERVE_BYTES, &bytes) == SQLITE_OK);
  app.run("PRAGMA journal_mode=wal");
  fill(app, 100);
  app.run("INSERT INTO users(name) VALUES('\xc3\xa4\xc3\xb6\xe2\x82\xac')");
  auto manifest = fixture.backup(fixture.source(&app));
  REQUIRE(manifest.ok());
  check_same(fixture, *manifest);
  CHECK(static_cast<unsigned char>(read_whole_file(fixture.path_of(*manifest))[20]) == reserved);
}

TEST_CASE("commits that are only in the write-ahead log are in the backup, uncommitted ones are not") {
  Fixture fixture;
  App app(fixture.database);
  app.run("PRAGMA journal_mode=wal; PRAGMA wal_autocheckpoint=0");
  fill(app, 500);
  app.run("PRAGMA wal_checkpoint(TRUNCATE)");
  app.run(
      "UPDATE users SET name='changed' WHERE id%5=0; DELETE FROM orders WHERE user>400;"
      "DELETE FROM users WHERE id>400; VACUUM");
  const auto committed = app.integer("SELECT count(*) FROM users");
  App other(fixture.database);
  other.run("BEGIN IMMEDIATE; DELETE FROM users");
  auto manifest = fixture.backup(fixture.source(&app));
  REQUIRE(manifest.ok());
  CHECK(App(fixture.path_of(*manifest)).integer("SELECT count(*) FROM users") == committed);
  other.run("ROLLBACK");
  check_same(fixture, *manifest);
}

TEST_CASE("a database in WAL mode that was never checkpointed is backed up from its log alone") {
  Fixture fixture;
  App app(fixture.database);
  app.run("PRAGMA journal_mode=wal; PRAGMA wal_autocheckpoint=0; CREATE TABLE t(x); INSERT INTO t VALUES(1)");
  auto manifest = fixture.backup(fixture.source(&app));
  REQUIRE(manifest.ok());
  check_same(fixture, *manifest);
}

TEST_CASE("an empty file is a database without content") {
  Fixture fixture;
  write_whole_file(fixture.database, "");
  auto manifest = fixture.backup(fixture.source());
  INFO(manifest.status().to_string());
  REQUIRE(manifest.ok());
  CHECK(manifest->database_size == 0);
  CHECK(
      verify_backup(fixture.directory, manifest->name, VerifyLevel::kFull, no_keys(), fixture.progress).ok());
  CHECK(read_whole_file(fixture.database).empty());
}

TEST_CASE("in-memory and exclusively locked databases are read through the caller's connection") {
  Fixture fixture;
  SECTION("in memory") {
    App app(":memory:");
    fill(app, 200);
    Source source;
    source.connection = app.handle();
    auto manifest = fixture.backup(source);
    INFO(manifest.status().to_string());
    REQUIRE(manifest.ok());
    CHECK(App(fixture.path_of(*manifest)).integer("SELECT count(*) FROM users") == 200);
    CHECK(soundness(fixture.path_of(*manifest)) == "ok");
    app.run("BEGIN; DELETE FROM users");
    CHECK(fixture.backup(source).status().is(Error::kInTransaction));
  }
  SECTION("exclusive locking mode with a log in heap memory") {
    App app(fixture.database);
    app.run("PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=wal");
    fill(app, 200);
    auto manifest = fixture.backup(fixture.source(&app));
    INFO(manifest.status().to_string());
    REQUIRE(manifest.ok());
    App copy(fixture.path_of(*manifest));
    CHECK(copy.integer("SELECT count(*) FROM users") == 200);
    CHECK(copy.text("PRAGMA journal_mode") == "delete");
  }
}

TEST_CASE("the caller's own write transaction is left alone") {
  Fixture fixture;
  App app(fixture.database);
  SECTION("in WAL mode the committed state is backed up") {
    app.run("PRAGMA journal_mode=wal");
    fill(app, 50);
    app.run("BEGIN; DELETE FROM users");
    auto manifest = fixture.backup(fixture.source(&app));
    REQUIRE(manifest.ok());
    CHECK(App(fixture.path_of(*manifest)).integer("SELECT count(*) FROM users") == 50);
    app.run("ROLLBACK");
  }
  SECTION("in rollback mode an exclusive lock of its own is a clear error, at once") {
    fill(app, 50);
    app.run("BEGIN EXCLUSIVE; DELETE FROM users");
    Source source = fixture.source(&app);
    source.busy_timeout_ms = 60000;
    CHECK(fixture.backup(source).status().is(Error::kInTransaction));
    app.run("ROLLBACK");
    CHECK(app.integer("SELECT count(*) FROM users") == 50);
  }
}

TEST_CASE("a writer that keeps a rollback-journal database locked is a clear error") {
  Fixture fixture;
  App app(fixture.database);
  fill(app, 10);
  app.run("BEGIN EXCLUSIVE");
  const auto result = fixture.backup(fixture.source());
  CHECK(result.status().is(Error::kDatabaseBusy));
  CHECK(names_in(fixture.directory.path()) == std::vector<std::string>{".lock"});
}

TEST_CASE("the bytes of the database and of its log never change") {
  const std::string mode = GENERATE("wal", "delete");
  Fixture fixture;
  {
    App app(fixture.database);
    app.run("PRAGMA journal_mode=" + mode + "; PRAGMA wal_autocheckpoint=0");
    sqlite3_db_config(app.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    fill(app, 100);
  }
  const std::string file = read_whole_file(fixture.database);
  const std::string log = mode == "wal" ? read_whole_file(fixture.database + "-wal") : "";
  REQUIRE(fixture.backup(fixture.source()).ok());
  CHECK(read_whole_file(fixture.database) == file);
  if (mode == "wal") {
    CHECK(read_whole_file(fixture.database + "-wal") == log);
  } else {
    CHECK_FALSE(path_exists(fixture.database + "-wal"));
    CHECK_FALSE(path_exists(fixture.database + "-journal"));
  }
}

TEST_CASE("a WAL database without a log is left without one") {
  Fixture fixture;
  {
    App app(fixture.database);
    app.run("PRAGMA journal_mode=wal");
    fill(app, 10);
  }
  REQUIRE_FALSE(path_exists(fixture.database + "-wal"));
  REQUIRE(fixture.backup(fixture.source()).ok());
  CHECK_FALSE(path_exists(fixture.database + "-wal"));
  CHECK_FALSE(path_exists(fixture.database + "-shm"));
}

TEST_CASE("where the file system shares blocks, the clone becomes the same backup") {
  const std::string mode = GENERATE("wal", "delete");
  Fixture fixture;
  App app(fixture.database);
  app.run("PRAGMA journal_mode=" + mode);
  fill(app, 400);
  fixture.files.fake_clones(true);
  auto manifest = fixture.backup(fixture.source(&app));
  REQUIRE(manifest.ok());
  CHECK(fixture.files.count(FileOp::kClone) > 0);
  check_same(fixture, *manifest);
  CHECK(App(fixture.path_of(*manifest)).text("PRAGMA journal_mode") == "delete");
}

TEST_CASE("two backups in the same millisecond have two names") {
  class StoppedClock : public Clock {
   public:
    UnixMillis now() override { return 1763634600000; }
    double monotonic_seconds() override { return 1; }
  };
  Fixture fixture;
  StoppedClock clock;
  fixture.env.clock = &clock;
  App app(fixture.database);
  fill(app, 10);
  auto first = fixture.backup(fixture.source());
  auto second = fixture.backup(fixture.source());
  REQUIRE(first.ok());
  REQUIRE(second.ok());
  CHECK(first->name == "backup-2025-11-20T10-30-00-000Z.sqlite");
  CHECK(second->name == "backup-2025-11-20T10-30-00-001Z.sqlite");
}

TEST_CASE("what is no database is refused and nothing is left") {
  Fixture fixture;
  write_whole_file(fixture.database, std::string(10000, 'x'));
  const auto result = fixture.backup(fixture.source());
  CHECK(result.status().is(Error::kNotADatabase));
  CHECK(names_in(fixture.directory.path()) == std::vector<std::string>{".lock"});

  SECTION("but its bytes can be salvaged") {
    auto salvaged = fixture.backup(fixture.source(), true, /*salvage=*/true);
    INFO(salvaged.status().to_string());
    REQUIRE(salvaged.ok());
    CHECK_FALSE(salvaged->warnings.empty());
    CHECK(read_whole_file(fixture.path_of(*salvaged)) == read_whole_file(fixture.database));
  }
}

TEST_CASE("a damaged database is backed up with a warning, never silently") {
  Fixture fixture;
  {
    App app(fixture.database);
    fill(app, 2000);
  }
  std::string bytes = read_whole_file(fixture.database);
  SECTION("a page of nonsense") { bytes.replace(4096 * 5, 4096, std::string(4096, '\x5a')); }
  SECTION("a file that ends too early") { bytes.resize(bytes.size() / 2); }
  SECTION("a schema that cannot be parsed") {
    const auto at = bytes.find("CREATE INDEX");
    bytes.replace(at, 12, "CREATE WINDOW").resize(bytes.size() - 1);
  }
  write_whole_file(fixture.database, bytes);
  auto manifest = fixture.backup(fixture.source());
  INFO(manifest.status().to_string());
  REQUIRE(manifest.ok());
  CHECK_FALSE(manifest->warnings.empty());
  CHECK(verify_backup(fixture.directory, manifest->name, VerifyLevel::kChecksum, no_keys(), fixture.progress)
            .ok());
  CHECK_FALSE(
      verify_backup(fixture.directory, manifest->name, VerifyLevel::kFull, no_keys(), fixture.progress).ok());
}

TEST_CASE("commits that are damaged in the log of a live database are missed with a warning") {
  Fixture fixture;
  App app(fixture.database);
  app.run("PRAGMA journal_mode=wal; PRAGMA wal_autocheckpoint=0");
  fill(app, 10);
  app.run("INSERT INTO users(name) VALUES('the last one')");
  std::string log = read_whole_file(fixture.database + "-wal");
  log.back() = static_cast<char>(log.back() ^ 1);
  write_whole_file(fixture.database + "-wal", log);
  auto manifest = fixture.backup(fixture.source(&app));
  INFO(manifest.status().to_string());
  REQUIRE(manifest.ok());
  REQUIRE(manifest->warnings.size() == 1);
  CHECK(manifest->warnings[0].find("write-ahead log") != std::string::npos);
  CHECK(App(fixture.path_of(*manifest)).integer("SELECT count(*) FROM users") == 10);
}

TEST_CASE("a database that needs the application's collations and functions is no damaged one") {
  Fixture fixture;
  App app(fixture.database);
  const auto reversed = [](void*, int na, const void* a, int nb, const void* b) {
    return std::string(static_cast<const char*>(b), static_cast<std::size_t>(nb))
        .compare(std::string(static_cast<const char*>(a), static_cast<std::size_t>(na)));
  };
  sqlite3_create_collation(app.handle(), "reversed", SQLITE_UTF8, nullptr, reversed);
  sqlite3_create_function(
      app.handle(), "half", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr,
      [](sqlite3_context* context, int, sqlite3_value** values) {
        sqlite3_result_int64(context, sqlite3_value_int64(values[0]) / 2);
      },
      nullptr, nullptr);
  app.run(
      "CREATE TABLE a(x TEXT COLLATE reversed, n INT CHECK(half(n) >= 0)); CREATE INDEX a1 ON a(x);"
      "CREATE INDEX a2 ON a(half(n)); CREATE TABLE b(k TEXT COLLATE reversed PRIMARY KEY) WITHOUT ROWID;"
      "CREATE TABLE c(v NOT NULL)");
  app.run(
      "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<500)"
      " INSERT INTO a SELECT 'x'||i, i FROM s");
  app.run(
      "INSERT INTO b SELECT DISTINCT x FROM a; PRAGMA writable_schema=ON;"
      "UPDATE sqlite_schema SET sql='CREATE TABLE c(v)' WHERE name='c'; PRAGMA writable_schema=RESET;"
      "INSERT INTO c VALUES(NULL); PRAGMA writable_schema=ON;"
      "UPDATE sqlite_schema SET sql='CREATE TABLE c(v NOT NULL)' WHERE name='c'; PRAGMA "
      "writable_schema=RESET");
  auto manifest = fixture.backup(fixture.source(&app));
  REQUIRE(manifest.ok());
  for (const auto& warning : manifest->warnings) INFO(warning);
  CHECK(manifest->warnings.empty());
  const Status status =
      verify_backup(fixture.directory, manifest->name, VerifyLevel::kFull, no_keys(), fixture.progress);
  INFO(status.to_string());
  CHECK(status.ok());
}

TEST_CASE("table names may be any bytes") {
  Fixture fixture;
  App app(fixture.database);
  app.run("CREATE TABLE \"b\xff\xfe\"(x); INSERT INTO \"b\xff\xfe\" VALUES(1); CREATE TABLE \"a\"\"'--\"(y)");
  auto manifest = fixture.backup(fixture.source(&app));
  REQUIRE(manifest.ok());
  check_same(fixture, *manifest);
}

TEST_CASE("a symlinked database, a read-only one, and names with spaces, quotes and other letters") {
  Fixture fixture;
  fixture.database = fixture.temp.path_of("my app's \"data\" ?#%41 \xc3\xa4\xe2\x82\xac.db");
  {
    App app(fixture.database);
    fill(app, 20);
  }
  auto manifest = fixture.backup(fixture.source());
  INFO(manifest.status().to_string());
  REQUIRE(manifest.ok());
  check_same(fixture, *manifest);
}

TEST_CASE("not enough room is told before a byte is written") {
  class NoRoom : public FaultEnv {
   public:
    using FaultEnv::FaultEnv;
    Result<std::uint64_t> free_space(const std::string&) override { return std::uint64_t{1000}; }
  };
  Fixture fixture;
  App app(fixture.database);
  fill(app, 100);
  NoRoom files(posix_file_env());
  BackupDirectory directory(files, fixture.directory.path());
  BackupRequest request;
  request.trigger = "manual";
  const auto result = take_backup(fixture.env, directory, fixture.source(), request, fixture.progress);
  CHECK(result.status().is(Error::kDiskFull));
  CHECK(files.count(FileOp::kAppend) == 0);
  CHECK(names_in(fixture.directory.path()) == std::vector<std::string>{".lock"});
}
