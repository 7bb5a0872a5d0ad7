// Events: what the end of a run leaves for those who follow it, and how far delivery is.
#include "catalog/event_rows.h"
#include "format/event_text.h"
#include "unit/catalog/catalog_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

RunRecord finish(Catalog& catalog, const std::string& operation, const std::string& status,
                 const std::string& trigger = "scheduled") {
  RunRecord run;
  run.operation = operation;
  run.trigger = trigger;
  run.name = "backup-1.sqlite";
  run.started_at = kNoon;
  auto started = catalog.begin_run(run);
  REQUIRE(started.ok());
  run.id = started->id;
  run.status = status;
  run.finished_at = kNoon + 1500;
  if (status == "failed") {
    run.error_code = "SQB-FULL-01";
    run.error = "the disk is full";
  }
  REQUIRE(catalog.finish_run(run.id, run).ok());
  return run;
}

std::vector<EventRecord> all_events(Catalog& catalog, const EventQuery& query = {}) {
  const auto events = catalog.events(query, 100'000);
  INFO(events.status().to_string());
  REQUIRE(events.ok());
  return *events;
}

}  // namespace

TEST_CASE("the end of a run is an event, its beginning is none") {
  Fixture fixture;
  auto catalog = fixture.open();
  RunRecord begun;
  begun.operation = "backup";
  begun.started_at = kNoon;
  auto started = catalog->begin_run(begun);
  CHECK(all_events(*catalog).empty());
  CHECK(*catalog->last_event_id() == 0);
  const RunRecord run = finish(*catalog, "backup", "failed");
  const auto events = all_events(*catalog);
  REQUIRE(events.size() == 1);
  const EventRecord& event = events.front();
  CHECK(event.id == 1);
  CHECK(event.at == kNoon + 1500);
  CHECK(event.type == "backup.failed");
  CHECK(event.trigger == "scheduled");
  CHECK(event.name == "backup-1.sqlite");
  CHECK(event.run == *catalog->run_uuid(run));
  CHECK_FALSE(event.ok);
  CHECK(event.title == "the backup of " + fixture.database_path() + " failed");
  CHECK(event.text == "the disk is full");
  CHECK(event_details(event.details) ==
        EventDetails{{"trigger", "scheduled"}, {"log_id", std::to_string(run.id)}, {"code", "SQB-FULL-01"}});
  CHECK(*fixture.open()->run_uuid(run) == event.run);
}

TEST_CASE("each operation has its events, and a restore completes") {
  Fixture fixture;
  auto catalog = fixture.open();
  for (const char* operation : {"backup", "verify", "delete", "prune", "drill"}) {
    finish(*catalog, operation, "completed");
  }
  finish(*catalog, "restore", "restored", "manual");
  std::string types;
  for (const EventRecord& event : all_events(*catalog)) {
    CHECK(event.ok);
    CHECK_THAT(event.title, Catch::EndsWith(" of " + fixture.database_path() + " succeeded"));
    types += event.type + ' ';
  }
  CHECK(types ==
        "backup.completed verify.completed delete.completed prune.completed drill.completed "
        "restore.completed ");
}

TEST_CASE("the run of a process that died is interrupted in an event, once") {
  Fixture fixture;
  RunRecord run;
  run.operation = "backup";
  run.trigger = "scheduled";
  run.started_at = kNoon;
  {
    auto started = fixture.open()->begin_run(run);
    REQUIRE(started.ok());
    run.id = started->id;
  }
  auto catalog = fixture.open();
  fixture.open();
  const auto events = all_events(*catalog);
  REQUIRE(events.size() == 1);
  CHECK(events.front().type == "backup.interrupted");
  CHECK_FALSE(events.front().ok);
  CHECK(events.front().trigger == "scheduled");
  CHECK(events.front().run == *catalog->run_uuid(run));
  CHECK(events.front().text == "the process ended before the run did");
}

TEST_CASE("a run whose end cannot become an event has not ended") {
  Fixture fixture;
  auto catalog = fixture.open();
  RunRecord run;
  run.operation = "backup";
  run.started_at = kNoon;
  auto started = catalog->begin_run(run);
  REQUIRE(started.ok());
  fixture.execute("CREATE TRIGGER no BEFORE INSERT ON events BEGIN SELECT raise(ABORT, 'no'); END");
  run.status = "completed";
  CHECK_FALSE(catalog->finish_run(started->id, run).ok());
  CHECK(fixture.query("SELECT status FROM runs") == "running");
}

