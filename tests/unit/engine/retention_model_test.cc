#include <algorithm>
#include <limits>
#include <random>
#include <set>

#include "engine/retention.h"
#include "support/test.h"

using namespace sqbackup;

namespace {

constexpr std::int64_t kMinute = 60 * 1000;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

// The rules once more, slowly: each row is judged by their wording, by looking at all others.
struct Model {
  const RetentionPolicy& policy;
  const std::vector<RetentionRow>& rows;
  const std::vector<UnixMillis>& restores;
  UnixMillis now;

  bool counts(const RetentionRow& r) const {
    return r.completed && r.trigger != "imported" && r.created_at <= now;
  }
  static bool newer(const RetentionRow& a, const RetentionRow& b) {
    return a.created_at != b.created_at ? a.created_at > b.created_at : a.name > b.name;
  }
  template <typename Which>
  bool is_newest_of(const RetentionRow& r, const Which& which) const {
    return counts(r) && which(r) && std::none_of(rows.begin(), rows.end(), [&](const RetentionRow& other) {
             return counts(other) && which(other) && newer(other, r);
           });
  }
  bool is_oldest(const RetentionRow& r) const {
    return std::none_of(rows.begin(), rows.end(),
                        [&](const RetentionRow& other) { return counts(other) && newer(r, other); });
  }
  UnixMillis newest_time() const {
    UnixMillis newest = std::numeric_limits<UnixMillis>::min();
    for (const auto& r : rows) {
      if (counts(r)) newest = std::max(newest, r.created_at);
    }
    return newest;
  }

  static std::int64_t floor_div(std::int64_t a, std::int64_t b) {
    return a >= 0 ? a / b : -((-a + b - 1) / b);
  }
  // By arithmetic instead of names; months and years come from the text of the date.
  static std::int64_t bucket(char unit, UnixMillis time) {
    const std::int64_t day = floor_div(time, kDay);
    const std::string text = format_sql_time(time);
    switch (unit) {
      case 'h':
        return floor_div(time, kHour);
      case 'd':
        return day;
      case 'w':
        return floor_div(day + 3, 7);  // 1970-01-01 was a Thursday
      case 'm':
        return std::stoll(text.substr(0, 4)) * 12 + std::stoll(text.substr(5, 2));
      case 'y':
        return std::stoll(text.substr(0, 4));
      default:
        return 0;
    }
  }

