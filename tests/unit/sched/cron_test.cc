#include "sched/cron.h"

#include <random>
#include <string>

#include "support/test.h"

using namespace sqbackup;

namespace {

CronExpression cron(const std::string& text) {
  const auto parsed = CronExpression::parse(text);
  INFO("expression: " << text);
  REQUIRE(parsed.ok());
  return *parsed;
}

std::string next(const std::string& expression, const std::string& time) {
  const auto found = cron(expression).next_after(parse_time(time).value(), TimeZone::utc());
  return found ? format_sql_time(*found).substr(0, 19) : "none";
}

std::string error_of(const std::string& text) {
  const auto parsed = CronExpression::parse(text);
  INFO("expression: " << text);
  REQUIRE_FALSE(parsed.ok());
  CHECK(parsed.status().is(Error::kBadSetting));
  return parsed.status().message();
}

}  // namespace

TEST_CASE("the next time of a cron expression is the one on the calendar") {
  struct Case {
    const char* expression;
    const char* after;
    const char* expected;
  };
  // 2024-01-01 is a Monday, 2024-02-29 a Thursday.
  for (const Case& c : {
           Case{"* * * * *", "2024-01-01 00:00", "2024-01-01 00:01:00"},
           Case{"* * * * *", "2024-01-01 00:00:59.999", "2024-01-01 00:01:00"},
           Case{"* * * * *", "2023-12-31 23:59:30", "2024-01-01 00:00:00"},
           Case{"*/5 * * * *", "2024-01-01 00:03", "2024-01-01 00:05:00"},
           Case{"*/5 * * * *", "2024-01-01 00:55", "2024-01-01 01:00:00"},
           Case{"1-30/7 * * * *", "2024-01-01 00:01", "2024-01-01 00:08:00"},
           Case{"1-30/7 * * * *", "2024-01-01 00:29", "2024-01-01 01:01:00"},
           Case{"5/15 * * * *", "2024-01-01 00:20", "2024-01-01 00:35:00"},
           Case{"5/15 * * * *", "2024-01-01 00:50", "2024-01-01 01:05:00"},
           Case{"59 23 * * *", "2024-01-01 23:59", "2024-01-02 23:59:00"},
           Case{"0 3 * * *", "2024-01-01 02:59:59.999", "2024-01-01 03:00:00"},
           Case{"0 3 * * *", "2024-01-01 03:00", "2024-01-02 03:00:00"},
           Case{"30 9,17 * * *", "2024-01-01 09:30", "2024-01-01 17:30:00"},
           Case{"15,45 8-10 * * *", "2024-01-01 10:45", "2024-01-02 08:15:00"},
           Case{"0 0 1 * *", "2024-01-01 00:00", "2024-02-01 00:00:00"},
           Case{"0 0 31 * *", "2024-01-31 00:00", "2024-03-31 00:00:00"},
           Case{"0 0 30 * *", "2024-01-30 00:00", "2024-03-30 00:00:00"},
           Case{"0 0 31 4,6,7 *", "2024-01-01 00:00", "2024-07-31 00:00:00"},
           Case{"0 0 29 2 *", "2024-02-28 23:59", "2024-02-29 00:00:00"},
           Case{"0 0 29 2 *", "2024-02-29 00:00", "2028-02-29 00:00:00"},
           Case{"0 0 29 2 *", "2096-02-29 00:00", "2104-02-29 00:00:00"},
           Case{"0 0 29 2 *", "1999-01-01 00:00", "2000-02-29 00:00:00"},
           Case{"0 0 * * 0", "2024-01-01 00:00", "2024-01-07 00:00:00"},
           Case{"0 0 * * 7", "2024-01-01 00:00", "2024-01-07 00:00:00"},
           Case{"0 0 * * SUN", "2024-01-01 00:00", "2024-01-07 00:00:00"},
           Case{"0 0 * * 5-7", "2024-01-07 00:00", "2024-01-12 00:00:00"},
           Case{"0 0 * * fri-sun", "2024-01-06 00:00", "2024-01-07 00:00:00"},
           Case{"0 0 * * Mon-Fri", "2024-01-05 00:00", "2024-01-08 00:00:00"},
           Case{"0 0 * * 2/3", "2024-01-02 00:00", "2024-01-05 00:00:00"},
           Case{"0 0 * * 1/2", "2024-01-05 00:00", "2024-01-07 00:00:00"},
           Case{"0 0 1 FEB,Apr *", "2024-02-01 00:00", "2024-04-01 00:00:00"},
           Case{"0 0 1 nov-dec *", "2024-01-01 00:00", "2024-11-01 00:00:00"},
           Case{"0 0 1 */3 *", "2024-01-01 00:00", "2024-04-01 00:00:00"},
           Case{"  0\t4   *  * *  ", "2024-01-01 00:00", "2024-01-01 04:00:00"},
           Case{"*/100 * * * *", "2024-01-01 00:00", "2024-01-01 01:00:00"},
           Case{"0 0 1 1 *", "1969-06-01 00:00", "1970-01-01 00:00:00"},
           Case{"30 12 * * *", "1899-12-31 12:30", "1900-01-01 12:30:00"},
       }) {
    INFO(c.expression << " after " << c.after);
    CHECK(next(c.expression, c.after) == c.expected);
  }
}

