// Backups that hold rows instead of pages: made, proven and put back.
#include <array>

#include "codec/age/in_memory.h"
#include "engine/drill.h"
#include "support/fault_env.h"
#include "support/zoo.h"
#include "unit/engine/backup_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

std::vector<StoredForm> json_forms() {
  auto all = forms();
  all.erase(all.begin(), all.begin() + 4);
  return all;
}

struct Fixture : BackupFixture {
  Manifest rows(App& app, std::vector<std::string> exclude_tables = {}) {
    StoredForm form = json_forms().front();
    form.exclude_tables = std::move(exclude_tables);
    return backup(source(app), form, silent);
  }
  Manifest unchecked_rows(App& app) {
    BackupRequest unchecked = request(json_forms().front());
    unchecked.row_counts = false;
    return backup(source(app), unchecked, silent);
  }
  DrillReport drill(const std::string& name) {
    DrillRequest request;
    request.name = name;
    request.scratch = temp.path();
    const auto report = run_drill(env, directory, request, silent);
    REQUIRE(report.ok());
    return *report;
  }
  Status verify(const std::string& name, VerifyLevel level = VerifyLevel::kFull) {
    return verify_backup(directory, name, level, test_keys(), silent);
  }
  Status restore(const std::string& name, std::vector<std::string>* reindex = nullptr) {
    return restore_to_file(directory, name, test_keys(), {copy, true, VerifyLevel::kFull, reindex}, silent);
  }
  Status replace(
      App& app, const std::string& name,
      const std::function<Status(const Source&)>& take_undo = [](const Source&) { return Status(); }) {
    return restore_live(directory, name, test_keys(), source(app), take_undo, silent);
  }
  const std::string copy = temp.path_of("copy.db");
};

void fill(App& app, const std::string& mode = "wal") {
  app.run("PRAGMA journal_mode=" + mode);
  app.run(
      "CREATE TABLE users(id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT UNIQUE);"
      "CREATE TABLE sessions(token TEXT, user REFERENCES users(id));"
      "INSERT INTO users(email) VALUES('ann'), ('bob'); INSERT INTO sessions VALUES('t', 1)");
}

void use_reversed(App& app) {
  const auto reversed = [](void*, int na, const void* a, int nb, const void* b) {
    return std::string(static_cast<const char*>(b), static_cast<std::size_t>(nb))
        .compare(std::string(static_cast<const char*>(a), static_cast<std::size_t>(na)));
  };
  sqlite3_create_collation(app.handle(), "reversed", SQLITE_UTF8, nullptr, reversed);
}

}  // namespace

TEST_CASE("a database with everything in it comes back out of its rows, whatever codecs are around them") {
  const StoredForm form = GENERATE(from_range(json_forms()));
  const std::string mode = GENERATE("wal", "delete");
  INFO(extension_of(form) << " " << mode);
  Fixture fixture;
  make_zoo(fixture.database, "UTF-8", 4096, 0);
  App app(fixture.database);
  app.run("PRAGMA journal_mode=" + mode);
  const auto before = exact_content(fixture.database);
  const Manifest manifest = fixture.backup(fixture.source(app), form, fixture.silent);
  CHECK(manifest.name.ends_with(extension_of(form)));
  CHECK(manifest.warnings.empty());
  CHECK(manifest.database_size == static_cast<std::uint64_t>(app.integer("PRAGMA page_count")) * 4096);
  CHECK(manifest.tables.size() > 5);
  CHECK_FALSE(manifest.partial);
  for (VerifyLevel level : {VerifyLevel::kChecksum, VerifyLevel::kQuick, VerifyLevel::kFull}) {
    const Status verified = fixture.verify(manifest.name, level);
    INFO(verified.to_string());
    CHECK(verified.ok());
  }
  std::vector<std::string> reindex;
  const Status restored = fixture.restore(manifest.name, &reindex);
  INFO(restored.to_string());
  REQUIRE(restored.ok());
  CHECK(exact_content(fixture.copy) == before);
  CHECK(exact_content(fixture.database) == before);
  CHECK(fixture.files() == std::vector<std::string>{".lock", manifest.name, manifest.name + ".json"});
}

