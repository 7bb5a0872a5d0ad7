#include "sched/time_zone.h"

#include <string>

#include "sched/posix_tz.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;

namespace {

std::string be32(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((value >> shift) & 0xff);
  return bytes;
}

std::string be64(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  return be32(static_cast<std::uint32_t>(bits >> 32)) + be32(static_cast<std::uint32_t>(bits));
}

std::string type(int offset) { return be32(static_cast<std::uint32_t>(offset)) + std::string(2, '\0'); }

// A TZif file whose block for version 1 is empty.
struct File {
  std::string version = "2";
  std::uint32_t leaps = 0;
  std::string times;               // be64 each
  std::string indexes;             // one byte each
  std::string types = type(3600);  // six bytes each
  std::string footer = "\nCET-1\n";

  std::string bytes() const {
    const auto header = [&](std::size_t leap_count, std::size_t time_count, std::size_t type_count) {
      std::string text = "TZif" + version + std::string(15, '\0');
      for (const std::size_t count :
           {std::size_t{0}, std::size_t{0}, leap_count, time_count, type_count, type_count}) {
        text += be32(static_cast<std::uint32_t>(count));
      }
      return text;
    };
    const std::size_t type_count = types.size() / 6;
    return header(0, 0, 0) + header(leaps, indexes.size(), type_count) + times + indexes + types +
           std::string(type_count, 'X') + std::string(leaps * 12, '\0') + footer;
  }
};

Result<TimeZone> parse(const File& file) { return TimeZone::parse("test", as_bytes(file.bytes())); }

std::string error_of(const File& file) {
  const auto zone = parse(file);
  REQUIRE_FALSE(zone.ok());
  return zone.status().to_string();
}

File two_changes() {
  File file;
  file.times = be64(1000) + be64(2000);
  file.indexes = std::string("\1\2", 2);
  file.types = type(100) + type(-7200) + type(3600);
  return file;
}

std::int64_t seconds(const char* time) { return parse_time(time).value() / 1000; }

}  // namespace

TEST_CASE("UTC needs no file") {
  const auto zone = TimeZone::load(posix_file_env(), "UTC", "/nowhere");
  REQUIRE(zone.ok());
  CHECK(zone->name() == "UTC");
  CHECK(zone->offset_at(0) == 0);
  CHECK(zone->offset_at(seconds("2500-01-01")) == 0);
}

TEST_CASE("a zone of the machine has the offsets of its history and of its rule") {
  const auto berlin = TimeZone::load(posix_file_env(), "Europe/Berlin");
  REQUIRE(berlin.ok());
  CHECK(berlin->name() == "Europe/Berlin");
  CHECK(berlin->offset_at(seconds("1890-01-01")) == 53 * 60 + 28);
  CHECK(berlin->offset_at(seconds("2024-01-01")) == 3600);
  CHECK(berlin->offset_at(seconds("2024-03-31 00:59:59")) == 3600);
  CHECK(berlin->offset_at(seconds("2024-03-31 01:00:00")) == 7200);
  const TimeZone::Span summer = berlin->span_at(seconds("2024-07-01"));
  CHECK(summer.begin == seconds("2024-03-31 01:00"));
  CHECK(summer.end == seconds("2024-10-27 01:00"));
  CHECK(TimeZone::load(posix_file_env(), "Etc/UTC").ok());
}

TEST_CASE("a name that is no zone is refused with advice") {
  sqbackup_test::TempDir dir;
  sqbackup_test::write_whole_file(dir.path_of("outside"), File().bytes());
  REQUIRE(posix_file_env().make_directory(dir.path_of("zones")).ok());
  sqbackup_test::write_whole_file(dir.path_of("zones/Here"), File().bytes());
  CHECK(TimeZone::load(posix_file_env(), "Here", dir.path_of("zones")).ok());
  for (const char* name :
       {"", ".", "..", "../outside", "Here/..", "./Here", "/etc/localtime", "//Here", "Here/", "a//b",
        "zones/../Here", ".hidden", "a/.b", "He re", "Here\n", "Europe", "Europe/Nowhere", "here"}) {
    const auto zone = TimeZone::load(posix_file_env(), name, dir.path_of("zones"));
    INFO("name: " << name);
    REQUIRE_FALSE(zone.ok());
    CHECK(zone.status().is(Error::kBadSetting));
    CHECK_THAT(zone.status().message(), Catch::Contains("Europe/Berlin"));
  }
  CHECK_FALSE(TimeZone::load(posix_file_env(), std::string_view("Here\0", 5), dir.path_of("zones")).ok());
  CHECK_FALSE(TimeZone::load(posix_file_env(), std::string(1000, 'a'), dir.path_of("zones")).ok());
  CHECK_FALSE(TimeZone::load(posix_file_env(), "Europe").ok());  // a directory
}