TEST_CASE("two restricted day fields match either, a field that begins with a star must match too") {
  // Vixie: the 13th, or any Friday.
  CHECK(next("0 0 13 * 5", "2024-01-01") == "2024-01-05 00:00:00");
  CHECK(next("0 0 13 * 5", "2024-01-12") == "2024-01-13 00:00:00");
  // A list of all values is restricted, and matches every day.
  CHECK(next("0 0 1-31 * 5", "2024-01-01") == "2024-01-02 00:00:00");
  // Every other day of the month, and a Monday: the 1st, the 15th.
  CHECK(next("0 0 */2 * 1", "2024-01-01") == "2024-01-15 00:00:00");
  CHECK(next("0 0 13 * */5", "2024-01-01") == "2024-09-13 00:00:00");  // Sunday or Friday the 13th
  CHECK(next("0 0 *,5 * 1", "2024-01-01") == "2024-01-08 00:00:00");
  // No such date, but the weekday.
  CHECK(next("0 0 30 2 1", "2024-01-30") == "2024-02-05 00:00:00");
}

TEST_CASE("February 29 on a given weekday is found, be it in 40 years") {
  CHECK(next("0 0 29 2 */7", "2024-03-01") == "2032-02-29 00:00:00");
  CHECK(next("0 0 29 2 */7", "2088-02-29") == "2128-02-29 00:00:00");
}

TEST_CASE("the names stand for their fields") {
  CHECK(next("@hourly", "2024-01-01 00:30") == "2024-01-01 01:00:00");
  CHECK(next("@daily", "2024-01-01 00:30") == "2024-01-02 00:00:00");
  CHECK(next("@Midnight", "2024-01-01 00:30") == "2024-01-02 00:00:00");
  CHECK(next("@weekly", "2024-01-01 00:30") == "2024-01-07 00:00:00");
  CHECK(next("@monthly", "2024-01-01 00:30") == "2024-02-01 00:00:00");
  CHECK(next("@yearly", "2024-01-01 00:30") == "2025-01-01 00:00:00");
  CHECK(next(" @ANNUALLY ", "2024-01-01 00:30") == "2025-01-01 00:00:00");
}

TEST_CASE("what is not legal is refused, naming the field and what is legal") {
  using Catch::Contains;
  CHECK_THAT(error_of("60 * * * *"), Contains("minute '60': out of range; legal are 0 to 59"));
  CHECK_THAT(error_of("* 24 * * *"), Contains("hour '24'") && Contains("0 to 23"));
  CHECK_THAT(error_of("* * 0 * *"), Contains("day of month '0'") && Contains("1 to 31"));
  CHECK_THAT(error_of("* * * 13 *"), Contains("month '13'") && Contains("jan to dec"));
  CHECK_THAT(error_of("* * * 0 *"), Contains("month '0'"));
  CHECK_THAT(error_of("* * * * 8"), Contains("weekday '8'") && Contains("0 to 7"));
  CHECK_THAT(error_of("* * * * 7,funday"), Contains("weekday 'funday'"));
  CHECK_THAT(error_of("* * * mon *"), Contains("month 'mon'"));
  CHECK_THAT(error_of("* 5-3 * * *"), Contains("hour '5-3'") && Contains("ends before it begins"));
  CHECK_THAT(error_of("* * * * 5-0"), Contains("ends before it begins"));
  CHECK_THAT(error_of("*/0 * * * *"), Contains("minute '*/0'") && Contains("step"));
  CHECK_THAT(error_of("*/ * * * *"), Contains("step"));
  CHECK_THAT(error_of("*/x * * * *"), Contains("step"));
  CHECK_THAT(error_of("1,,2 * * * *"), Contains("value is missing"));
  CHECK_THAT(error_of("1-,2 * * * *"), Contains("value is missing"));
  CHECK_THAT(error_of("-1 * * * *"), Contains("value is missing"));
  CHECK_THAT(error_of("1, * * * *"), Contains("value is missing"));
  CHECK_THAT(error_of("* * * *"), Contains("4 fields; it needs five"));
  CHECK_THAT(error_of("0 * * * * *"), Contains("6 fields"));
  CHECK_THAT(error_of(""), Contains("0 fields"));
  CHECK_THAT(error_of("@reboot"), Contains("@hourly"));
  for (const char* text :
       {"1.5 * * * *", "+1 * * * *", "1-2-3 * * * *", "*5 * * * *", "**  * * * *", "*-5 * * * *",
        "5/2/2 * * * *", "0 0 L * *", "0 0 ? * *", "0 0 15W * *", "0 0 * * 5#3", "0 0 * * monday",
        "99999999999 * * * *", "*/99999999999 * * * *", "@", "@daily *", "0 3 * * *\n"}) {
    error_of(text);
  }
  error_of(std::string("0 0 * * *\0", 10));
}

