// Cron expressions across changes of a zone's offset. The times are of years past, so that no new law moves
// them.
#include <string>
#include <vector>

#include "sched/cron.h"
#include "support/test.h"

using namespace sqbackup;

namespace {

// The first `count` times after `time`, as UTC "MM-DD HH:MM".
std::vector<std::string> times(const char* zone, const char* expression, const char* time, int count) {
  const auto loaded = TimeZone::load(posix_file_env(), zone);
  const auto cron = CronExpression::parse(expression);
  REQUIRE(loaded.ok());
  REQUIRE(cron.ok());
  std::vector<std::string> all;
  UnixMillis at = parse_time(time).value();
  for (int i = 0; i < count; ++i) {
    at = cron->next_after(at, *loaded).value();
    REQUIRE(at % 60'000 == 0);
    all.push_back(format_sql_time(at).substr(5, 11));
  }
  return all;
}

using Times = std::vector<std::string>;

}  // namespace

TEST_CASE("a fixed hour keeps its wall-clock time in summer and winter") {
  CHECK(times("Europe/Berlin", "0 3 * * *", "2024-01-15T00:00Z", 1) == Times{"01-15 02:00"});
  CHECK(times("Europe/Berlin", "0 3 * * *", "2024-07-15T00:00Z", 1) == Times{"07-15 01:00"});
  CHECK(times("America/New_York", "30 22 * * *", "2024-07-15T00:00Z", 1) == Times{"07-15 02:30"});
  CHECK(times("Asia/Kathmandu", "0 0 * * *", "2024-07-15T00:00Z", 1) == Times{"07-15 18:15"});
}

// Europe/Berlin, 2024-03-31: 02:00 CET becomes 03:00 CEST at 01:00 UTC.
TEST_CASE("a time that a jump forward skips fires once, at the first instant after the jump") {
  CHECK(times("Europe/Berlin", "30 2 * * *", "2024-03-30T00:00Z", 3) ==
        Times{"03-30 01:30", "03-31 01:00", "04-01 00:30"});
  CHECK(times("Europe/Berlin", "*/10 2 * * *", "2024-03-31T00:00Z", 2) ==
        Times{"03-31 01:00", "04-01 00:00"});
  CHECK(times("Europe/Berlin", "30 2,3 * * *", "2024-03-31T00:00Z", 3) ==
        Times{"03-31 01:00", "03-31 01:30", "04-01 00:30"});
  // What is due at the first instant anyway does not fire twice.
  CHECK(times("Europe/Berlin", "0 2,3 * * *", "2024-03-31T00:00Z", 2) == Times{"03-31 01:00", "04-01 00:00"});
  // New York, 2024-03-10: at 07:00 UTC.
  CHECK(times("America/New_York", "15 2 * * *", "2024-03-10T00:00Z", 2) ==
        Times{"03-10 07:00", "03-11 06:15"});
  // Only once a year, and just then.
  CHECK(times("Europe/Berlin", "30 2 31 3 *", "2024-01-01T00:00Z", 1) == Times{"03-31 01:00"});
  // Lord Howe, 2024-10-06: 02:00 becomes 02:30 at 15:30 UTC of the 5th.
  CHECK(times("Australia/Lord_Howe", "15 2 * * *", "2024-10-05T00:00Z", 2) ==
        Times{"10-05 15:30", "10-06 15:15"});
  CHECK(times("Australia/Lord_Howe", "30 2 * * *", "2024-10-05T00:00Z", 2) ==
        Times{"10-05 15:30", "10-06 15:30"});
  // Samoa had no 2011-12-30: it went on with the 31st at 10:00 UTC.
  CHECK(times("Pacific/Apia", "0 12 30 12 *", "2011-12-01T00:00Z", 1) == Times{"12-30 10:00"});
  CHECK(times("Pacific/Apia", "0 12 * * *", "2011-12-29T00:00Z", 3) ==
        Times{"12-29 22:00", "12-30 10:00", "12-30 22:00"});
}

// Europe/Berlin, 2024-10-27: 03:00 CEST becomes 02:00 CET at 01:00 UTC.
TEST_CASE("a fixed hour that comes twice fires the first time only") {
  CHECK(times("Europe/Berlin", "30 2 * * *", "2024-10-26T00:00Z", 3) ==
        Times{"10-26 00:30", "10-27 00:30", "10-28 01:30"});
  CHECK(times("Europe/Berlin", "*/30 2 * * *", "2024-10-27T00:00Z", 2) ==
        Times{"10-27 00:30", "10-28 01:00"});
  CHECK(times("Europe/Berlin", "30 2 * * *", "2024-10-27T01:00Z", 1) == Times{"10-28 01:30"});
  CHECK(times("Europe/Berlin", "30 2 * * *", "2024-10-27T00:45Z", 1) == Times{"10-28 01:30"});
  CHECK(times("Europe/Berlin", "0 2,3 * * *", "2024-10-26T12:00Z", 2) == Times{"10-27 00:00", "10-27 02:00"});
  // New York, 2024-11-03: at 06:00 UTC.
  CHECK(times("America/New_York", "0 1 * * *", "2024-11-03T00:00Z", 2) ==
        Times{"11-03 05:00", "11-04 06:00"});
  // Lord Howe, 2024-04-07: 02:00 becomes 01:30 at 15:00 UTC of the 6th.
  CHECK(times("Australia/Lord_Howe", "45 1 * * *", "2024-04-06T00:00Z", 2) ==
        Times{"04-06 14:45", "04-07 15:15"});
  CHECK(times("Australia/Lord_Howe", "0 2 * * *", "2024-04-06T00:00Z", 2) ==
        Times{"04-06 15:30", "04-07 15:30"});
}

TEST_CASE("any hour follows the wall clock: skipped slots do not fire, doubled ones fire twice") {
  CHECK(times("Europe/Berlin", "30 * * * *", "2024-03-31T00:00Z", 3) ==
        Times{"03-31 00:30", "03-31 01:30", "03-31 02:30"});
  CHECK(times("Europe/Berlin", "0 */2 * * *", "2024-03-30T22:00Z", 2) == Times{"03-30 23:00", "03-31 02:00"});
  CHECK(times("Europe/Berlin", "30 * * * *", "2024-10-26T23:45Z", 3) ==
        Times{"10-27 00:30", "10-27 01:30", "10-27 02:30"});
  CHECK(times("Europe/Berlin", "0 */2 * * *", "2024-10-26T23:45Z", 3) ==
        Times{"10-27 00:00", "10-27 01:00", "10-27 03:00"});
  CHECK(times("America/New_York", "*/20 * * * *", "2024-11-03T05:30Z", 4) ==
        Times{"11-03 05:40", "11-03 06:00", "11-03 06:20", "11-03 06:40"});
  // Half an hour: the wall clock shows 01:30 at 14:30 and again at 15:00.
  CHECK(times("Australia/Lord_Howe", "30 * * * *", "2024-04-06T14:00Z", 3) ==
        Times{"04-06 14:30", "04-06 15:00", "04-06 16:00"});
  CHECK(times("Australia/Lord_Howe", "0 * * * *", "2024-10-05T14:30Z", 2) ==
        Times{"10-05 16:00", "10-05 17:00"});
}

TEST_CASE("a zone whose midnight is skipped fires its daily run when the day begins") {
  // Beirut, 2024-03-31: 00:00 becomes 01:00 at 22:00 UTC of the 30th.
  CHECK(times("Asia/Beirut", "@daily", "2024-03-30T00:00Z", 2) == Times{"03-30 22:00", "03-31 21:00"});
}
