#include "engine/retention.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <tuple>

namespace sqbackup {
namespace {

constexpr std::int64_t kDay = std::int64_t{24} * 60 * 60 * 1000;

// The calendar's buckets, by their names: what two times share that fall into the same one.
std::string hour_of(UnixMillis time) { return format_sql_time(time).substr(0, 13) + ":00"; }
std::string day_of(UnixMillis time) { return format_sql_time(time).substr(0, 10); }
std::string month_of(UnixMillis time) { return format_sql_time(time).substr(0, 7); }
std::string year_of(UnixMillis time) { return format_sql_time(time).substr(0, 4); }

// "2026-W47" (ISO 8601): a week belongs to the year of its Thursday.
std::string week_of(UnixMillis time) {
  using std::chrono::days;
  const auto day = std::chrono::floor<days>(
      std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(time)));
  const auto thursday = day - (std::chrono::weekday(day) - std::chrono::Monday) + days(3);
  const auto year = std::chrono::year_month_day(thursday).year();
  const auto week = (thursday - std::chrono::sys_days(year / 1 / 1)).count() / 7 + 1;
  const std::int64_t millis =
      std::chrono::sys_time<std::chrono::milliseconds>(thursday).time_since_epoch().count();
  return year_of(millis) + (week < 10 ? "-W0" : "-W") + std::to_string(week);
}

std::int64_t days_to_millis(std::int64_t days) {
  return days > std::numeric_limits<std::int64_t>::max() / kDay ? std::numeric_limits<std::int64_t>::max()
                                                                : days * kDay;
}

struct Item {
  const RetentionRow* row;
  bool counted = false;  // completed, ours, and not from the future
  std::vector<std::string> protections;
  std::vector<std::string> rules;   // that keep it
  std::vector<std::string> limits;  // that exclude it
};

class Planner {
 public:
  // `rows`: newest first.
  Planner(const RetentionPolicy& policy, const std::vector<RetentionRow>& rows, UnixMillis now)
      : policy_(policy), now_(now) {
    items_.reserve(rows.size());
    for (const RetentionRow& row : rows) {
      Item item{&row, row.completed && row.trigger != "imported" && row.created_at <= now, {}, {}, {}};
      items_.push_back(std::move(item));
    }
    for (Item& item : items_) {
      if (item.counted) counted_.push_back(&item);
    }
  }

  std::vector<RetentionDecision> run(const std::vector<UnixMillis>& restores) {
    protect(restores);
    apply_rules();
    apply_limits();
    const UnixMillis oldest_good = oldest_that_policy_keeps();
    std::vector<RetentionDecision> decisions;
    decisions.reserve(items_.size());
    for (const Item& item : items_) decisions.push_back(decide(item, oldest_good));
    return decisions;
  }

 private:
  void protect(const std::vector<UnixMillis>& restores) {
    for (Item& item : items_) {
      if (item.row->pinned) item.protections.emplace_back("pinned");
      if (item.row->trigger == "imported") item.protections.emplace_back("imported");
      if (item.row->created_at > now_) item.protections.emplace_back("in the future");
    }
    const auto protect_newest = [this](const char* reason, const auto& which) {
      const auto found = std::find_if(counted_.begin(), counted_.end(), which);
      if (found != counted_.end()) (*found)->protections.emplace_back(reason);
    };
    protect_newest("newest", [](const Item*) { return true; });
    protect_newest("latest", [](const Item* item) { return item->row->trigger != "pre_restore"; });
    protect_newest("newest verified", [](const Item* item) { return item->row->verified_at.has_value(); });
    if (!counted_.empty() && counted_.front()->row->partial)
      protect_newest("newest with all tables", [](const Item* item) { return !item->row->partial; });
    for (const UnixMillis restore : restores) {
      const auto before = std::partition_point(counted_.begin(), counted_.end(), [&](const Item* item) {
        return item->row->created_at > restore;
      });
      if (before == counted_.end()) continue;
      (*before)->protections.push_back("before the restore of " + format_sql_time(restore));
    }
  }

  void apply_rules() {
    const RetentionPolicy& p = policy_;
    keep_last();
    keep_buckets("hourly", &hour_of, p.keep_hourly, p.keep_within_hourly);
    keep_buckets("daily", &day_of, p.keep_daily, p.keep_within_daily);
    keep_buckets("weekly", &week_of, p.keep_weekly, p.keep_within_weekly);
    keep_buckets("monthly", &month_of, p.keep_monthly, p.keep_within_monthly);
    keep_buckets("yearly", &year_of, p.keep_yearly, p.keep_within_yearly);
    keep_within(p.keep_within);
    if (p.keep_days > 0) keep_within(days_to_millis(p.keep_days));
  }

  void keep_last() {
    if (!is_count(policy_.keep_last)) return;
    std::int64_t left = policy_.keep_last;
    const std::string reason = left == kKeepAll ? "last all" : "last " + std::to_string(left);
    for (Item* item : counted_) {
      if (left == 0) return;
      item->rules.push_back(reason);
      if (left > 0) --left;
    }
  }

