// Schedule: when the next run of something periodic is due. Pure: it knows no clock and keeps no state; all
// times are UnixMillis, all durations milliseconds.
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "base/clock.h"
#include "base/status.h"
#include "sched/cron.h"
#include "sched/time_zone.h"

namespace sqbackup {

// Spreads runs of many schedules: each slot is delayed by 0 <= delay < max, which depends on seed and slot
// alone, so that two processes with one seed (of the database, say) agree. It never reaches the next slot.
struct Jitter {
  std::uint64_t seed = 0;
  std::int64_t max = 0;
};

class Schedule {
 public:
  static constexpr std::int64_t kMinInterval = 1000;
  static constexpr std::int64_t kMaxInterval = std::int64_t{36500} * 24 * 3600 * 1000;  // a century

  // A run each `interval` after the run before. kBadSetting outside kMinInterval to kMaxInterval.
  static Result<Schedule> every(std::int64_t interval);
  static Schedule cron(CronExpression expression, TimeZone zone);

  // The instant of the next run, never before `now`; equal to `now`: it is due. nullopt: never (a cron
  // expression after the year 9990). `last` is when the last run that counts began.
  // - The slot is last + interval, or the first one of the cron expression after `last`; the run is due at
  //   the slot plus its jitter. Slots that were missed are made up for by one run, at once, without jitter.
  // - Nothing ever ran: now, for both kinds. Who wants no run at the start passes the time of the start.
  // - `last` is in the future because the clock was set back: as if it were `now`. Whoever asks repeatedly
  //   passes it through LastRun, since otherwise the run moves ahead of the clock.
  std::optional<UnixMillis> next_due(std::optional<UnixMillis> last, UnixMillis now,
                                     Jitter jitter = {}) const;

  // The interval, or the time between the two slots that follow `time`. nullopt: there are no two.
  std::optional<std::int64_t> period(UnixMillis time) const;

 private:
  struct Cron {
    CronExpression expression;
    TimeZone zone;
  };

  explicit Schedule(std::variant<std::int64_t, Cron> rule) : rule_(std::move(rule)) {}
  std::optional<UnixMillis> slot_after(UnixMillis time) const;

  std::variant<std::int64_t, Cron> rule_;  // an interval or cron
};

// What one asker remembers, so that a clock that was set back delays a run by one period at most: a last run
// that lies in the future counts as having begun when it was first seen there.
class LastRun {
 public:
  // `last` as recorded; the result is for Schedule::next_due and never after `now`.
  std::optional<UnixMillis> seen(std::optional<UnixMillis> last, UnixMillis now);

 private:
  std::optional<UnixMillis> recorded_;
  std::optional<UnixMillis> counted_;
};

// How long to wait after the `failures`-th failure in a row: 0 for none, then 10 s, doubled each time, at
// most 30 min, and never longer than `period`.
std::int64_t retry_delay(unsigned failures, std::int64_t period);

}  // namespace sqbackup
