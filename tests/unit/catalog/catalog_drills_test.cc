#include <sys/stat.h>

#include "catalog/catalog.h"
#include "unit/catalog/catalog_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

AssertionRecord assertion(const std::string& name, std::optional<std::string> expect = std::nullopt) {
  return {0, name, "SELECT 1", std::move(expect)};
}

// "name=expect" of all.
std::vector<std::string> assertions_in(Catalog& catalog) {
  const auto rows = catalog.assertions();
  INFO(rows.status().to_string());
  REQUIRE(rows.ok());
  std::vector<std::string> texts;
  for (const auto& row : *rows) texts.push_back(row.name + "=" + row.expect.value_or("NULL"));
  return texts;
}

void finish(Catalog& catalog, const std::string& operation, UnixMillis started, const std::string& status) {
  RunRecord run;
  run.operation = operation;
  run.started_at = started;
  auto begun = catalog.begin_run(run);
  REQUIRE(begun.ok());
  run.status = status;
  run.finished_at = started + 1000;
  REQUIRE(catalog.finish_run(begun->id, run).ok());
}

// A catalog as the first version made it: by migration 1 alone.
void make_first_version(Fixture& fixture) {
  const std::string path = fixture.path_of("catalog.db");
  auto connection = Connection::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  REQUIRE(connection.ok());
  const std::string schema = read_whole_file(SQBACKUP_SOURCE_DIR "/sql/schema/0001_catalog.sql");
  const Status made = connection->execute(
      "PRAGMA journal_mode = PERSIST; BEGIN;" + schema +
      "PRAGMA application_id = 1397834307; PRAGMA user_version = 1;"
      "INSERT INTO settings VALUES ('row_counts', 'off');"
      "INSERT INTO runs VALUES (7, 'backup', 'manual', 'b', 'me', 'completed', '2025-11-20 11:00:00.000',"
      " '2025-11-20 11:00:01.000', 5, 1, '', ''); COMMIT");
  INFO(made.to_string());
  REQUIRE(made.ok());
}

}  // namespace

TEST_CASE("a catalog of the first version is migrated and keeps what it holds") {
  Fixture fixture;
  make_first_version(fixture);
  {
    auto catalog = fixture.open();
    CHECK(*catalog->setting("row_counts") == "off");
    CHECK(*catalog->last_run("backup") == kNoon - 3600 * 1000);
    CHECK(catalog->runs(0, 10)->size() == 1);
    CHECK(assertions_in(*catalog).empty());
    REQUIRE(catalog->put_assertion(assertion("a")).ok());
    REQUIRE(catalog->add_drill({}).ok());
  }
  CHECK(fixture.query("PRAGMA user_version") == "5");
  CHECK(fixture.query("PRAGMA integrity_check") == "ok");
  CHECK(assertions_in(*fixture.open()) == std::vector<std::string>{"a=NULL"});
}

TEST_CASE("a catalog of the first version that cannot be written is read all the same") {
  if (!privileged()) return;  // permissions do not bind this user's own directory
  Fixture fixture;
  make_first_version(fixture);
  for (const char* name : {"catalog.db", "catalog.db-journal"}) {
    ::chmod(fixture.path_of(name).c_str(), 0444);
  }
  ::chmod(fixture.path().c_str(), 0555);
  ::chmod(fixture.path().substr(0, fixture.path().rfind('/')).c_str(), 0755);
  const int child = fork_child([&] {
    if (!become_nobody()) return 2;
    auto catalog = fixture.try_open(Catalog::Access::kRead);
    if (!catalog.ok()) return 3;
    if ((*catalog)->runs(0, 10)->size() != 1) return 4;
    if (!(*catalog)->assertions().ok()) return 5;
    return 0;
  });
  CHECK(wait_for(child) == 0);
  ::chmod(fixture.path().c_str(), 0755);
  CHECK(fixture.query("PRAGMA user_version") == "1");
}