TEST_CASE("a long text is quoted only in part") {
  CHECK(error_of(std::string(10'000, 'x')).size() < 300);
  CHECK(error_of(std::string(10'000, 'x') + " * * * *").size() < 500);
}

TEST_CASE("an expression that never fires is refused") {
  for (const char* text : {"0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 31 feb *", "0 0 30-31 2 */2"}) {
    CHECK_THAT(error_of(text), Catch::Contains("never fires"));
  }
  cron("0 0 29-31 2 *");
  cron("0 0 31 2,3 *");
}

TEST_CASE("the ends of time are no trap") {
  const CronExpression daily = cron("@daily");
  constexpr auto kMin = std::numeric_limits<UnixMillis>::min();
  CHECK(daily.next_after(kMin, TimeZone::utc()).has_value());
  CHECK_FALSE(daily.next_after(std::numeric_limits<UnixMillis>::max(), TimeZone::utc()).has_value());
  CHECK(next("0 0 1 1 *", "9988-05-01") == "9989-01-01 00:00:00");
  CHECK(next("0 0 1 1 *", "9989-05-01") == "none");
}

namespace {

std::string random_field(std::mt19937_64& random, int low, int high) {
  const auto pick = [&](int from, int to) { return std::uniform_int_distribution<int>(from, to)(random); };
  const int value = pick(low, high);
  switch (pick(0, 4)) {
    case 0:
      return "*";
    case 1:
      return "*/" + std::to_string(pick(1, high + 2));
    case 2:
      return std::to_string(value) + "-" + std::to_string(pick(value, high));
    case 3:
      return std::to_string(value) + "/" + std::to_string(pick(1, high)) + "," +
             std::to_string(pick(low, high));
    default:
      return std::to_string(value);
  }
}

}  // namespace

TEST_CASE("the next time is always after the time, and there is none in between") {
  std::mt19937_64 random(1);
  std::uniform_int_distribution<UnixMillis> times(parse_time("1800-01-01").value(),
                                                  parse_time("2300-01-01").value());
  FileEnv& files = posix_file_env();
  const TimeZone zones[] = {TimeZone::utc(), *TimeZone::load(files, "Europe/Berlin"),
                            *TimeZone::load(files, "Australia/Lord_Howe"),
                            *TimeZone::load(files, "Pacific/Apia")};
  int fired = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = random_field(random, 0, 59) + ' ' + random_field(random, 0, 23) + ' ' +
                             random_field(random, 1, 31) + ' ' + random_field(random, 1, 12) + ' ' +
                             random_field(random, 0, 7);
    const auto expression = CronExpression::parse(text);
    if (!expression.ok()) continue;  // never fires
    const UnixMillis time = times(random);
    const TimeZone& zone = zones[i % 4];
    INFO(text << " after " << time << " in " << zone.name());
    const auto next = expression->next_after(time, zone);
    if (!next) continue;  // "any hour" whose hour a jump takes, or the like
    ++fired;
    REQUIRE(*next > time);
    REQUIRE(expression->next_after(*next - 1, zone) == next);
    REQUIRE(expression->next_after(time + (*next - time) / 2, zone) == next);
    const auto following = expression->next_after(*next, zone);
    REQUIRE((!following || *following > *next));
  }
  CHECK(fired > 15'000);
}