  bool kept_by_count(const RetentionRow& r, char unit, std::int64_t n) const {
    if (n == 0 || n < kKeepAll) return false;
    std::set<std::int64_t> newer_buckets;
    std::int64_t newer_rows = 0;
    bool newest_of_its_bucket = true;
    for (const auto& other : rows) {
      if (!counts(other) || !newer(other, r)) continue;
      ++newer_rows;
      newer_buckets.insert(bucket(unit, other.created_at));
      newest_of_its_bucket &= bucket(unit, other.created_at) != bucket(unit, r.created_at);
    }
    const std::int64_t used = unit == 'l' ? newer_rows : static_cast<std::int64_t>(newer_buckets.size());
    return (n == kKeepAll || used < n) && (unit == 'l' || newest_of_its_bucket || is_oldest(r));
  }
  bool kept_within(const RetentionRow& r, char unit, std::int64_t duration) const {
    if (duration <= 0 || r.created_at <= newest_time() - duration) return false;
    return unit == 'l' || is_oldest(r) || is_newest_of(r, [&](const RetentionRow& other) {
             return bucket(unit, other.created_at) == bucket(unit, r.created_at);
           });
  }
  bool has_rules() const {
    const RetentionPolicy& p = policy;
    return p.keep_last != 0 || p.keep_hourly != 0 || p.keep_daily != 0 || p.keep_weekly != 0 ||
           p.keep_monthly != 0 || p.keep_yearly != 0 || p.keep_within != 0 || p.keep_within_hourly != 0 ||
           p.keep_within_daily != 0 || p.keep_within_weekly != 0 || p.keep_within_monthly != 0 ||
           p.keep_within_yearly != 0 || p.keep_days != 0;
  }
  bool has_limits() const { return policy.delete_older_than != 0 || policy.keep_at_most != 0; }
  bool a_rule_keeps(const RetentionRow& r) const {
    const RetentionPolicy& p = policy;
    return kept_by_count(r, 'l', p.keep_last) || kept_by_count(r, 'h', p.keep_hourly) ||
           kept_by_count(r, 'd', p.keep_daily) || kept_by_count(r, 'w', p.keep_weekly) ||
           kept_by_count(r, 'm', p.keep_monthly) || kept_by_count(r, 'y', p.keep_yearly) ||
           kept_within(r, 'l', p.keep_within) || kept_within(r, 'h', p.keep_within_hourly) ||
           kept_within(r, 'd', p.keep_within_daily) || kept_within(r, 'w', p.keep_within_weekly) ||
           kept_within(r, 'm', p.keep_within_monthly) || kept_within(r, 'y', p.keep_within_yearly) ||
           kept_within(r, 'l', p.keep_days * kDay);
  }
  bool inside_limits(const RetentionRow& r) const {
    if (policy.delete_older_than != 0 && r.created_at < now - policy.delete_older_than) return false;
    const auto ahead = std::count_if(rows.begin(), rows.end(), [&](const RetentionRow& other) {
      return counts(other) && newer(other, r);
    });
    return policy.keep_at_most == 0 || ahead < policy.keep_at_most;
  }
  bool policy_keeps(const RetentionRow& r) const {
    return counts(r) && inside_limits(r) && (!has_rules() || a_rule_keeps(r));
  }
  bool is_protected(const RetentionRow& r) const {
    if (r.pinned || r.trigger == "imported" || r.created_at > now) return true;
    if (is_newest_of(r, [](const RetentionRow&) { return true; })) return true;
    if (is_newest_of(r, [](const RetentionRow& other) { return other.trigger != "pre_restore"; }))
      return true;
    if (is_newest_of(r, [](const RetentionRow& other) { return other.verified_at.has_value(); })) return true;
    return std::any_of(restores.begin(), restores.end(), [&](UnixMillis restore) {
      return is_newest_of(r, [&](const RetentionRow& other) { return other.created_at <= restore; });
    });
  }
  bool damaged_stays(const RetentionRow& r) const {
    if (std::none_of(rows.begin(), rows.end(), [&](const RetentionRow& other) { return counts(other); }))
      return true;
    const bool any =
        std::any_of(rows.begin(), rows.end(), [&](const RetentionRow& o) { return policy_keeps(o); });
    return inside_limits(r) && std::any_of(rows.begin(), rows.end(), [&](const RetentionRow& other) {
             return other.created_at <= r.created_at &&
                    (any ? policy_keeps(other)
                         : is_newest_of(other, [](const RetentionRow&) { return true; }));
           });
  }
  bool keeps(const RetentionRow& r) const {
    if (is_protected(r) || (!has_rules() && !has_limits())) return true;
    return r.completed ? policy_keeps(r) : damaged_stays(r);
  }
};

// Random histories, with crowded times and every kind of row.
class Histories {
 public:
  explicit Histories(std::uint32_t seed) : random_(seed) {}
  std::mt19937& random() { return random_; }
  std::int64_t up_to(std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(0, most)(random_);
  }
  bool one_in(std::int64_t n) { return up_to(n - 1) == 0; }

  std::vector<RetentionRow> rows(UnixMillis now) {
    static const std::vector<std::int64_t> kSpans = {kHour, kDay, 9 * kDay, 70 * kDay, 1500 * kDay};
    const std::int64_t span = kSpans[static_cast<std::size_t>(up_to(4))];
    const bool crowded = one_in(5);
    std::vector<RetentionRow> rows;
    const std::int64_t count = up_to(30);
    for (std::int64_t i = 0; i < count; ++i) {
      RetentionRow row;
      row.name = "b" + std::to_string(1000 + i);
      row.created_at = now + (one_in(25) ? up_to(span) : -up_to(span));
      if (crowded) row.created_at -= row.created_at % (6 * kHour);
      row.trigger = one_in(10) ? "imported" : one_in(6) ? "pre_restore" : "scheduled";
      row.completed = !one_in(7);
      if (one_in(6)) row.verified_at = now;
      row.pinned = one_in(20);
      rows.push_back(std::move(row));
    }
    std::shuffle(rows.begin(), rows.end(), random_);
    return rows;
  }
  RetentionPolicy policy() {
    RetentionPolicy p;
    for (std::int64_t* count : counts_of(p)) {
      if (one_in(4)) *count = one_in(6) ? kKeepAll : 1 + up_to(6);
    }
    for (std::int64_t* duration : {&p.keep_within, &p.keep_within_hourly, &p.keep_within_daily,
                                   &p.keep_within_weekly, &p.keep_within_monthly, &p.keep_within_yearly}) {
      if (one_in(7)) *duration = duration_of();
    }
    if (one_in(7)) p.keep_days = 1 + up_to(20);
    if (one_in(4)) p.delete_older_than = duration_of();
    if (one_in(4)) p.keep_at_most = 1 + up_to(12);
    return p;
  }
  std::vector<UnixMillis> restores(const std::vector<RetentionRow>& rows, UnixMillis now) {
    std::vector<UnixMillis> times;
    while (one_in(2)) times.push_back(now - up_to(60 * kDay));
    if (!rows.empty() && one_in(3)) times.push_back(rows.front().created_at);
    return times;
  }
  static std::vector<std::int64_t*> counts_of(RetentionPolicy& p) {
    return {&p.keep_last, &p.keep_hourly, &p.keep_daily, &p.keep_weekly, &p.keep_monthly, &p.keep_yearly};
  }

