#include <stdexcept>

#include "unit/engine/drill_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;

TEST_CASE("an assertion passes when it is true, or what is expected") {
  struct Case {
    const char* sql;
    std::optional<std::string> expect;
    bool ok;
    const char* detail;
  };
  const Case asked = GENERATE(values<Case>({
      {"SELECT 1", {}, true, "it says '1'"},
      {"SELECT -0.5, 0", {}, true, "it says '-0.5'"},
      {"SELECT '2 of them'", {}, true, "it says '2 of them'"},
      {"SELECT 1 ; -- nothing more", {}, true, "it says '1'"},
      {"VALUES(1),(0)", {}, true, "it says '1'"},
      {"SELECT 0", {}, false, "it says '0'"},
      {"SELECT 'yes'", {}, false, "it says 'yes'"},
      {"SELECT NULL", {}, false, "it says NULL"},
      {"SELECT 1 WHERE 0", {}, false, "it gives no row"},
      {"SELECT 5", "5", true, "it says '5'"},
      {"SELECT 0", "0", true, "it says '0'"},
      {"SELECT ''", "", true, "it says ''"},
      {"SELECT 5.0", "5", false, "it says '5.0' instead of '5'"},
      {"SELECT NULL", "", false, "it says NULL instead of ''"},
      {"SELECT 1 WHERE 0", "", false, "it gives no row"},
      {"SELECT 'a' || x'00' || 'b'", "a", false, "instead of 'a'"},
      {"SELECT printf('%.*c', 300, 'x')", "x", false, "xxx...' instead of 'x'"},
      {"SELECT count(*) FROM pragma_table_info('users')", "2", true, "it says '2'"},
      {"PRAGMA user_version", "0", true, "it says '0'"},
      {"SELECT * FROM missing", {}, false, "no such table: missing"},
      {"SELEC 1", {}, false, "syntax error"},
      {"SELECT abs(-9223372036854775807-1)", {}, false, "integer overflow"},
      {"SELECT 1; SELECT 0", {}, false, "it is more than one statement"},
      {"SELECT 1; nonsense", {}, false, "it is more than one statement"},
      {"", {}, false, "it is empty"},
      {" -- only a comment", {}, false, "it is empty"},
  }));
  DrillFixture fixture;
  const DrillReport report = fixture.drill_asking(asked.sql, asked.expect);
  const DrillCheck check = check_of(report, "assertion a");
  INFO(asked.sql);
  CHECK(check.ok == asked.ok);
  CHECK(report.ok == asked.ok);
  CHECK_THAT(check.detail, Catch::Contains(asked.detail));
}

TEST_CASE("an assertion can write nothing, attach nothing, load nothing and change no setting") {
  DrillFixture fixture;
  const std::string outside = fixture.temp.path_of("outside.db");
  for (const std::string& sql : {
           std::string("DELETE FROM users"),
           std::string("INSERT INTO users(name) VALUES('x') RETURNING id"),
           std::string("UPDATE users SET name='x' RETURNING 1"),
           std::string("CREATE TABLE t(a)"),
           std::string("CREATE TEMP TABLE t AS SELECT 1"),
           std::string("DROP TABLE users"),
           std::string("ATTACH '" + outside + "' AS other"),
           std::string("VACUUM INTO '" + outside + "'"),
           std::string("VACUUM"),
           std::string("BEGIN"),
           std::string("SAVEPOINT s"),
           std::string("SELECT load_extension('" SQBACKUP_MODULE "')"),
           std::string("PRAGMA query_only=OFF"),
           std::string("PRAGMA trusted_schema=ON"),
           std::string("PRAGMA user_version=7"),
           std::string("PRAGMA temp_store_directory='" + fixture.temp.path() + "'"),
           std::string("PRAGMA soft_heap_limit=1000000"),
           std::string("PRAGMA journal_mode"),
           std::string("CREATE VIRTUAL TABLE temp.v USING fts5(a)"),
           std::string("REINDEX"),
           std::string("ANALYZE"),
       }) {
    INFO(sql);
    const DrillReport report = fixture.drill_asking(sql);
    INFO(check_of(report, "assertion a").detail);
    CHECK(failed(report) == Texts{"assertion a"});
    CHECK_THAT(check_of(report, "assertion a").detail, Catch::Contains("an assertion only reads"));
    CHECK_FALSE(path_exists(outside));
  }
}

TEST_CASE("virtual tables of the database can be asked") {
  DrillFixture fixture(
      "CREATE VIRTUAL TABLE texts USING fts5(body); INSERT INTO texts VALUES('find me'),('or not');"
      "CREATE VIRTUAL TABLE places USING rtree(id, x0, x1); INSERT INTO places VALUES(1, 0, 1),(2, 5, 6);");
  CHECK(fixture.drill_asking("SELECT body FROM texts WHERE texts MATCH 'find'", "find me").ok);
  const DrillReport report = fixture.drill_asking("SELECT id FROM places WHERE x0 > 3", "2");
  INFO(drill_report_json(report));
  CHECK(report.ok);
}

TEST_CASE("a drill can be stopped in an endless assertion, and clears up") {
  DrillFixture fixture;
  fixture.request.assertions = {
      {"endless", "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s) SELECT max(i) FROM s",
       std::nullopt}};
  int asked = 0;
  const bool throws = GENERATE(false, true);
  PhaseProgress progress([&](const std::string& phase) {
    if (phase != "asserting" || ++asked < 5) return Status();
    if (throws) throw std::runtime_error("stop");
    return Status(Error::kInterrupted, "the call was interrupted");
  });
  const auto drill = [&] { return run_drill(fixture.env, fixture.directory, fixture.request, progress); };
  if (throws) {
    CHECK_THROWS_AS(drill(), std::runtime_error);
  } else {
    CHECK(drill().status().is(Error::kInterrupted));
  }
  CHECK(asked == 5);
  CHECK(names_in(fixture.request.scratch).empty());
}

TEST_CASE("rows of a table that needs the application's collation are just not known") {
  DrillFixture fixture;
  {
    App app(fixture.database);
    REQUIRE(sqlite3_create_collation(app.handle(), "mine", SQLITE_UTF8, nullptr,
                                     [](void*, int, const void*, int, const void*) { return 0; }) ==
            SQLITE_OK);
    app.run(
        "CREATE TABLE words(w TEXT PRIMARY KEY COLLATE mine) WITHOUT ROWID; INSERT INTO words VALUES('x')");
  }
  BackupRequest backup;
  backup.database_id = "00000000-0000-4000-8000-000000000000";
  backup.trigger = "manual";
  Source source;
  source.path = fixture.database;
  auto manifest = take_backup(fixture.env, fixture.directory, source, backup, fixture.progress);
  REQUIRE(manifest.ok());
  fixture.request.name = manifest->name;
  const DrillReport report = fixture.drill_asking("SELECT count(*) FROM words WHERE w='x'", "1");
  INFO(drill_report_json(report));
  // The check of the structure has a stand-in for the collation; an assertion has none, which would lie.
  CHECK(failed(report) == Texts{"assertion a"});
  CHECK_THAT(check_of(report, "assertion a").detail, Catch::Contains("no such collation sequence: mine"));
}
