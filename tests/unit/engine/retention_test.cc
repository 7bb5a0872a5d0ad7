#include "engine/retention.h"

#include <limits>
#include <map>

#include "support/test.h"

using namespace sqbackup;

namespace {

constexpr std::int64_t kHour = 60 * 60 * 1000;
constexpr std::int64_t kDay = 24 * kHour;

UnixMillis at(const std::string& time) {
  const auto parsed = parse_time(time);
  REQUIRE(parsed.has_value());
  return *parsed;
}

RetentionRow row(const std::string& time, const std::string& trigger = "scheduled", bool completed = true) {
  RetentionRow row;
  row.name = time;
  row.created_at = at(time);
  row.trigger = trigger;
  row.completed = completed;
  return row;
}

std::vector<RetentionRow> rows_of(const std::vector<std::string>& times) {
  std::vector<RetentionRow> rows;
  for (const auto& time : times) rows.push_back(row(time));
  return rows;
}

using Texts = std::vector<std::string>;

// The names that are kept, oldest first.
Texts kept(const std::vector<RetentionDecision>& decisions) {
  Texts names;
  for (const auto& decision : decisions) {
    if (decision.keep) names.insert(names.begin(), decision.name);
  }
  return names;
}

Texts reasons(const std::vector<RetentionDecision>& decisions, const std::string& name) {
  for (const auto& decision : decisions) {
    if (decision.name == name) return decision.reasons;
  }
  FAIL("no decision on " << name);
  return {};
}

// restic's documentation: "one backup every Sunday for 12 weeks".
const Texts kSundays = {"2019-09-01 11:00", "2019-09-08 11:00", "2019-09-15 11:00", "2019-09-22 11:00",
                        "2019-09-29 11:00", "2019-10-06 11:00", "2019-10-13 11:00", "2019-10-20 11:00",
                        "2019-10-27 11:00", "2019-11-03 11:00", "2019-11-10 11:00", "2019-11-17 11:00"};

Texts last_of(const Texts& names, std::size_t count) {
  return {names.end() - static_cast<std::ptrdiff_t>(count), names.end()};
}

}  // namespace

TEST_CASE("an empty policy keeps everything, damaged ones too") {
  auto rows = rows_of(kSundays);
  rows[3].completed = false;
  const auto plan = plan_retention({}, rows, {}, at("2030-01-01"));
  CHECK(kept(plan) == kSundays);
  CHECK(reasons(plan, kSundays[3]) == Texts{"the policy is empty"});
  CHECK(plan_retention({}, {}, {}, 0).empty());
}

TEST_CASE("restic's example: weekly backups kept by daily rules") {
  RetentionPolicy policy;
  policy.keep_daily = 4;
  const auto plan = plan_retention(policy, rows_of(kSundays), {}, at("2019-11-18"));
  CHECK(kept(plan) == last_of(kSundays, 4));
  CHECK(reasons(plan, kSundays[8]) == Texts{"daily 2019-10-27"});
  CHECK(reasons(plan, kSundays[7]) == Texts{"no rule keeps it"});
  CHECK(reasons(plan, kSundays[11]) == Texts{"newest", "latest", "daily 2019-11-17"});
}