TEST_CASE("rows go back into the live database in one transaction, and other tables stay") {
  const std::string mode = GENERATE("wal", "delete");
  Fixture fixture;
  App app(fixture.database);
  fill(app, mode);
  const Manifest manifest = fixture.rows(app, {"SESSIONS"});
  REQUIRE(manifest.tables.size() == 1);
  CHECK(manifest.partial);
  CHECK((*load_manifest(fixture.directory, manifest.name, no_keys()))->partial);
  CHECK(manifest.total_rows == 2);
  app.run(
      "UPDATE users SET email='changed'||id; INSERT INTO users(email) VALUES('eve');"
      "UPDATE sessions SET token='changed'; CREATE TABLE other(x); INSERT INTO other VALUES(7)");
  App reader(fixture.database);
  reader.run("PRAGMA busy_timeout=0");
  std::string seen_by_undo;
  const Status replaced = fixture.replace(app, manifest.name, [&](const Source& locked) {
    CHECK(locked.locked != nullptr);
    CHECK(reader.try_run("INSERT INTO other VALUES(8)") == SQLITE_BUSY);
    seen_by_undo = reader.text("SELECT group_concat(email) FROM users");
    return Status();
  });
  INFO(replaced.to_string());
  REQUIRE(replaced.ok());
  CHECK(seen_by_undo == "changed1,changed2,eve");
  CHECK(reader.text("SELECT group_concat(email) FROM users") == "ann,bob");
  CHECK(reader.text("SELECT token FROM sessions") == "changed");
  CHECK(reader.text("SELECT seq FROM sqlite_sequence WHERE name='users'") == "2");
  CHECK(reader.text("SELECT x FROM other") == "7");
  CHECK(app.text("PRAGMA journal_mode") == mode);
  CHECK(soundness(fixture.database) == "ok");
}

TEST_CASE("a restore of rows that cannot be finished changes nothing") {
  Fixture fixture;
  App app(fixture.database);
  fill(app);
  const Manifest manifest = fixture.rows(app);
  app.run("DELETE FROM sessions; DELETE FROM users");
  const std::string before = fingerprint(fixture.database);
  SECTION("no undo") {
    const Status failed = fixture.replace(
        app, manifest.name, [](const Source&) { return Status(Error::kDiskFull, "no room for the undo"); });
    CHECK(failed.is(Error::kDiskFull));
  }
  SECTION("bytes that change meanwhile") {
    const std::string path = fixture.directory.path_of(manifest.name);
    const Status failed = fixture.replace(app, manifest.name, [&](const Source&) {
      std::string text = read_whole_file(path);
      text.replace(text.find("bob"), 3, "eve");
      write_whole_file(path, text);
      return Status();
    });
    CHECK(failed.is(Error::kStoredBytesDamaged));
  }
  SECTION("a busy database") {
    App other(fixture.database);
    other.run("BEGIN IMMEDIATE");
    const Status failed = fixture.replace(app, manifest.name);
    CHECK(failed.is(Error::kDatabaseBusy));
    CHECK_THAT(failed.message(), Catch::Contains("nothing was restored"));
    other.run("ROLLBACK");
  }
  SECTION("a table with other columns") {
    app.run("ALTER TABLE users ADD COLUMN age");
    CHECK(fixture.replace(app, manifest.name).is(Error::kTableDiffers));
    app.run("ALTER TABLE users DROP COLUMN age");
  }
  CHECK(fingerprint(fixture.database) == before);
}

TEST_CASE("rows are not put into a damaged database, which is no fault of the backup") {
  Fixture fixture;
  App app(fixture.database);
  fill(app, "delete");
  const Manifest manifest = fixture.rows(app);
  std::string bytes = read_whole_file(fixture.database);
  bytes.replace(4096, bytes.size() - 4096, bytes.size() - 4096, '\x5a');
  write_whole_file(fixture.database, bytes);
  App again(fixture.database);
  const Status failed = fixture.replace(again, manifest.name);
  CHECK(failed.is(Error::kSqliteFailed));
  CHECK_THAT(failed.message(), Catch::Contains("{\"to\": ...}"));
  CHECK(read_whole_file(fixture.database) == bytes);
  CHECK(fixture.restore(manifest.name).ok());
}

