#include "engine/json_load.h"

#include "support/fault_vfs.h"
#include "unit/engine/json_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

std::string with(std::string json, std::string_view old, std::string_view replacement) {
  const std::size_t at = json.find(old);
  INFO(old);
  REQUIRE(at != std::string::npos);
  return json.replace(at, old.size(), replacement);
}

// One table, one index, one view and one trigger.
std::string small(JsonFixture& f) {
  App app(f.database);
  app.run(
      "CREATE TABLE t(a, b); CREATE INDEX i ON t(a); CREATE VIEW v AS SELECT a FROM t;"
      "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t; END; INSERT INTO t VALUES(1,2)");
  app.run("INSERT INTO t VALUES(1,2)");
  return f.dump();
}

}  // namespace

TEST_CASE("SQL of a snapshot can create what it is said to create, and nothing else") {
  JsonFixture f;
  const std::string text = small(f);
  const std::string table = "CREATE TABLE t(a, b)";
  const std::string index = "CREATE INDEX i ON t(a)";
  const std::string view = "CREATE VIEW v AS SELECT a FROM t";
  const std::string trigger = "CREATE TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t; END";
  const std::string other = f.temp.path_of("other.db");
  struct Hostile {
    std::string old, sql;
  };
  const std::vector<Hostile> all = {
      {table, "ATTACH '" + other + "' AS x"},
      {table, "VACUUM INTO '" + other + "'"},
      {table, "PRAGMA writable_schema=ON"},
      {table, "SELECT load_extension('x')"},
      {table, "CREATE TABLE t AS SELECT load_extension('x') AS a, 2 AS b"},
      {table, "CREATE TABLE t AS SELECT 1 AS a, 2 AS b"},
      {table, "CREATE TABLE t(a, b); ATTACH '" + other + "' AS x"},
      {table, "CREATE TABLE t(a, b);;--\\n;SELECT 1"},
      {table, "CREATE TABLE u(a, b)"},
      {table, "CREATE TABLE T(a, b)"},
      {table, "CREATE TABLE temp.t(a, b)"},
      {table, "CREATE TEMP TABLE t(a, b)"},
      {table, "CREATE TABLE t(a)"},
      {table, "CREATE TABLE t(a, b, c)"},
      {table, "CREATE TABLE t(a INT, b)"},
      {table, "CREATE TABLE t(a PRIMARY KEY, b) WITHOUT ROWID"},
      {table, "CREATE VIEW t AS SELECT 1 AS a, 2 AS b"},
      {table, "CREATE VIRTUAL TABLE t USING fts5(a, b)"},
      {table, "CREATE TABLE t(a, b)\\u0000"},
      {table, "CREATE TABLE sqlite_x(a, b)"},
      {table, "EXPLAIN CREATE TABLE t(a, b)"},
      {table, "CREATE TABLE t(a, b DEFAULT (load_extension('x')), c AS (load_extension('x')) STORED)"},
      {table, ""},
      {table, "-- nothing"},
      {table, "BEGIN"},
      {table, "COMMIT"},
      {table, "no SQL"},
      {index, "CREATE INDEX j ON t(a)"},
      {index, "CREATE INDEX i ON t(load_extension('x'))"},
      {index, "DROP TABLE t"},
      {index, "REINDEX"},
      {index, "ANALYZE"},
      {index, "DELETE FROM t"},
      {index, "ALTER TABLE t RENAME TO u"},
      {index, "CREATE INDEX i ON t((SELECT 1))"},
      {view, "CREATE TEMP VIEW v AS SELECT a FROM t"},
      {view, "CREATE VIEW w AS SELECT a FROM t"},
      {view, "UPDATE sqlite_schema SET sql=''"},
      {view, "INSERT INTO sqlite_schema VALUES('view','v','v',0,'CREATE VIEW v AS SELECT 1')"},
      {trigger, "CREATE TEMP TRIGGER g AFTER INSERT ON t BEGIN DELETE FROM t; END"},
      {trigger, "CREATE TRIGGER g AFTER INSERT ON v BEGIN DELETE FROM t; END"},
      {trigger, "CREATE TRIGGER h AFTER INSERT ON t BEGIN DELETE FROM t; END"},
  };
  for (const Hostile& hostile : all) {
    const auto loaded = f.try_load(with(text, hostile.old, hostile.sql));
    INFO(hostile.sql << ": " << loaded.status().to_string());
    CHECK_FALSE(loaded.ok());
    CHECK_FALSE(path_exists(other));
    App(f.copy).run("SELECT 1");
    std::remove(f.copy.c_str());
  }
  const std::string row = R"({"type":"index","name":"i","tbl_name":"t")";
  for (const char* other_row :
       {R"({"type":"view","name":"i","tbl_name":"t")", R"({"type":"x","name":"i","tbl_name":"t")",
        R"({"type":"index","name":"j","tbl_name":"t")", R"({"type":"index","name":"i","tbl_name":"v")"}) {
    INFO(other_row);
    CHECK_FALSE(f.try_load(with(text, row, other_row)).ok());
    std::remove(f.copy.c_str());
  }
  CHECK(f.try_load(text).ok());
}