TEST_CASE("restic's example: a backup a day for 100 years, kept daily, weekly, monthly and yearly") {
  std::vector<RetentionRow> rows;
  const UnixMillis first = at("1919-01-01 12:00");
  const UnixMillis last = at("2018-12-29 12:00");  // a Saturday: the newest ends neither week, month nor year
  for (UnixMillis time = first; time <= last; time += kDay) {
    RetentionRow row;
    row.name = format_sql_time(time).substr(0, 10);
    row.created_at = time;
    row.trigger = "scheduled";
    row.completed = true;
    rows.push_back(std::move(row));
  }
  RetentionPolicy policy;
  policy.keep_daily = 7;
  policy.keep_weekly = 5;
  policy.keep_monthly = 12;
  policy.keep_yearly = 75;
  const auto plan = plan_retention(policy, rows, {}, last);
  std::map<std::string, int> kept_by;
  for (const auto& decision : plan) {
    for (const auto& reason : decision.reasons) {
      if (decision.keep) ++kept_by[reason.substr(0, reason.find(' '))];
    }
  }
  CHECK(kept_by["daily"] == 7);
  CHECK(kept_by["weekly"] == 5);
  CHECK(kept_by["monthly"] == 12);
  CHECK(kept_by["yearly"] == 75);
  // 7 days, one of them the last Sunday; 29 December stands for its week, month and year besides.
  const Texts names = kept(plan);
  CHECK(names.size() == 7 + (5 - 2) + (12 - 1) + (75 - 1));
  CHECK(names.front() == "1944-12-31");
  CHECK(reasons(plan, "2018-12-23") == Texts{"daily 2018-12-23", "weekly 2018-W51"});
  CHECK(reasons(plan, "2018-12-02") == Texts{"weekly 2018-W48"});
  CHECK(reasons(plan, "2018-11-30") == Texts{"monthly 2018-11"});
  CHECK(reasons(plan, "2017-12-31") == Texts{"yearly 2017"});
}

TEST_CASE("each bucket keeps its newest, and only buckets with a backup count") {
  const Texts times = {"2026-11-01 08:00", "2026-11-01 09:15", "2026-11-01 09:45",
                       "2026-11-05 23:59", "2026-11-06 00:00", "2026-11-06 00:59"};
  RetentionPolicy policy;
  SECTION("hours") {
    policy.keep_hourly = 3;
    CHECK(kept(plan_retention(policy, rows_of(times), {}, at("2026-11-20"))) ==
          Texts{"2026-11-01 09:45", "2026-11-05 23:59", "2026-11-06 00:59"});
  }
  SECTION("days") {
    policy.keep_daily = 2;
    CHECK(kept(plan_retention(policy, rows_of(times), {}, at("2026-11-20"))) ==
          Texts{"2026-11-05 23:59", "2026-11-06 00:59"});
  }
  SECTION("too few days: the oldest is kept too") {
    policy.keep_daily = 4;
    const auto plan = plan_retention(policy, rows_of(times), {}, at("2026-11-20"));
    CHECK(kept(plan) ==
          Texts{"2026-11-01 08:00", "2026-11-01 09:45", "2026-11-05 23:59", "2026-11-06 00:59"});
    CHECK(reasons(plan, "2026-11-01 08:00") == Texts{"oldest daily"});
  }
  SECTION("as many days as there are, exactly: the rule is used up") {
    policy.keep_daily = 3;
    CHECK(kept(plan_retention(policy, rows_of(times), {}, at("2026-11-20"))) ==
          Texts{"2026-11-01 09:45", "2026-11-05 23:59", "2026-11-06 00:59"});
  }
  SECTION("all days") {
    policy.keep_daily = kKeepAll;
    CHECK(kept(plan_retention(policy, rows_of(times), {}, at("2026-11-20"))) ==
          Texts{"2026-11-01 08:00", "2026-11-01 09:45", "2026-11-05 23:59", "2026-11-06 00:59"});
  }
  SECTION("the last two") {
    policy.keep_last = 2;
    const auto plan = plan_retention(policy, rows_of(times), {}, at("2026-11-20"));
    CHECK(kept(plan) == last_of(times, 2));
    CHECK(reasons(plan, "2026-11-06 00:00") == Texts{"last 2"});
  }
  SECTION("all of them") {
    policy.keep_last = kKeepAll;
    CHECK(kept(plan_retention(policy, rows_of(times), {}, at("2026-11-20"))) == times);
  }
  SECTION("rules are ORed") {
    policy.keep_last = 1;
    policy.keep_monthly = 5;
    const auto plan = plan_retention(policy, rows_of(times), {}, at("2026-11-20"));
    CHECK(kept(plan) == Texts{"2026-11-01 08:00", "2026-11-06 00:59"});
    CHECK(reasons(plan, "2026-11-06 00:59") == Texts{"newest", "latest", "last 1", "monthly 2026-11"});
  }
}