TEST_CASE("rows of a damaged database are refused, or kept with a warning and not restored") {
  Fixture fixture;
  App app(fixture.database);
  app.run(
      "PRAGMA page_size=512; CREATE TABLE t(id INTEGER PRIMARY KEY, email TEXT); CREATE UNIQUE INDEX i ON "
      "t(email); WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<200) INSERT INTO t "
      "SELECT i, 'user'||i FROM s");
  SECTION("a table that cannot be read") {
    std::string bytes = read_whole_file(fixture.database);
    bytes.replace(bytes.size() / 3 / 512 * 512, 512, 512, '\x5a');
    write_whole_file(fixture.database, bytes);
    BackupRequest request;
    request.form = json_forms().front();
    App again(fixture.database);
    const auto made =
        take_backup(fixture.env, fixture.directory, fixture.source(again), request, fixture.silent);
    CHECK(made.status().is(Error::kDatabaseDamaged));
    CHECK_THAT(made.status().message(), Catch::Contains("format 'sqlite'"));
    CHECK(fixture.files() == std::vector<std::string>{".lock"});
  }
  SECTION("an index that does not fit its table") {
    // Two rows with the same key, which no dump would notice.
    app.run(
        "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql='CREATE INDEX i ON t(email)' WHERE name='i';"
        "PRAGMA writable_schema=RESET; INSERT INTO t VALUES(1000, 'user1'); PRAGMA writable_schema=ON;"
        "UPDATE sqlite_schema SET sql='CREATE UNIQUE INDEX i ON t(email)' WHERE name='i';"
        "PRAGMA writable_schema=RESET");
    const Manifest manifest = fixture.rows(app);
    REQUIRE(manifest.warnings.size() == 1);
    CHECK_THAT(manifest.warnings[0], Catch::Contains("damaged"));
    CHECK(fixture.verify(manifest.name, VerifyLevel::kChecksum).ok());
    CHECK(fixture.verify(manifest.name).is(Error::kDatabaseDamaged));
    CHECK_FALSE(fixture.restore(manifest.name).ok());
    CHECK_FALSE(path_exists(fixture.copy));
  }
  SECTION("an index that lacks rows") {
    app.run(
        "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql='CREATE INDEX i ON t(email) WHERE id<5' "
        "WHERE "
        "name='i'; PRAGMA writable_schema=RESET; INSERT INTO t VALUES(1000, 'new'); PRAGMA "
        "writable_schema=ON;"
        "UPDATE sqlite_schema SET sql='CREATE UNIQUE INDEX i ON t(email)' WHERE name='i';"
        "PRAGMA writable_schema=RESET");
    const Manifest manifest = fixture.rows(app);
    CHECK(fixture.verify(manifest.name).is(Error::kDatabaseDamaged));
    CHECK(fixture.restore(manifest.name).is(Error::kDatabaseDamaged));  // though it could be loaded
    CHECK_FALSE(path_exists(fixture.copy));
  }
  SECTION("a NULL that the table does not take") {
    app.run(
        "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql='CREATE TABLE t(id INTEGER PRIMARY KEY, "
        "email "
        "TEXT NOT NULL)' WHERE name='t'; PRAGMA writable_schema=RESET; PRAGMA writable_schema=ON; UPDATE "
        "sqlite_schema SET sql='CREATE TABLE t(id INTEGER PRIMARY KEY, email TEXT)' WHERE name='t'; PRAGMA "
        "writable_schema=RESET; INSERT INTO t VALUES(1000, NULL); PRAGMA writable_schema=ON; UPDATE "
        "sqlite_schema "
        "SET sql='CREATE TABLE t(id INTEGER PRIMARY KEY, email TEXT NOT NULL)' WHERE name='t'; PRAGMA "
        "writable_schema=RESET");
    CHECK(fixture.verify(fixture.rows(app).name).is(Error::kDatabaseDamaged));
    const Manifest unchecked = fixture.unchecked_rows(app);
    CHECK_FALSE(fixture.verify(unchecked.name).ok());  // it is loaded, where nothing was checked
    CHECK_FALSE(fixture.restore(unchecked.name).ok());
  }
}

TEST_CASE("commits that are damaged in the log are missed with a warning by rows too") {
  Fixture fixture;
  App app(fixture.database);
  app.run("PRAGMA wal_autocheckpoint=0");
  fill(app);
  app.run("INSERT INTO users(email) VALUES('the last one')");
  std::string log = read_whole_file(fixture.database + "-wal");
  log.back() = static_cast<char>(log.back() ^ 1);
  write_whole_file(fixture.database + "-wal", log);
  CHECK(fixture.rows(app).warnings.size() == 1);
}

TEST_CASE("a snapshot that somebody else wrote is verified by loading it") {
  Fixture fixture;
  App app(fixture.database);
  fill(app);
  const Manifest manifest = fixture.rows(app);
  std::string text = read_whole_file(fixture.directory.path_of(manifest.name));
  const std::string name = "theirs.json";
  const auto put = [&](const std::string& bytes) {
    write_whole_file(fixture.directory.path_of(name), bytes);
  };
  put("\n { \"manifest\" : " + text.substr(text.find('\n')));
  Status verified = fixture.verify(name);
  INFO(verified.to_string());
  CHECK(verified.ok());
  CHECK(fixture.restored(name) == fingerprint(fixture.database));
  CHECK(fixture.replace(app, name).ok());
  SECTION("with a key twice") { text.replace(text.find("bob"), 3, "ann"); }
  SECTION("with a statement that SQLite refuses") {
    text.replace(text.rfind("CREATE TABLE"), 12, "CREATE BABEL");
  }
  SECTION("cut") { text.resize(text.size() - 3); }
  put(text);
  CHECK_FALSE(fixture.verify(name).ok());
  CHECK_FALSE(restore_to_file(fixture.directory, name, test_keys(), {fixture.copy}, fixture.silent).ok());
  CHECK_FALSE(path_exists(fixture.copy));
  CHECK(fixture.files().size() == 4);  // no scratch file stays
}