TEST_CASE("the changes of a file hold between their times, the rule after the last") {
  const auto zone = parse(two_changes());
  REQUIRE(zone.ok());
  CHECK(zone->offset_at(-5) == 100);
  CHECK(zone->offset_at(999) == 100);
  CHECK(zone->offset_at(1000) == -7200);
  CHECK(zone->offset_at(1999) == -7200);
  CHECK(zone->offset_at(2000) == 3600);
  CHECK(zone->span_at(1500).begin == 1000);
  CHECK(zone->span_at(1500).end == 2000);
  File without_rule = two_changes();
  without_rule.footer = "\n\n";
  CHECK(parse(without_rule)->offset_at(1'000'000'000) == 3600);
  File other_rule = two_changes();
  other_rule.footer = "\nEST5EDT,M3.2.0,M11.1.0\n";
  CHECK(parse(other_rule)->offset_at(seconds("2024-07-01")) == -4 * 3600);
}

TEST_CASE("a damaged file is refused, whatever is wrong with it") {
  using Catch::Contains;
  REQUIRE(parse(two_changes()).ok());
  File file = two_changes();
  const std::string whole = file.bytes();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO("cut to " << size);
    CHECK_FALSE(TimeZone::parse("cut", as_bytes(std::string_view(whole).substr(0, size))).ok());
  }
  CHECK_THAT(error_of([&] {
               File f = file;
               f.version = std::string(1, '\0');
               return f;
             }()),
             Contains("version 1"));
  CHECK_THAT(error_of([&] {
               File f = file;
               f.times = be64(2000) + be64(2000);
               return f;
             }()),
             Contains("order"));
  CHECK_THAT(error_of([&] {
               File f = file;
               f.indexes = std::string("\1\3", 2);
               return f;
             }()),
             Contains("a type"));
  CHECK_THAT(error_of([&] {
               File f = file;
               f.types = type(0) + type(93601) + type(0);
               return f;
             }()),
             Contains("an offset"));
  CHECK_THAT(error_of([&] {
               File f;
               f.types.clear();
               return f;
             }()),
             Contains("no type"));
  CHECK_THAT(error_of([&] {
               File f = file;
               f.footer = "\nnonsense\n";
               return f;
             }()),
             Contains("rule"));
  CHECK_THAT(error_of([&] {
               File f = file;
               f.leaps = 1;
               return f;
             }()),
             Contains("leap seconds"));
  CHECK_THAT(error_of([&] {
               File f = file;
               f.leaps = 1;
               return f;
             }()),
             Contains("SQB-ARG-04"));
  std::string huge = whole;
  huge.replace(44 + 32, 4, 4, '\xff');  // four thousand million changes
  CHECK_FALSE(TimeZone::parse("huge", as_bytes(huge)).ok());
}

TEST_CASE("rules give the changes of a year") {
  const auto berlin = PosixTz::parse("CET-1CEST,M3.5.0,M10.5.0/3");
  REQUIRE(berlin);
  CHECK(berlin->standard_offset() == 3600);
  const auto changes = berlin->changes(2050, 2050);
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].at == seconds("2050-03-27 01:00"));
  CHECK(changes[0].offset == 7200);
  CHECK(changes[1].at == seconds("2050-10-30 01:00"));
  CHECK(changes[1].offset == 3600);

  CHECK(PosixTz::parse("<+0545>-5:45")->standard_offset() == 5 * 3600 + 45 * 60);
  CHECK(PosixTz::parse("<-03>3")->changes(2000, 2010).empty());
  // South of the equator; half an hour; before the day begins.
  const auto lord_howe = PosixTz::parse("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0")->changes(2050, 2050);
  CHECK(lord_howe[0].at == seconds("2050-04-02 15:00"));
  CHECK(lord_howe[0].offset == 10 * 3600 + 1800);
  CHECK(PosixTz::parse("<-02>2<-01>,M3.5.0/-1,M10.5.0/0")->changes(2050, 2050)[0].at ==
        seconds("2050-03-27 01:00"));
  // Days of the year: J60 is March 1 always, 59 is February 29 in a leap year.
  const auto julian = PosixTz::parse("AAA0BBB,J60/0,59/0");
  CHECK(julian->changes(2024, 2024)[1].at == seconds("2024-03-01"));
  CHECK(julian->changes(2024, 2024)[0].at == seconds("2024-02-28 23:00"));
  CHECK(julian->changes(2023, 2023)[1].at == seconds("2023-03-01"));
}

TEST_CASE("daylight saving all the year, as RFC 9636 writes it, has no gap at New Year") {
  File file;
  file.footer = "\nXXX3EDT4,0/0,J365/23\n";
  const auto zone = parse(file);
  REQUIRE(zone.ok());
  for (std::int64_t at = seconds("2030-12-30"); at < seconds("2031-01-03"); at += 1800) {
    REQUIRE(zone->offset_at(at) == -4 * 3600);
  }
}

TEST_CASE("what is no rule is refused") {
  for (const char* text :
       {"", "C-1", "CET", "CET-", "CET-25", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M3.5.0,",
        "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,M3.5.0/168,M10.5.0", "CET-1CEST,J0,J1", "CET-1CEST,366,1", "<CET-1", "CET-1:60", "CET-1 ",
        "CET-1CEST,M3.5.0,M10.5.0/3x", "CET-1CEST,M3.5.0,M10.5.0,1"}) {
    INFO("rule: " << text);
    CHECK_FALSE(PosixTz::parse(text));
  }
}