TEST_CASE("weeks begin on Monday and belong to the year of their Thursday") {
  // 2021-01-03 was the Sunday of 2020's week 53; 2024-12-30 the Monday of 2025's first week.
  RetentionPolicy policy;
  policy.keep_weekly = 20;
  const auto plan =
      plan_retention(policy,
                     rows_of({"1969-12-28", "2014-12-30", "2020-12-27", "2020-12-28", "2021-01-03 23:59",
                              "2021-01-04", "2024-12-29", "2024-12-30", "2025-01-05"}),
                     {}, at("2026-01-01"));
  CHECK(kept(plan) == Texts{"1969-12-28", "2014-12-30", "2020-12-27", "2021-01-03 23:59", "2021-01-04",
                            "2024-12-29", "2025-01-05"});
  CHECK(reasons(plan, "1969-12-28") == Texts{"weekly 1969-W52"});
  CHECK(reasons(plan, "2014-12-30") == Texts{"weekly 2015-W01"});  // that Thursday was New Year's Day
  CHECK(reasons(plan, "2021-01-03 23:59") == Texts{"weekly 2020-W53"});
  CHECK(reasons(plan, "2021-01-04") == Texts{"weekly 2021-W01"});
  CHECK(reasons(plan, "2024-12-29") == Texts{"weekly 2024-W52"});
  CHECK(reasons(plan, "2025-01-05") == Texts{"newest", "latest", "weekly 2025-W01"});
}

TEST_CASE("within counts back from the newest backup, so nothing fades where backups have stopped") {
  const Texts times = {"2026-11-01 10:00", "2026-11-03 10:00", "2026-11-03 10:01",
                       "2026-11-09 09:00", "2026-11-09 21:00", "2026-11-10 10:00"};
  RetentionPolicy policy;
  const UnixMillis years_later = at("2030-01-01");
  SECTION("all of seven days, and not one that is exactly so old") {
    policy.keep_within = 7 * kDay;
    const auto plan = plan_retention(policy, rows_of(times), {}, years_later);
    CHECK(kept(plan) == last_of(times, 4));
    CHECK(reasons(plan, "2026-11-03 10:01") == Texts{"within 7d"});
  }
  SECTION("the plain word") {
    policy.keep_days = 7;
    CHECK(kept(plan_retention(policy, rows_of(times), {}, years_later)) == last_of(times, 4));
  }
  SECTION("more days than time has") {
    policy.keep_days = std::numeric_limits<std::int64_t>::max();
    CHECK(kept(plan_retention(policy, rows_of(times), {}, years_later)) == times);
  }
  SECTION("the newest of each day") {
    policy.keep_within_daily = 36 * kHour;
    const auto plan = plan_retention(policy, rows_of(times), {}, years_later);
    CHECK(kept(plan) == last_of(times, 2));
    CHECK(reasons(plan, "2026-11-09 21:00") == Texts{"daily 2026-11-09 within 1d12h"});
  }
  SECTION("the oldest, where it is within too") {
    policy.keep_within_monthly = 30 * kDay;
    const auto plan = plan_retention(policy, rows_of(times), {}, years_later);
    CHECK(kept(plan) == Texts{"2026-11-01 10:00", "2026-11-10 10:00"});
    CHECK(reasons(plan, "2026-11-01 10:00") == Texts{"oldest monthly within 30d"});
  }
}

