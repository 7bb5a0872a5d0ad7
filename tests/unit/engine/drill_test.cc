#include "engine/drill.h"

#include "engine/verify.h"
#include "unit/engine/drill_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;

TEST_CASE("the drill of a sound backup passes every check, measures, and leaves nothing") {
  DrillFixture fixture;
  fixture.clock.time += 3600 * 1000;
  fixture.request.assertions = {{"users", "SELECT count(*) = 100 FROM users", std::nullopt},
                                {"first", "SELECT name FROM users ORDER BY id", "n1"}};
  fixture.request.previous_tables = {{"users", 199}, {"orders", 0}};
  fixture.request.fresh_within_millis = 3600 * 1000;
  const DrillReport report = fixture.drill();
  INFO(drill_report_json(report));
  CHECK(report.ok);
  CHECK(report.name == fixture.request.name);
  CHECK(report.checks.size() == 7);
  CHECK(check_of(report, "contents").detail == "2 tables, 110 rows");
  CHECK(check_of(report, "assertion first").detail == "it says 'n1'");
  CHECK(check_of(report, "freshness").detail == "the data is 1h old");
  CHECK(std::all_of(report.checks.begin(), report.checks.end(), [](const auto& c) { return c.seconds > 0; }));
  REQUIRE(report.tables.size() == 2);
  CHECK((report.tables[0].name == "orders" && report.tables[0].rows == 10));
  CHECK((report.tables[1].name == "users" && report.tables[1].rows == 100));
  CHECK(report.warnings.empty());
  CHECK(report.bytes == read_whole_file(fixture.data_path()).size());
  CHECK(report.restore_seconds == 0.5);
  CHECK(report.data_age_seconds == 3600.0);
}

TEST_CASE("a flipped bit fails the restore, and the other checks tell how bad it is") {
  DrillFixture fixture;
  SECTION("in a value") {
    const std::string bytes = read_whole_file(fixture.data_path());
    fixture.flip_bit(fixture.data_path(), bytes.find("n77"));
    fixture.request.assertions = {{"users", "SELECT count(*) FROM users", "100"},
                                  {"77", "SELECT name FROM users WHERE id=77", "n77"}};
    const DrillReport report = fixture.drill();
    CHECK_FALSE(report.ok);
    CHECK(failed(report) == Texts{"restore", "assertion 77"});
    CHECK_THAT(report.first_failure()->detail, Catch::Contains("SHA-256"));
    CHECK_FALSE(report.restore_seconds.has_value());
    CHECK(report.bytes > 0);
  }
  SECTION("in the database's header") {
    fixture.flip_bit(fixture.data_path(), 3);
    fixture.request.assertions = {{"users", "SELECT count(*) FROM users", std::nullopt}};
    CHECK(failed(fixture.drill()) ==
          Texts{"restore", "integrity", "foreign keys", "contents", "assertion users"});
  }
  SECTION("in the manifest") {
    fixture.flip_bit(fixture.manifest_path(), 100);
    fixture.request.fresh_within_millis = 1;
    const DrillReport report = fixture.drill();
    CHECK(failed(report) == Texts{"restore", "contents", "freshness"});
    CHECK(check_of(report, "contents").detail == "not run: the manifest cannot be read");
    CHECK(check_of(report, "freshness").detail == "the age of the data is not known");
    CHECK(report.tables.size() == 2);
  }
}

TEST_CASE("without its file nothing can be restored, and no check passes") {
  DrillFixture fixture;
  fixture.request.assertions = {{"one", "SELECT 1", std::nullopt}};
  REQUIRE(fixture.files.remove(fixture.data_path()).ok());
  const DrillReport report = fixture.drill();
  CHECK(failed(report) == Texts{"restore", "integrity", "foreign keys", "contents", "assertion one"});
  CHECK_THAT(check_of(report, "restore").detail, Catch::Contains("its file is missing"));
  CHECK(check_of(report, "assertion one").detail == "not run: nothing could be restored");
  CHECK(report.bytes == 0);
}

