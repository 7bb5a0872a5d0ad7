#include "engine/restore.h"

#include <filesystem>

#include "engine/backup.h"
#include "engine/verify.h"
#include "support/databases.h"
#include "support/fault_env.h"
#include "support/forms.h"
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

  StoredForm form;

  explicit Fixture(const StoredForm& stored = {}) : form(stored) { REQUIRE(directory.ensure().ok()); }

  Source source() const {
    Source source;
    source.path = database;
    source.busy_timeout_ms = 200;
    return source;
  }

  std::string backup() {
    BackupRequest request;
    request.form = form;
    request.database_id = "00000000-0000-4000-8000-000000000000";
    request.trigger = "manual";
    auto manifest = take_backup(env, directory, source(), request, progress);
    INFO(manifest.status().to_string());
    REQUIRE(manifest.ok());
    return manifest->name;
  }

  Status restore(const std::string& name) {
    return restore_live(
        directory, name, test_keys(), source(), [](const Source&) { return Status(); }, progress);
  }
};

void make(App& app, const std::string& mode, int page_size, int rows) {
  app.run("PRAGMA page_size=" + std::to_string(page_size));
  app.run("PRAGMA journal_mode=" + mode);
  app.run("CREATE TABLE t(id INTEGER PRIMARY KEY, data BLOB)");
  app.run("WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<" + std::to_string(rows) +
          ") INSERT INTO t SELECT i, randomblob(300) FROM s");
}

}  // namespace

TEST_CASE("a live restore is seen by the clients that are connected, whatever the journal modes") {
  const std::string mode = GENERATE("wal", "delete", "persist");
  Fixture fixture(EACH_IMAGE_FORM());
  App app(fixture.database);
  make(app, mode, 4096, 500);
  const std::string before = fingerprint(fixture.database);
  const std::string name = fixture.backup();
  App reader(fixture.database);
  CHECK(reader.integer("SELECT count(*) FROM t") == 500);
  app.run("DELETE FROM t WHERE id>100; CREATE TABLE extra(x); INSERT INTO extra VALUES(1)");
  const Status status = fixture.restore(name);
  INFO(status.to_string());
  REQUIRE(status.ok());
  CHECK(reader.integer("SELECT count(*) FROM t") == 500);
  CHECK(app.try_run("SELECT * FROM extra") == SQLITE_ERROR);
  CHECK(app.text("PRAGMA journal_mode") == mode);
  CHECK(fingerprint(fixture.database) == before);
  CHECK(soundness(fixture.database) == "ok");
  app.run("INSERT INTO t VALUES(1000, NULL)");
  CHECK(reader.integer("SELECT count(*) FROM t") == 501);
}

TEST_CASE("a reader of a WAL database keeps its view while the restore commits") {
  Fixture fixture;
  App app(fixture.database);
  make(app, "wal", 4096, 300);
  const std::string name = fixture.backup();
  app.run("DELETE FROM t");
  App reader(fixture.database);
  reader.run("BEGIN");
  CHECK(reader.integer("SELECT count(*) FROM t") == 0);
  REQUIRE(fixture.restore(name).ok());
  CHECK(reader.integer("SELECT count(*) FROM t") == 0);
  reader.run("COMMIT");
  CHECK(reader.integer("SELECT count(*) FROM t") == 300);
}

TEST_CASE("backup and database may have different page sizes") {
  const std::string mode = GENERATE("wal", "delete");
  const int from = GENERATE(512, 4096, 65536);
  const int to = GENERATE(1024, 4096, 32768);
  Fixture fixture(EACH_IMAGE_FORM());
  {
    App app(fixture.database);
    make(app, "delete", from, 200);
  }
  const std::string before = fingerprint(fixture.database);
  const std::string name = fixture.backup();
  REQUIRE(posix_file_env().remove(fixture.database).ok());
  App app(fixture.database);
  make(app, mode, to, 5);
  const Status status = fixture.restore(name);
  INFO(status.to_string());
  REQUIRE(status.ok());
  CHECK(app.integer("SELECT count(*) FROM t") == 200);
  CHECK(fingerprint(fixture.database) == before);
  CHECK(soundness(fixture.database) == "ok");
  CHECK(app.text("PRAGMA journal_mode") == mode);
  CHECK(fixture.directory.list()->leftovers.empty());
}

TEST_CASE("a database that SQLite cannot read any more is restored in place, with its clients connected") {
  const std::string mode = GENERATE("wal", "delete");
  const std::string damage = GENERATE("header", "truncated", "nonsense");
  INFO(mode << ", " << damage);
  Fixture fixture(EACH_IMAGE_FORM());
  App app(fixture.database);
  make(app, mode, 4096, 1000);
  if (mode == "wal") app.run("PRAGMA wal_checkpoint(TRUNCATE); UPDATE t SET data=NULL WHERE id=7");
  const std::string before = fingerprint(fixture.database);
  const std::string name = fixture.backup();
  std::string bytes = read_whole_file(fixture.database);
  if (damage == "header") bytes.replace(0, 4096, std::string(4096, '\x5a'));
  if (damage == "truncated") bytes.resize(5000);
  if (damage == "nonsense") bytes.replace(8192, 65536, std::string(65536, '\x13'));
  // In place: the application has the file open. (Its locks die with this descriptor; nobody else is about
  // here.)
  write_whole_file(fixture.database, bytes);
  const Status status = fixture.restore(name);
  INFO(status.to_string());
  REQUIRE(status.ok());
  CHECK(app.integer("SELECT count(*) FROM t") == 1000);
  CHECK(fingerprint(fixture.database) == before);
  CHECK(soundness(fixture.database) == "ok");
}