TEST_CASE("limits alone keep what is inside them; with rules both must agree") {
  RetentionPolicy policy;
  SECTION("older than") {
    policy.delete_older_than = 14 * kDay;
    const auto plan = plan_retention(policy, rows_of(kSundays), {}, at("2019-11-17 11:00"));
    CHECK(kept(plan) == last_of(kSundays, 3));
    CHECK(reasons(plan, kSundays[9]) == Texts{"within the limits"});
    CHECK(reasons(plan, kSundays[8]) == Texts{"older than 14d"});
  }
  SECTION("all too old: the newest stays") {
    policy.delete_older_than = kDay;
    const auto plan = plan_retention(policy, rows_of(kSundays), {}, at("2030-01-01"));
    CHECK(kept(plan) == last_of(kSundays, 1));
    CHECK(reasons(plan, kSundays[11]) == Texts{"newest", "latest"});
  }
  SECTION("at most") {
    policy.keep_at_most = 5;
    const auto plan = plan_retention(policy, rows_of(kSundays), {}, at("2030-01-01"));
    CHECK(kept(plan) == last_of(kSundays, 5));
    CHECK(reasons(plan, kSundays[0]) == Texts{"beyond the newest 5"});
  }
  SECTION("rules and limits") {
    policy.keep_monthly = 12;
    policy.keep_at_most = 4;
    const auto plan = plan_retention(policy, rows_of(kSundays), {}, at("2019-11-18"));
    CHECK(kept(plan) == Texts{"2019-10-27 11:00", "2019-11-17 11:00"});
    CHECK(reasons(plan, "2019-09-29 11:00") == Texts{"beyond the newest 4"});
    CHECK(reasons(plan, "2019-11-10 11:00") == Texts{"no rule keeps it"});
    CHECK(reasons(plan, "2019-10-20 11:00") == Texts{"beyond the newest 4", "no rule keeps it"});
  }
}

TEST_CASE("what is protected stays, whatever the policy says") {
  RetentionPolicy policy;
  policy.keep_last = 1;
  policy.keep_at_most = 1;
  policy.delete_older_than = kHour;
  const UnixMillis now = at("2026-11-20 12:00");
  auto rows = rows_of({"2026-11-01 10:00", "2026-11-02 10:00", "2026-11-03 10:00", "2026-11-04 10:00",
                       "2026-11-05 10:00", "2026-11-06 10:00", "2026-11-07 10:00"});
  SECTION("the newest, the newest verified, pinned ones") {
    rows[0].pinned = true;
    rows[2].verified_at = at("2026-11-19");
    rows[3].verified_at = at("2026-11-04");
    const auto plan = plan_retention(policy, rows, {}, now);
    CHECK(kept(plan) == Texts{"2026-11-01 10:00", "2026-11-04 10:00", "2026-11-07 10:00"});
    CHECK(reasons(plan, "2026-11-01 10:00") == Texts{"pinned"});
    CHECK(reasons(plan, "2026-11-04 10:00") == Texts{"newest verified"});
    CHECK(reasons(plan, "2026-11-07 10:00") == Texts{"newest", "latest"});
  }
  SECTION("the newest before each restore, one that was made at that very time included") {
    rows[3].trigger = "pre_restore";
    const auto plan = plan_retention(
        policy, rows,
        {at("2026-11-02 09:59:59"), at("2026-11-04 10:00"), at("2020-01-01"), at("2026-11-04 10:00")}, now);
    CHECK(kept(plan) == Texts{"2026-11-01 10:00", "2026-11-04 10:00", "2026-11-07 10:00"});
    CHECK(reasons(plan, "2026-11-01 10:00") == Texts{"before the restore of 2026-11-02 09:59:59.000"});
    CHECK(reasons(plan, "2026-11-04 10:00") == Texts{"before the restore of 2026-11-04 10:00:00.000"});
  }
  SECTION("a damaged one is not what a restore can be undone with") {
    rows[3].completed = false;
    CHECK(kept(plan_retention(policy, rows, {at("2026-11-04 11:00")}, now)) ==
          Texts{"2026-11-03 10:00", "2026-11-07 10:00"});
  }
  SECTION("what latest restores, when the newest is the undo of a restore") {
    rows[6].trigger = "pre_restore";
    const auto plan = plan_retention(policy, rows, {}, now);
    CHECK(kept(plan) == Texts{"2026-11-06 10:00", "2026-11-07 10:00"});
    CHECK(reasons(plan, "2026-11-06 10:00") == Texts{"latest"});
    CHECK(reasons(plan, "2026-11-07 10:00") == Texts{"newest"});
  }
  SECTION("imported files, which count for nothing") {
    rows[6].trigger = rows[1].trigger = "imported";
    const auto plan = plan_retention(policy, rows, {at("2026-11-02 11:00")}, now);
    CHECK(kept(plan) ==
          Texts{"2026-11-01 10:00", "2026-11-02 10:00", "2026-11-06 10:00", "2026-11-07 10:00"});
    CHECK(reasons(plan, "2026-11-07 10:00") == Texts{"imported"});
  }
  SECTION("backups from the future, which count for nothing either") {
    const auto plan = plan_retention(policy, rows, {}, at("2026-11-05 10:00"));
    CHECK(kept(plan) == Texts{"2026-11-05 10:00", "2026-11-06 10:00", "2026-11-07 10:00"});
    CHECK(reasons(plan, "2026-11-07 10:00") == Texts{"in the future"});
  }
}