 private:
  std::int64_t duration_of() {
    static const std::vector<std::int64_t> kUnits = {kMinute, kHour, kDay, 30 * kDay};
    return (1 + up_to(20)) * kUnits[static_cast<std::size_t>(up_to(3))];
  }
  std::mt19937 random_;
};

const UnixMillis kNow = 1795170600000;  // 2026-11-20 10:30:00

std::string fingerprint(const std::vector<RetentionDecision>& decisions) {
  std::string text;
  for (const auto& decision : decisions) {
    text += decision.name + (decision.keep ? " keep" : " remove");
    for (const auto& reason : decision.reasons) text += "; " + reason;
    text += "\n";
  }
  return text;
}

std::set<std::string> kept_set(const std::vector<RetentionDecision>& decisions) {
  std::set<std::string> names;
  for (const auto& decision : decisions) {
    if (decision.keep) names.insert(decision.name);
  }
  return names;
}

}  // namespace

TEST_CASE("over random histories and policies the plan is what the wording of the rules says") {
  Histories histories(20261120);
  int removed = 0;
  for (int round = 0; round < 6000; ++round) {
    const auto rows = histories.rows(kNow);
    const auto policy = histories.policy();
    const auto restores = histories.restores(rows, kNow);
    const Model model{policy, rows, restores, kNow};
    const auto plan = plan_retention(policy, rows, restores, kNow);
    REQUIRE(plan.size() == rows.size());
    for (const auto& row : rows) {
      const auto decision =
          std::find_if(plan.begin(), plan.end(), [&](const auto& d) { return d.name == row.name; });
      if (decision == plan.end() || decision->keep != model.keeps(row) || decision->reasons.empty()) {
        FAIL("round " << round << ", " << row.name << ":\n" << fingerprint(plan));
      }
      if (!decision->keep) ++removed;
    }
  }
  CHECK(removed > 10000);
}

TEST_CASE("the order of rows and restores changes nothing, and what is kept is kept again") {
  Histories histories(7);
  for (int round = 0; round < 2000; ++round) {
    auto rows = histories.rows(kNow);
    const auto policy = histories.policy();
    auto restores = histories.restores(rows, kNow);
    const auto plan = plan_retention(policy, rows, restores, kNow);
    std::shuffle(rows.begin(), rows.end(), histories.random());
    std::reverse(restores.begin(), restores.end());
    REQUIRE(fingerprint(plan_retention(policy, rows, restores, kNow)) == fingerprint(plan));

    const auto stay = kept_set(plan);
    std::erase_if(rows, [&](const RetentionRow& row) { return stay.count(row.name) == 0; });
    REQUIRE(kept_set(plan_retention(policy, rows, restores, kNow)) == stay);
  }
}

TEST_CASE("asking for more never keeps less") {
  Histories histories(11);
  for (int round = 0; round < 3000; ++round) {
    const auto rows = histories.rows(kNow);
    RetentionPolicy policy = histories.policy();
    const auto restores = histories.restores(rows, kNow);
    const auto counts = Histories::counts_of(policy);
    std::int64_t& count = *counts[static_cast<std::size_t>(histories.up_to(5))];
    count = 1 + histories.up_to(5);
    const auto less = kept_set(plan_retention(policy, rows, restores, kNow));
    count = histories.one_in(3) ? kKeepAll : count + 1 + histories.up_to(5);
    const auto more = kept_set(plan_retention(policy, rows, restores, kNow));
    REQUIRE(std::includes(more.begin(), more.end(), less.begin(), less.end()));
  }
}