TEST_CASE("assertions are added, changed and forgotten, each name once") {
  Fixture fixture;
  auto catalog = fixture.open();
  const auto b = catalog->put_assertion(assertion("b"));
  const auto a = catalog->put_assertion(assertion("a", "7"));
  REQUIRE((a.ok() && b.ok()));
  CHECK(assertions_in(*catalog) == std::vector<std::string>{"a=7", "b=NULL"});
  CHECK(catalog->put_assertion(assertion("a")).status().is(Error::kAlreadyExists));
  AssertionRecord changed = **catalog->assertion(*b);
  changed.name = "a";
  CHECK(catalog->put_assertion(changed).status().is(Error::kAlreadyExists));
  changed.name = "c";
  changed.expect = "";
  CHECK(*catalog->put_assertion(changed) == *b);
  CHECK(assertions_in(*catalog) == std::vector<std::string>{"a=7", "c="});
  CHECK(catalog->forget_assertion(*a).ok());
  CHECK(catalog->forget_assertion(*a).ok());
  CHECK_FALSE(catalog->assertion(*a)->has_value());
  CHECK(*catalog->put_assertion(assertion("d")) > *a);
}

TEST_CASE("drills are listed in their order, and the last one that passed is found") {
  Fixture fixture;
  auto catalog = fixture.open();
  CHECK_FALSE(catalog->last_passed_drill()->has_value());
  CHECK(*catalog->last_drill_id() == 0);
  DrillRecord drill;
  drill.name = "backup-1.sqlite";
  drill.started_at = kNoon;
  drill.trigger = "scheduled";
  drill.ok = true;
  drill.warnings = "few";
  drill.restore_seconds = 0.5;
  drill.data_age_seconds = 60;
  drill.bytes = 8192;
  drill.report = "{}";
  REQUIRE(catalog->add_drill(drill).ok());
  drill.ok = false;
  drill.failed_check = "contents";
  drill.error = "less";
  REQUIRE(catalog->add_drill(drill).ok());
  const auto passed = *catalog->last_passed_drill();
  REQUIRE(passed.has_value());
  CHECK(passed->id == 1);
  CHECK(passed->started_at == kNoon);
  CHECK(passed->trigger == "scheduled");
  CHECK(passed->warnings == "few");
  CHECK(passed->restore_seconds == 0.5);
  CHECK(passed->data_age_seconds == 60.0);
  CHECK(passed->bytes == 8192);
  CHECK(passed->report == "{}");
  CHECK_FALSE(passed->failed_check.has_value());
  CHECK(catalog->drills(0, 1)->size() == 1);
  CHECK(catalog->drills(1, 9)->at(0).failed_check == "contents");
  CHECK(catalog->drills(1, 9)->at(0).error == "less");
  CHECK(*catalog->last_drill_id() == 2);
}

TEST_CASE("the last run of an operation is the newest that completed, found by its index") {
  Fixture fixture;
  auto catalog = fixture.open();
  CHECK_FALSE(catalog->last_run("backup")->has_value());
  finish(*catalog, "backup", kNoon, "completed");
  finish(*catalog, "backup", kNoon - 5000, "completed");
  finish(*catalog, "backup", kNoon + 5000, "failed");
  finish(*catalog, "verify", kNoon + 9000, "completed");
  CHECK(*catalog->last_run("backup") == kNoon);
  CHECK(*catalog->last_run("verify") == kNoon + 9000);
  auto connection = Connection::open(fixture.path_of("catalog.db"), SQLITE_OPEN_READWRITE);
  auto plan = connection->prepare(
      "EXPLAIN QUERY PLAN SELECT started_at FROM runs WHERE operation = 'backup' AND status = 'completed'"
      " AND trigger <> 'pre_restore' ORDER BY started_at DESC LIMIT 1");
  REQUIRE(plan.ok());
  REQUIRE(*plan->step());
  CHECK_THAT(plan->text(3), Catch::Contains("INDEX runs_by_operation"));
}

TEST_CASE("a catalog that lacks a table of drills is damaged, and its replacement says what is lost") {
  for (const std::string table : {"assertions", "drills", "events"}) {
    INFO(table);
    Fixture fixture;
    REQUIRE(fixture.open()->put_assertion(assertion("a")).ok());
    fixture.execute("DROP TABLE " + table);
    auto catalog = fixture.open();
    CHECK(catalog->events({}, 9)->empty());
    CHECK(catalog->drills(0, 9)->empty());
    CHECK(catalog->assertions()->empty());
    const auto runs = catalog->runs(0, 10);
    REQUIRE(runs->size() == 1);
    CHECK(runs->front().operation == "catalog");
    CHECK_THAT(runs->front().error, Catch::Contains("assertions") && Catch::Contains("earlier drills"));
    CHECK(catalog->put_assertion(assertion("a")).ok());
  }
}