TEST_CASE("a damaged backup pushes no good one out and goes when it is older than the good ones") {
  auto rows = rows_of({"2026-11-01", "2026-11-02", "2026-11-03", "2026-11-04", "2026-11-05", "2026-11-06"});
  rows[1].completed = rows[3].completed = rows[5].completed = false;
  const UnixMillis now = at("2026-11-07");
  RetentionPolicy policy;
  SECTION("rules count the good ones only") {
    policy.keep_last = 2;
    const auto plan = plan_retention(policy, rows, {}, now);
    CHECK(kept(plan) == Texts{"2026-11-03", "2026-11-04", "2026-11-05", "2026-11-06"});
    CHECK(reasons(plan, "2026-11-06") == Texts{"damaged, not yet older than the good ones"});
    CHECK(reasons(plan, "2026-11-02") == Texts{"damaged, and older than the good ones"});
  }
  SECTION("a good one that is kept for other reasons does not hold them") {
    policy.keep_last = 2;
    rows[0].pinned = true;
    CHECK(kept(plan_retention(policy, rows, {}, now)) ==
          Texts{"2026-11-01", "2026-11-03", "2026-11-04", "2026-11-05", "2026-11-06"});
  }
  SECTION("limits hold for them") {
    policy.delete_older_than = 3 * kDay;
    const auto plan = plan_retention(policy, rows, {}, now + 1);
    CHECK(kept(plan) == Texts{"2026-11-05", "2026-11-06"});
    CHECK(reasons(plan, "2026-11-04") == Texts{"older than 3d", "damaged, and older than the good ones"});
  }
  SECTION("beyond the newest two good ones") {
    policy.keep_at_most = 2;
    CHECK(kept(plan_retention(policy, rows, {}, now)) ==
          Texts{"2026-11-03", "2026-11-04", "2026-11-05", "2026-11-06"});
  }
  SECTION("while there is no good one they are all there is") {
    for (auto& row : rows) row.completed = false;
    policy.keep_last = 1;
    policy.delete_older_than = kDay;
    const auto plan = plan_retention(policy, rows, {}, at("2030-01-01"));
    CHECK(kept(plan).size() == 6);
    CHECK(reasons(plan, "2026-11-01") == Texts{"damaged, and there is no good one"});
  }
  SECTION("a pinned one stays") {
    rows[1].pinned = true;
    policy.keep_last = 1;
    CHECK(reasons(plan_retention(policy, rows, {}, now), "2026-11-02") == Texts{"pinned"});
  }
}

TEST_CASE("the newest backup of the whole database is never removed for those that leave tables out") {
  std::vector<RetentionRow> rows = rows_of({"2026-11-01 10:00", "2026-11-02 10:00", "2026-11-03 10:00"});
  rows.push_back(row("2026-11-04 10:00"));
  rows.push_back(row("2026-11-05 10:00"));
  rows[3].partial = rows[4].partial = true;
  RetentionPolicy policy;
  policy.keep_last = 1;
  const auto plan = plan_retention(policy, rows, {}, at("2026-11-06 10:00"));
  CHECK(kept(plan) == Texts{"2026-11-03 10:00", "2026-11-05 10:00"});
  CHECK(reasons(plan, "2026-11-03 10:00") == Texts{"newest with all tables"});
}
