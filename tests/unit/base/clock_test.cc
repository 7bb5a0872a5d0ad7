#include "base/clock.h"

#include <limits>

#include "support/test.h"

using namespace sqbackup;

TEST_CASE("what is no time is refused") {
  for (const char* text : {
           "",
           " ",
           "now",
           "2026",
           "2026-11",
           "2026-11-2",
           "26-11-20",
           "2026/11/20",
           "2026-11-20x",
           " 2026-11-20",
           "2026-11-20 ",
           "2026-11-20T",
           "2026-11-20 10",
           "2026-11-20 10:",
           "2026-11-20 10:3",
           "2026-11-20 1:30",
           "2026-11-20 10:30:",
           "2026-11-20 10:30:1",
           "2026-11-20 10:30:00.",
           "2026-11-20 10:30:00.x",
           "2026-11-20 10:30:00,5",
           "2026-11-20 10:30 Z",
           "2026-11-20 10:30ZZ",
           "2026-11-20 10:30+",
           "2026-11-20Z",
           "2026-11-20 10:30+01",
           "2026-11-20 10:30+0100",
           "2026-11-20 10:30+1:00",
           "2026-11-20 10:30Z+01:00",
           "2026-11-20-10:30",
           "-2026-11-20",
           "+2026-11-20",
           "2026-+1-20",
           "2026-11-20 10:30:00.000 ",
           "20261120",
       }) {
    INFO("text: '" << text << "'");
    CHECK_FALSE(parse_time(text).has_value());
  }
  CHECK_FALSE(parse_time(std::string_view("2026-11-20\0", 11)).has_value());
}

TEST_CASE("a date or time that never was is refused") {
  for (const char* text : {
           "2026-00-10",
           "2026-13-10",
           "2026-11-00",
           "2026-11-31",
           "2026-02-29",
           "2100-02-29",
           "2026-11-20 24:00",
           "2026-11-20 10:60",
           "2026-11-20 10:30:60",
           "2026-11-20 10:30+24:00",
           "2026-11-20 10:30-01:60",
       }) {
    INFO("text: " << text);
    CHECK_FALSE(parse_time(text).has_value());
  }
}

TEST_CASE("RFC 3339 and SQLite's forms of a time are read as UTC") {
  const UnixMillis expected = 1795170600000;  // date -ud '2026-11-20 10:30' +%s
  for (const char* text :
       {"2026-11-20 10:30", "2026-11-20T10:30", "2026-11-20t10:30z", "2026-11-20 10:30:00",
        "2026-11-20T10:30:00Z", "2026-11-20 10:30:00.000", "2026-11-20T10:30:00.0009999999999999Z",
        "2026-11-20T11:30+01:00", "2026-11-20 05:00:00.000-05:30", "2026-11-21T10:29:00+23:59"}) {
    INFO("text: " << text);
    CHECK(parse_time(text) == expected);
  }
  CHECK(parse_time("2026-11-20") == expected - (10 * 60 + 30) * 60 * 1000);
  CHECK(parse_time("2026-11-20 10:30:01.5") == expected + 1500);
  CHECK(parse_time("2026-11-20 10:30:59.25Z") == expected + 59250);
  CHECK(parse_time("2026-11-20 10:30:00.007") == expected + 7);
}

TEST_CASE("leap days, the epoch and the times before it are right") {
  CHECK(parse_time("1970-01-01") == 0);
  CHECK(parse_time("1969-12-31 23:59:59.999") == -1);
  CHECK(parse_time("2000-02-29T00:00Z") == 951782400000);
  CHECK(parse_time("2024-02-29T12:00Z") == 1709208000000);
  CHECK(parse_time("0000-01-01") == -62167219200000);
  CHECK(parse_time("9999-12-31 23:59:59.999") == 253402300799999);
}

TEST_CASE("a time is written as SQLite's date functions read it") {
  CHECK(format_sql_time(0) == "1970-01-01 00:00:00.000");
  CHECK(format_sql_time(-1) == "1969-12-31 23:59:59.999");
  CHECK(format_sql_time(1795170600250) == "2026-11-20 10:30:00.250");
  CHECK(format_sql_time(-62167219200000) == "0000-01-01 00:00:00.000");
}

TEST_CASE("a time that four digits of a year cannot say is cut to the nearest that they can") {
  CHECK(format_sql_time(std::numeric_limits<UnixMillis>::max()) == "9999-12-31 23:59:59.999");
  CHECK(format_sql_time(std::numeric_limits<UnixMillis>::min()) == "0000-01-01 00:00:00.000");
}

TEST_CASE("every written time is read back as it was") {
  for (UnixMillis time = -62167219200000; time <= 253402300799999; time += 86'399'997'123) {
    REQUIRE(parse_time(format_sql_time(time)) == time);
  }
}

TEST_CASE("what is no duration is refused") {
  for (const char* text : {"",
                           "m",
                           "10 m",
                           " 10m",
                           "10m ",
                           "-10m",
                           "+10m",
                           "1.5h",
                           "10x",
                           "10M",
                           "1d12",
                           "1d 12h",
                           "m10",
                           "ms",
                           "10mss",
                           "10sm",
                           "10msm",
                           "9223372036854775807",
                           "99999999999999999999s",
                           "15250284452472w",
                           "9223372036854775s999999s"}) {
    INFO("text: '" << text << "'");
    CHECK_FALSE(parse_duration(text).has_value());
  }
}

TEST_CASE("durations are read in seconds, minutes, hours, days, weeks and sums of them") {
  CHECK(parse_duration("90") == 90'000);
  CHECK(parse_duration("0") == 0);
  CHECK(parse_duration("90s") == 90'000);
  CHECK(parse_duration("10m") == 600'000);
  CHECK(parse_duration("36h") == 129'600'000);
  CHECK(parse_duration("7d") == 604'800'000);
  CHECK(parse_duration("2w") == 1'209'600'000);
  CHECK(parse_duration("1d12h") == 129'600'000);
  CHECK(parse_duration("1w2d3h4m5s") == 788'645'000);
  CHECK(parse_duration("9223372036854775s") == 9'223'372'036'854'775'000);
}

TEST_CASE("a duration may count milliseconds, which are no minutes") {
  CHECK(parse_duration("500ms") == 500);
  CHECK(parse_duration("10m500ms") == 600'500);
  CHECK(parse_duration("1s1ms") == 1001);
  CHECK(parse_duration("9223372036854775807ms") == 9'223'372'036'854'775'807);
}

TEST_CASE("durations are written as they are read, in whole seconds") {
  CHECK(format_duration(0) == "0s");
  CHECK(format_duration(999) == "0s");
  CHECK(format_duration(-5'000) == "0s");
  CHECK(format_duration(90'999) == "1m30s");
  CHECK(format_duration(129'600'000) == "1d12h");
  CHECK(format_duration(604'800'000) == "7d");
  CHECK(parse_duration(format_duration(788'645'000)) == 788'645'000);
}

TEST_CASE("the system's clock tells today's time and never steps back") {
  CHECK(system_clock().now() > 1'700'000'000'000);
  const double first = system_clock().monotonic_seconds();
  CHECK(system_clock().monotonic_seconds() >= first);
}
