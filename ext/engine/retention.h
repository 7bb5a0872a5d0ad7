// Retention: which backups a policy keeps and which it removes, with the reasons. A pure function from rows
// to decisions; whoever carries them out is elsewhere.
//
// The rules are restic's (its documentation, "Removing snapshots according to a policy"):
//  - Rules are ORed: a backup is kept when any rule keeps it.
//  - Hourly to yearly rules keep the newest backup of each of the newest N hours, days, ISO weeks (from
//    Monday), months or years, in UTC. Only those that have a backup count.
//  - Where there are too few for such a rule, or for keep_last, it keeps the oldest backup too.
//  - "Within" is counted back from the newest backup, not from now: where backups have stopped, nothing
//    fades.
//
// What is ours:
//  - Two limits, counted from now and from the newest. With limits alone everything inside them is kept; with
//    rules and limits a backup is kept when a rule keeps it and no limit excludes it.
//  - Never removed, whatever rules and limits say: the newest completed backup; the newest that `latest`
//    means, which skips pre_restore; the newest of the whole database; the newest one verified; what is
//    pinned; for each restore the newest backup from before it; imported files, which are not ours.
//  - A backup from the future, where the clock was wrong, is kept until its time has come.
//  - Backups that are not completed (damaged), imported or from the future count for nothing: no rule is used
//    up by them, no window or limit is counted from them. So none of them can push a good one out.
//  - A damaged backup is removed once it is older than every good one that rules and limits keep (than the
//    newest one where they keep none), or beyond a limit. While there is no good one, damaged ones stay: they
//    may be all there is.
//  - A policy without a rule or limit keeps everything.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"

namespace sqbackup {

inline constexpr std::int64_t kKeepAll = -1;

// 0: no such rule or limit. Durations are milliseconds. Other negative numbers are as good as 0.
struct RetentionPolicy {
  // How many; kKeepAll: as many as there are.
  std::int64_t keep_last = 0;
  std::int64_t keep_hourly = 0;
  std::int64_t keep_daily = 0;
  std::int64_t keep_weekly = 0;
  std::int64_t keep_monthly = 0;
  std::int64_t keep_yearly = 0;
  // All made less than this before the newest; of each hour, day ... in that time the newest.
  std::int64_t keep_within = 0;
  std::int64_t keep_within_hourly = 0;
  std::int64_t keep_within_daily = 0;
  std::int64_t keep_within_weekly = 0;
  std::int64_t keep_within_monthly = 0;
  std::int64_t keep_within_yearly = 0;
  std::int64_t keep_days = 0;  // the plain word: keep_within of so many days
  // Limits.
  std::int64_t delete_older_than = 0;  // before now
  std::int64_t keep_at_most = 0;  // of the newest; those that are never removed count, and stay beyond it

  bool operator==(const RetentionPolicy&) const = default;
};

struct RetentionRow {
  std::string name;  // unique
  UnixMillis created_at = 0;
  std::string trigger;                    // manual | scheduled | pre_restore | imported ...
  bool completed = false;                 // false: damaged
  std::optional<UnixMillis> verified_at;  // nullopt: never proven sound
  bool pinned = false;
  bool partial = false;  // it is not the whole database
};

struct RetentionDecision {
  std::string name;
  bool keep = true;
  // Why, at least one: every reason to keep it, or every reason to remove it. "last 10", "daily 2026-11-20",
  // "oldest weekly", "within 7d", "pinned", "newest", "before the restore of 2026-11-20 10:30:00.000",
  // "older than 30d", "beyond the newest 5", "no rule keeps it", ...
  std::vector<std::string> reasons;
};

// One decision for each row, newest first (by name, backwards, where times are equal). The order of `rows`
// and of `restores`, the times at which restores ran, does not matter.
std::vector<RetentionDecision> plan_retention(const RetentionPolicy& policy, std::vector<RetentionRow> rows,
                                              std::vector<UnixMillis> restores, UnixMillis now);

}  // namespace sqbackup
