#include "format/point.h"

#include <vector>

#include "support/test.h"

using namespace sqbackup;

namespace {

constexpr UnixMillis kNow = 1795170600000;  // 2026-11-20 10:30:00

struct TimeCase {
  const char* text;
  UnixMillis time;
};

}  // namespace

TEST_CASE("latest is a point in any case") {
  for (const char* text : {"latest", "LATEST", "Latest"}) {
    const auto point = parse_point(text, kNow);
    REQUIRE(point.ok());
    CHECK(point->kind == Point::Kind::kLatest);
  }
}

TEST_CASE("UTC times and relative times are points in time") {
  const TimeCase cases[] = {
      {"2026-11-20T10:17:00Z", kNow - 13 * 60000},
      {"2026-11-20 10:17:00.250", kNow - 13 * 60000 + 250},
      {"2026-11-20", kNow - (10 * 60 + 30) * 60000},
      {"2026-11-20 11:30:00+01:00", kNow},
      {"5 minutes ago", kNow - 5 * 60000},
      {"-5 minutes", kNow - 5 * 60000},
      {"1 minute ago", kNow - 60000},
      {"-1 minutes", kNow - 60000},
      {"2 minute ago", kNow - 2 * 60000},
      {"30 seconds ago", kNow - 30000},
      {"0.25 seconds ago", kNow - 250},
      {"1.5 hours ago", kNow - 5400000},
      {"2 days ago", kNow - 2 * 86400000},
      {"-1 week", kNow - 7 * 86400000},
      {"0 seconds ago", kNow},
      {"5 MINUTES AGO", kNow - 5 * 60000},
      {"5  minutes  ago", kNow - 5 * 60000},
      {"5minutes ago", kNow - 5 * 60000},
      {"-5minutes", kNow - 5 * 60000},
  };
  for (const TimeCase& c : cases) {
    INFO(c.text);
    const auto point = parse_point(c.text, kNow);
    REQUIRE(point.ok());
    CHECK(point->kind == Point::Kind::kTime);
    CHECK(point->time == c.time);
  }
}

TEST_CASE("every other plain file name is a name") {
  for (const char* text : {"backup-2026-11-20T10-30-00-000Z.sqlite", "latest.sqlite", "before v42.db", "2026",
                           "2026-13-45", "five minutes ago", "5 minutes", "-x", "-5.sqlite",
                           "5 minutes ago.db", "\xc3\xa9t\xc3\xa9.db", "now"}) {
    INFO(text);
    const auto point = parse_point(text, kNow);
    REQUIRE(point.ok());
    CHECK(point->kind == Point::Kind::kName);
    CHECK(point->name == text);
  }
}

TEST_CASE("a relative time that is none is refused with the way to say it") {
  for (const char* text :
       {"5 fortnights ago", "-5 lightyears", "-5", "5 m ago", "1.2.3 hours ago", "1..5 hours ago",
        "-5 minutes ago", "1000000 weeks ago", "9999999999999999999999999 seconds ago", "5 minutess ago"}) {
    INFO(text);
    const auto point = parse_point(text, kNow);
    REQUIRE_FALSE(point.ok());
    CHECK(point.status().is(Error::kBadPoint));
    CHECK(point.status().message().find("'5 minutes ago'") != std::string::npos);
  }
}

TEST_CASE("an empty point is refused") {
  const auto point = parse_point("", kNow);
  REQUIRE_FALSE(point.ok());
  CHECK(point.status().is(Error::kBadPoint));
}

TEST_CASE("a name that leads out of the directory is refused in one line") {
  const std::vector<std::string> names = {"../x",       "/etc/passwd", ".hidden",  "a/b",
                                          "a\nb",       "catalog.db",  "..",       std::string("a\0b", 3),
                                          "\x1b[2Jx/y", "x.db.json",   "x.partial"};
  for (const std::string& name : names) {
    INFO(name);
    const auto point = parse_point(name, kNow);
    REQUIRE_FALSE(point.ok());
    CHECK(point.status().is(Error::kBadName));
    for (const char c : point.status().message()) CHECK((c & 0xe0) != 0);
  }
}

TEST_CASE("a point of any length and content gives a short message of plain characters") {
  const auto point = parse_point("\xc2\x9b/" + std::string(5000, 'x'), kNow);
  REQUIRE_FALSE(point.ok());
  CHECK(point.status().message().size() < 400);
  CHECK(point.status().message().find("'?"
                                      "?/xxx") == 0);
  CHECK(point.status().message().find("xxx...'") != std::string::npos);
}