TEST_CASE("triggers of a snapshot do not fire, and its checks do not run, while it is loaded") {
  JsonFixture f;
  f.load(small(f));
  App app(f.copy);
  CHECK(app.integer("SELECT count(*) FROM sqlite_schema") == 4);
  CHECK(exact_content(f.copy) == exact_content(f.database));
}

TEST_CASE("a table of SQLite's own has the form that SQLite gives it") {
  JsonFixture f;
  App(f.database).run("CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO t VALUES(5)");
  const std::string text = f.dump();
  const auto loaded = f.try_load(
      with(text, "CREATE TABLE sqlite_sequence(name,seq)", "CREATE TABLE sqlite_sequence(name,seq,evil)"));
  CHECK(loaded.ok());  // whatever the text says
  App app(f.copy);
  CHECK(app.text("SELECT sql FROM sqlite_schema WHERE name='sqlite_sequence'") ==
        "CREATE TABLE sqlite_sequence(name,seq)");
}

TEST_CASE("a database that holds something is not loaded into") {
  JsonFixture f;
  const std::string text = small(f);
  App(f.copy).run("CREATE TABLE precious(x)");
  CHECK(f.try_load(text).status().is(Error::kAlreadyExists));
  CHECK(App(f.copy).integer("SELECT count(*) FROM precious") == 0);
}

TEST_CASE("a snapshot that is cut is never loaded") {
  JsonFixture f;
  make_zoo(f.database, "UTF-8", 4096, 0);
  const std::string text = f.dump();
  for (std::size_t size = 0; size < text.size() - 1; size += 1 + text.size() / 60) {
    INFO(size);
    const auto loaded = f.try_load(text.substr(0, size));
    REQUIRE((loaded.status().is(Error::kStoredBytesDamaged) || loaded.status().is(Error::kManifestDamaged)));
    std::remove(f.copy.c_str());
  }
}

TEST_CASE("rows that the table refuses are named by their table") {
  JsonFixture f;
  App(f.database).run("CREATE TABLE t(a INTEGER PRIMARY KEY, b UNIQUE); INSERT INTO t VALUES(1,'x'),(2,'y')");
  const auto loaded = f.try_load(with(f.dump(), "\"y\"", "\"x\""));
  REQUIRE_FALSE(loaded.ok());
  CHECK_THAT(loaded.status().message(), Catch::Contains("table 't'") && Catch::Contains("UNIQUE"));
}

TEST_CASE("a load can be stopped whenever it asks") {
  JsonFixture f;
  make_zoo(f.database, "UTF-8", 4096, 0);
  App(f.database)
      .run(
          "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<3000)"
          " INSERT INTO empty SELECT i, i FROM s");
  const std::string text = f.dump();
  f.progress.asked = 0;
  f.load(text);
  const std::uint64_t questions = f.progress.asked;
  REQUIRE(questions > 10);
  for (f.progress.stop_at = 1; f.progress.stop_at <= questions; f.progress.stop_at += 3) {
    std::remove(f.copy.c_str());
    f.progress.asked = 0;
    REQUIRE(f.try_load(text).status().is(Error::kInterrupted));
  }
}

TEST_CASE("a disk that is full or fails ends a load, at whatever operation") {
  JsonFixture f;
  make_zoo(f.database, "UTF-8", 512, 0);
  const std::string text = f.dump();
  for (const bool full : {false, true}) {
    for (std::uint64_t nth = 1;; nth += 1 + nth / 4) {
      FaultVfs vfs;
      vfs.inject({.kind = VfsOp::kWrite, .nth = nth, .full = full});
      const auto loaded = f.try_load(text);
      const bool fired = vfs.fired();
      vfs.clear();
      INFO(nth << ": " << loaded.status().to_string());
      if (!fired) {
        REQUIRE(loaded.ok());
        REQUIRE(nth > 10);
        break;
      }
      REQUIRE(loaded.status().is(full ? Error::kDiskFull : Error::kIoError));
      std::remove(f.copy.c_str());
    }
    CHECK(exact_content(f.copy) == exact_content(f.database));
    std::remove(f.copy.c_str());
  }
}