TEST_CASE("row counts in an edited and resealed manifest are found, all of them") {
  DrillFixture fixture;
  auto manifest = load_manifest(fixture.directory, fixture.request.name, no_keys());
  REQUIRE((manifest.ok() && *manifest && (*manifest)->tables.size() == 2));
  Manifest forged = **manifest;
  forged.tables[0].rows = 11;
  forged.tables[1].rows = 1;
  write_whole_file(fixture.manifest_path(), *write_manifest(forged));
  const DrillReport report = fixture.drill();
  CHECK(failed(report) == Texts{"restore", "contents"});
  CHECK(check_of(report, "contents").detail ==
        "table 'orders' holds 10 rows instead of 11; table 'users' holds 100 rows instead of 1");
}

TEST_CASE("no such backup is an error, and so is no such scratch directory") {
  DrillFixture fixture;
  SECTION("backup") {
    fixture.request.name = "backup-2020-01-01T00-00-00-000Z.sqlite";
    CHECK(fixture.try_drill().status().is(Error::kNoSuchBackup));
  }
  SECTION("scratch directory") {
    fixture.request.scratch += "/missing";
    CHECK(fixture.try_drill().status().is(Error::kNoSuchFile));
  }
  CHECK(names_in(fixture.temp.path_of("scratch")).empty());
}

TEST_CASE("an imported file is drilled without a manifest") {
  DrillFixture fixture;
  REQUIRE(fixture.files.remove(fixture.manifest_path()).ok());
  fixture.request.assertions = {{"users", "SELECT count(*) FROM users", "100"}};
  const DrillReport report = fixture.drill();
  CHECK(report.ok);
  CHECK(check_of(report, "contents").detail == "imported: no manifest");
  CHECK_FALSE(report.data_age_seconds.has_value());
}

TEST_CASE("stale data fails where freshness is asked for") {
  DrillFixture fixture;
  fixture.clock.time += 25LL * 3600 * 1000;
  fixture.request.fresh_within_millis = 24LL * 3600 * 1000;
  const DrillReport report = fixture.drill();
  CHECK(failed(report) == Texts{"freshness"});
  CHECK(check_of(report, "freshness").detail == "the data is 1d1h old, and may be 1d");
  fixture.request.fresh_within_millis.reset();
  CHECK(fixture.drill().ok);
  fixture.clock.time -= 26LL * 3600 * 1000;
  CHECK(fixture.drill().warnings == Texts{"the backup's time is in the future; check the clock"});
}

TEST_CASE("rows that refer to nothing are a failure, keys that SQLite cannot judge a warning") {
  SECTION("violations") {
    DrillFixture fixture(std::string(kSchema) +
                         "CREATE TABLE items(o REFERENCES orders); INSERT INTO items VALUES(7),(77),(78);"
                         "INSERT INTO orders VALUES(11, 1000);");
    const DrillReport report = fixture.drill();
    CHECK(failed(report) == Texts{"foreign keys"});
    CHECK(check_of(report, "foreign keys").detail ==
          "table 'items' has 2 rows with a foreign key to nothing; table 'orders' has 1 row with a foreign "
          "key to nothing");
  }
  SECTION("a key to columns that are not unique") {
    DrillFixture fixture(
        "CREATE TABLE a(x); CREATE TABLE b(x REFERENCES a(x)); INSERT INTO a VALUES(1);"
        "INSERT INTO b VALUES(1)");
    const DrillReport report = fixture.drill();
    CHECK(report.ok);
    REQUIRE(report.warnings.size() == 1);
    CHECK_THAT(report.warnings[0], Catch::Contains("foreign key mismatch"));
  }
}

TEST_CASE("a table that vanished or lost half of its rows since the drill before is a warning") {
  DrillFixture fixture;
  fixture.request.previous_tables = {
      {"gone", 5}, {"orders", 20}, {"users", 199}, {"empty then", std::nullopt}};
  const DrillReport report = fixture.drill();
  CHECK(report.ok);
  CHECK(report.warnings == Texts{"table 'gone' is gone since the drill before",
                                 "table 'orders' has 10 rows, and had 20 at the drill before",
                                 "table 'empty then' is gone since the drill before"});
}