TEST_CASE("a WAL database whose header and log are gone is restored when nobody has it open") {
  Fixture fixture;
  auto app = std::make_unique<App>(fixture.database);
  make(*app, "wal", 4096, 1000);
  app->run("PRAGMA wal_checkpoint(TRUNCATE)");
  const std::string before = fingerprint(fixture.database);
  const std::string name = fixture.backup();
  std::string bytes = read_whole_file(fixture.database);
  bytes.replace(0, 4096, std::string(4096, '\x5a'));
  write_whole_file(fixture.database, bytes);
  const Status status = fixture.restore(name);
  CHECK(status.is(Error::kDatabaseBusy));
  CHECK(read_whole_file(fixture.database) == bytes);
  app.reset();
  REQUIRE(fixture.restore(name).ok());
  CHECK(fingerprint(fixture.database) == before);
}

TEST_CASE("an empty backup empties the database") {
  Fixture fixture(EACH_IMAGE_FORM());
  write_whole_file(fixture.database, "");
  const std::string name = fixture.backup();
  App app(fixture.database);
  make(app, GENERATE("wal", "delete"), 4096, 100);
  const Status status = fixture.restore(name);
  INFO(status.to_string());
  REQUIRE(status.ok());
  CHECK(app.integer("SELECT count(*) FROM sqlite_schema") == 0);
  CHECK(soundness(fixture.database) == "ok");
}

TEST_CASE("a restore that cannot get the lock says so and changes nothing") {
  Fixture fixture;
  App app(fixture.database);
  make(app, "delete", 4096, 100);
  const std::string name = fixture.backup();
  app.run("DELETE FROM t WHERE id>10");
  App reader(fixture.database);
  reader.run("BEGIN");
  CHECK(reader.integer("SELECT count(*) FROM t") == 10);
  CHECK(fixture.restore(name).is(Error::kDatabaseBusy));
  reader.run("COMMIT");
  CHECK(app.integer("SELECT count(*) FROM t") == 10);
  CHECK(soundness(fixture.database) == "ok");
}

TEST_CASE("bytes that change between proof and commit roll the restore back") {
  Fixture fixture(EACH_IMAGE_FORM());
  App app(fixture.database);
  make(app, "wal", 4096, 300);
  const std::string name = fixture.backup();
  app.run("DELETE FROM t");
  const std::string path = fixture.directory.path_of(name);
  const Status status = restore_live(
      fixture.directory, name, test_keys(), fixture.source(),
      [&](const Source&) {
        std::string bytes = read_whole_file(path);
        bytes[bytes.size() / 2] ^= 1;
        write_whole_file(path, bytes);
        return Status();
      },
      fixture.progress);
  CHECK(status.is(Error::kStoredBytesDamaged));
  CHECK(app.integer("SELECT count(*) FROM t") == 0);
  CHECK(soundness(fixture.database) == "ok");
}

TEST_CASE("a damaged backup is found before anything is touched") {
  Fixture fixture(EACH_IMAGE_FORM());
  App app(fixture.database);
  make(app, "wal", 4096, 300);
  const std::string name = fixture.backup();
  const std::string path = fixture.directory.path_of(name);
  std::string bytes = read_whole_file(path);
  bytes[5000] ^= 1;
  write_whole_file(path, bytes);
  bool touched = false;
  const auto touch = [&touched](const Source&) {
    touched = true;
    return Status();
  };
  CHECK(restore_live(fixture.directory, name, test_keys(), fixture.source(), touch, fixture.progress)
            .is(Error::kStoredBytesDamaged));
  CHECK_FALSE(touched);
  const std::string target = fixture.temp.path_of("new.db");
  CHECK(restore_to_file(fixture.directory, name, test_keys(), {target, false}, fixture.progress)
            .is(Error::kStoredBytesDamaged));
  CHECK_FALSE(path_exists(target));
}

TEST_CASE("a restore to a file makes it complete or not at all, and replaces only when told to") {
  Fixture fixture(EACH_IMAGE_FORM());
  App app(fixture.database);
  make(app, "wal", 4096, 300);
  const std::string before = fingerprint(fixture.database);
  const std::string name = fixture.backup();
  const std::string target = fixture.temp.path_of("new.db");
  REQUIRE(restore_to_file(fixture.directory, name, test_keys(), {target, false}, fixture.progress).ok());
  CHECK(fingerprint(target) == before);
  CHECK(restore_to_file(fixture.directory, name, test_keys(), {target, false}, fixture.progress)
            .is(Error::kAlreadyExists));
  CHECK(std::filesystem::status(target).permissions() == std::filesystem::perms(0600));
  write_whole_file(target, "something else");
  std::filesystem::permissions(target, std::filesystem::perms(0640));
  CHECK(restore_to_file(fixture.directory, name, test_keys(), {target, true}, fixture.progress).ok());
  CHECK(std::filesystem::status(target).permissions() == std::filesystem::perms(0640));
  CHECK(fingerprint(target) == before);
  write_whole_file(target + "-wal", "a log that SQLite would apply");
  CHECK(restore_to_file(fixture.directory, name, test_keys(), {target, true}, fixture.progress)
            .is(Error::kInUse));
  CHECK(names_in(fixture.temp.path()) == std::vector<std::string>{"app.db", "app.db-backups", "app.db-shm",
                                                                  "app.db-wal", "new.db", "new.db-wal"});
}