TEST_CASE("events are found by their ids and times, a page at a time") {
  Fixture fixture;
  auto catalog = fixture.open();
  for (int i = 0; i < 5; ++i) finish(*catalog, "backup", "completed");
  fixture.execute("UPDATE events SET at = '2025-11-20 13:00:00.000' WHERE id >= 4");
  const auto ids = [&](const EventQuery& query, int limit = 100) {
    std::string text;
    const auto events = catalog->events(query, limit);
    for (const EventRecord& event : *events) text += std::to_string(event.id);
    return text;
  };
  CHECK(ids({}) == "12345");
  CHECK(ids({}, 2) == "12");
  EventQuery query;
  query.after_id = 2;
  CHECK(ids(query) == "345");
  query.up_to_id = 3;
  CHECK(ids(query) == "3");
  EventQuery by_time;
  by_time.at_from = "2025-11-20 12:30:00.000";
  CHECK(ids(by_time) == "45");
  by_time = {};
  by_time.at_to = "2025-11-20 12:30:00.000";
  CHECK(ids(by_time) == "123");
}

TEST_CASE("of the events the newest ten thousand are kept") {
  Fixture fixture;
  auto catalog = fixture.open();
  fixture.execute(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)"
      " INSERT INTO events SELECT i, '', 'backup.completed', '', '', '', 1, '', '', '{}' FROM n");
  finish(*catalog, "backup", "completed");
  CHECK(fixture.query("SELECT count(*) || ' from ' || min(id) FROM events") == "10000 from 2");
  CHECK(*catalog->last_event_id() == 10001);
}

TEST_CASE("what was delivered last is noted, and a failure becomes a row of the log and no event") {
  Fixture fixture;
  auto catalog = fixture.open();
  CHECK_FALSE(catalog->delivered()->has_value());
  CHECK_FALSE(*catalog->mail_owed());
  REQUIRE(catalog->end_delivery().ok());
  finish(*catalog, "backup", "failed");
  REQUIRE(catalog->begin_delivery().ok());
  finish(*catalog, "backup", "failed");
  REQUIRE(catalog->begin_delivery().ok());
  CHECK(*fixture.open()->delivered() == 1);
  RunRecord failure;
  failure.operation = "alert";
  failure.status = "failed";
  failure.started_at = kNoon;
  REQUIRE(catalog->advance_delivered(1, 8, true, &failure).ok());
  CHECK(*catalog->delivered() == 8);
  CHECK(catalog->runs(0, 10)->size() == 3);
  CHECK(all_events(*catalog).size() == 2);
  REQUIRE(catalog->advance_delivered(1, 9, false, nullptr).ok());
  CHECK(*catalog->delivered() == 8);
  CHECK(*fixture.open()->mail_owed());
  REQUIRE(catalog->advance_delivered(8, 9, false, nullptr).ok());
  CHECK_FALSE(*catalog->mail_owed());
  REQUIRE(catalog->advance_delivered(9, 10, true, nullptr).ok());
  REQUIRE(catalog->end_delivery().ok());
  CHECK_FALSE(catalog->delivered()->has_value());
  CHECK_FALSE(*catalog->mail_owed());
}

TEST_CASE("the scheduled backup before an event is found among everything else") {
  Fixture fixture;
  auto catalog = fixture.open();
  CHECK_FALSE(catalog->scheduled_backup_before(1)->has_value());
  finish(*catalog, "backup", "failed");
  finish(*catalog, "backup", "completed", "manual");
  finish(*catalog, "prune", "completed");
  CHECK_FALSE(catalog->scheduled_backup_before(1)->has_value());
  CHECK(*catalog->scheduled_backup_before(4) == false);
  finish(*catalog, "backup", "completed");
  CHECK(*catalog->scheduled_backup_before(5) == true);
}

TEST_CASE("health is noted with its event or without one") {
  Fixture fixture;
  auto catalog = fixture.open();
  CHECK_FALSE(catalog->health()->has_value());
  REQUIRE(catalog->change_health("", nullptr).ok());
  CHECK(*catalog->health() == "");
  EventRecord event;
  event.type = "health.changed";
  REQUIRE(catalog->change_health("copies", &event).ok());
  CHECK(*fixture.open()->health() == "copies");
  CHECK(all_events(*catalog).size() == 1);
}