TEST_CASE("an encrypted snapshot that somebody else wrote is not loaded to verify it") {
  Fixture fixture;
  App app(fixture.database);
  fill(app);
  const Manifest manifest = fixture.rows(app);
  std::string text = read_whole_file(fixture.directory.path_of(manifest.name));
  text.replace(text.find("bob"), 3, "ann");
  const auto put = [&](const std::string& bytes) {
    write_whole_file(fixture.directory.path_of("theirs.json.age"),
                     *age_seal(as_bytes(bytes), *forms().at(2).lock));
  };
  put(text);
  CHECK(fixture.verify("theirs.json.age").ok());  // its rows would stand on the disk
  CHECK_FALSE(fixture.restore("theirs.json.age").ok());
  put(text.substr(0, text.size() - 3));
  CHECK(fixture.verify("theirs.json.age").is(Error::kStoredBytesDamaged));
}

TEST_CASE("an index in an order that only the application knows is not restored unless it is known") {
  Fixture fixture;
  App app(fixture.database);
  use_reversed(app);
  app.run(
      "CREATE TABLE t(x TEXT COLLATE reversed); CREATE INDEX i ON t(x); INSERT INTO t VALUES('a'), ('b')");
  const Manifest manifest = fixture.rows(app);
  CHECK(fixture.verify(manifest.name).ok());
  const Status refused = fixture.restore(manifest.name);
  CHECK(refused.is(Error::kTableDiffers));
  CHECK_THAT(refused.message(), Catch::Contains("reindex_later"));
  CHECK_FALSE(path_exists(fixture.copy));
  std::vector<std::string> reindex;
  REQUIRE(fixture.restore(manifest.name, &reindex).ok());
  CHECK(reindex == std::vector<std::string>{"t"});
  App copy(fixture.copy);
  use_reversed(copy);
  copy.run("REINDEX t");
  CHECK(copy.text("SELECT group_concat(x) FROM (SELECT x FROM t ORDER BY x)") == "b,a");

  const DrillReport report = fixture.drill(manifest.name);
  CHECK(report.ok);
  REQUIRE(report.warnings.size() == 1);
  CHECK_THAT(report.warnings[0], Catch::Contains("REINDEX"));
}

TEST_CASE("a key to a table that was left out fails no drill") {
  Fixture fixture;
  App app(fixture.database);
  fill(app);
  const DrillReport report = fixture.drill(fixture.rows(app, {"users"}).name);
  INFO((report.first_failure() ? report.first_failure()->detail : ""));
  CHECK(report.ok);
}

TEST_CASE("without row counts rows are neither counted nor checked") {
  Fixture fixture;
  App app(fixture.database);
  fill(app);
  const Manifest made = fixture.unchecked_rows(app);
  CHECK_FALSE(made.row_counts);
  CHECK_FALSE(made.total_rows.has_value());
  CHECK(fixture.verify(made.name).ok());
  CHECK(fixture.restored(made.name) == fingerprint(fixture.database));
}

TEST_CASE("a restored database of rows is synced before it gets its name, and the name too") {
  Fixture fixture;
  App app(fixture.database);
  fill(app);
  const std::string name = fixture.rows(app).name;
  for (const FileOp sync : {FileOp::kSync, FileOp::kSyncDirectory}) {
    FaultEnv files(posix_file_env());
    BackupDirectory directory(files, fixture.directory.path());
    files.inject({.kind = sync});
    const Status restored = restore_to_file(directory, name, test_keys(), {fixture.copy}, fixture.silent);
    CHECK(files.fired());
    CHECK_FALSE(restored.ok());
    CHECK_FALSE(path_exists(fixture.copy));
  }
}

TEST_CASE("an empty database is an empty snapshot") {
  Fixture fixture;
  App app(fixture.database);
  write_whole_file(fixture.database, "");
  const Manifest manifest = fixture.rows(app);
  CHECK(manifest.page_count == 0);
  CHECK(fixture.verify(manifest.name).ok());
  CHECK(fixture.restore(manifest.name).ok());
}

TEST_CASE("a name tells how the bytes are stored") {
  for (const StoredForm& form : forms()) {
    const StoredForm told = form_of_name("backup" + extension_of(form));
    CHECK(format_of(told) == format_of(form));
    CHECK(told.encrypted == form.encrypted);
    CHECK(format_of(form_of_format(format_of(form))) == format_of(form));
  }
}
