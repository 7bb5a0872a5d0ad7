// CronExpression: the five fields of crontab(5), as a set of slots: minutes on the wall clock of a time zone.
//
//   minute 0-59, hour 0-23, day of month 1-31, month 1-12 or jan-dec, weekday 0-7 or sun-sat (0 and 7:
//   Sunday)
//
// A field is a list `a,b,...` of `*`, `n`, `n-m`, each with an optional step: `*/s`, `n-m/s`, and `n/s`,
// which runs from n to the field's largest value. Names are in any case. Instead of the fields: @hourly,
// @daily,
// @midnight, @weekly, @monthly, @yearly, @annually.
//
// Days (the rule of Vixie cron): where both day fields are restricted, a day matches when either does;
// otherwise both must. A field is restricted unless it starts with `*`; `*/2` is not restricted, yet it must
// match.
//
// When the zone's offset changes (Vixie cron's rule, but decided by the hour field alone, and for changes of
// any size):
// - Fixed hours (the hour field does not start with `*`): slots that a jump forward skips fire once,
// together,
//   at the first instant after the jump. Slots that come twice, because the clock was put back, fire the
//   first time only.
// - Any hour (the hour field starts with `*`): it fires whenever the wall clock shows a slot. Skipped slots
// do
//   not fire, slots that come twice fire twice.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/status.h"
#include "sched/time_zone.h"

namespace sqbackup {

class CronExpression {
 public:
  // kBadSetting, naming the field and what is legal in it; also where no such day exists (`0 0 30 2 *`).
  static Result<CronExpression> parse(std::string_view text);

  // The first instant after `time` at which the expression fires. nullopt: none within 50 years (the longest
  // gap of an expression that parses is 40: February 29 on a given weekday), or none before the year 9990.
  std::optional<UnixMillis> next_after(UnixMillis time, const TimeZone& zone) const;

 private:
  friend class CronParser;
  CronExpression() = default;

  // Instants of wall-clock time, as if it were UTC: the first slot that is not before `minute` and before
  // `limit`, in minutes since 1970.
  std::optional<std::int64_t> first_slot(std::int64_t minute, std::int64_t limit) const;
  std::optional<int> minute_of_day_from(int minute_of_day) const;
  std::uint32_t days_in(int year, unsigned month) const;  // bit n: day n matches
  bool ever_fires() const;

  std::optional<UnixMillis> next_of_fixed_hours(UnixMillis time, const TimeZone& zone) const;
  std::optional<UnixMillis> next_of_any_hour(UnixMillis time, const TimeZone& zone) const;

  // Bit n: the value n is in the field. Sunday is 0.
  std::uint64_t minutes_ = 0;
  std::uint64_t hours_ = 0;
  std::uint64_t days_ = 0;
  std::uint64_t months_ = 0;
  std::uint64_t weekdays_ = 0;
  bool any_hour_ = false;    // the hour field starts with `*`
  bool either_day_ = false;  // neither day field does
};

}  // namespace sqbackup