  void keep_within(std::int64_t duration) {
    if (duration <= 0) return;
    has_rules_ = true;
    for (Item* item : counted_) {
      if (is_within(*item, duration)) item->rules.push_back("within " + format_duration(duration));
    }
  }

  using BucketOf = std::string (*)(UnixMillis);

  // Both rules about one of the calendar's units.
  void keep_buckets(const std::string& word, BucketOf bucket_of, std::int64_t count, std::int64_t within) {
    if (is_count(count))
      keep_newest_of_buckets(word, bucket_of, count, std::numeric_limits<std::int64_t>::max(), "");
    if (within <= 0) return;
    has_rules_ = true;
    keep_newest_of_buckets(word, bucket_of, kKeepAll, within, " within " + format_duration(within));
  }

  void keep_newest_of_buckets(const std::string& word, BucketOf bucket_of, std::int64_t left,
                              std::int64_t within, const std::string& suffix) {
    std::string newer;  // the bucket of the one before
    for (Item* item : counted_) {
      if (left == 0 || !is_within(*item, within)) return;
      std::string bucket = bucket_of(item->row->created_at);
      const bool newest_of_bucket = bucket != newer;
      if (!newest_of_bucket && item != counted_.back()) continue;
      std::string rule = newest_of_bucket ? word : "oldest " + word;
      if (newest_of_bucket) rule.append(" ").append(bucket);
      item->rules.push_back(rule.append(suffix));
      newer = std::move(bucket);
      if (left > 0) --left;
    }
  }

  // Damaged ones have their place among the counted.
  void apply_limits() {
    std::int64_t newer = 0;
    for (Item& item : items_) {
      if (policy_.delete_older_than > 0 && now_ - item.row->created_at > policy_.delete_older_than) {
        item.limits.push_back("older than " + format_duration(policy_.delete_older_than));
      }
      if (policy_.keep_at_most > 0 && newer >= policy_.keep_at_most) {
        item.limits.push_back("beyond the newest " + std::to_string(policy_.keep_at_most));
      }
      if (item.counted) ++newer;
    }
  }

  bool has_limits() const { return policy_.delete_older_than > 0 || policy_.keep_at_most > 0; }
  bool policy_keeps(const Item& item) const {
    return item.limits.empty() && (!has_rules_ || !item.rules.empty());
  }

  // Of the counted; where the policy keeps none, the newest, which always stays.
  UnixMillis oldest_that_policy_keeps() const {
    if (counted_.empty()) return 0;
    const auto found = std::find_if(counted_.rbegin(), counted_.rend(),
                                    [this](const Item* item) { return policy_keeps(*item); });
    return (found != counted_.rend() ? *found : counted_.front())->row->created_at;
  }

  RetentionDecision decide(const Item& item, UnixMillis oldest_good) const {
    RetentionDecision decision{item.row->name, true, item.protections};
    auto& reasons = decision.reasons;
    if (!has_rules_ && !has_limits()) {
      reasons.emplace_back("the policy is empty");
    } else if (item.counted && policy_keeps(item)) {
      reasons.insert(reasons.end(), item.rules.begin(), item.rules.end());
      if (!has_rules_) reasons.emplace_back("within the limits");
    } else if (!item.row->completed && counted_.empty()) {
      reasons.emplace_back("damaged, and there is no good one");
    } else if (!item.row->completed && item.limits.empty() && item.row->created_at >= oldest_good) {
      reasons.emplace_back("damaged, not yet older than the good ones");
    } else if (reasons.empty()) {
      decision.keep = false;
      reasons = item.limits;
      if (item.counted && item.rules.empty() && has_rules_) reasons.emplace_back("no rule keeps it");
      if (!item.row->completed && item.row->created_at < oldest_good) {
        reasons.emplace_back("damaged, and older than the good ones");
      }
    }
    return decision;
  }

  bool is_count(std::int64_t count) {
    const bool is = count > 0 || count == kKeepAll;
    has_rules_ = has_rules_ || is;
    return is;
  }
  bool is_within(const Item& item, std::int64_t duration) const {
    return counted_.front()->row->created_at - item.row->created_at < duration;
  }

  const RetentionPolicy& policy_;
  const UnixMillis now_;
  std::vector<Item> items_;     // newest first
  std::vector<Item*> counted_;  // those that count, newest first
  bool has_rules_ = false;
};

}  // namespace

std::vector<RetentionDecision> plan_retention(const RetentionPolicy& policy, std::vector<RetentionRow> rows,
                                              std::vector<UnixMillis> restores, UnixMillis now) {
  std::sort(rows.begin(), rows.end(), [](const RetentionRow& a, const RetentionRow& b) {
    return std::tie(a.created_at, a.name) > std::tie(b.created_at, b.name);
  });
  std::sort(restores.begin(), restores.end());
  restores.erase(std::unique(restores.begin(), restores.end()), restores.end());
  return Planner(policy, rows, now).run(restores);
}

}  // namespace sqbackup
