#include "sched/cron.h"

#include <algorithm>
#include <bit>
#include <chrono>

namespace sqbackup {
namespace {

constexpr std::int64_t kMinuteMillis = 60'000;
constexpr std::int64_t kDayMinutes = 1440;
constexpr std::int64_t kHorizon = 50 * std::int64_t{366} * kDayMinutes * kMinuteMillis;
constexpr UnixMillis kFirstTime = -62135596800000;  // the year 1: a zone's wall clock stays above the year 0
constexpr UnixMillis kLastTime = 253086768000000;   // the year 9990

std::int64_t floor_div(std::int64_t value, std::int64_t by) { return value / by - (value % by < 0 ? 1 : 0); }
std::int64_t ceil_div(std::int64_t value, std::int64_t by) { return -floor_div(-value, by); }

bool has(std::uint64_t set, unsigned value) { return ((set >> value) & 1) != 0; }

// The smallest value of `set` that is not below `value`.
std::optional<int> first_from(std::uint64_t set, int value) {
  const std::uint64_t rest = value > 63 ? 0 : set >> value << value;
  if (rest == 0) return std::nullopt;
  return std::countr_zero(rest);
}

unsigned length_of(std::chrono::year year, std::chrono::month month) {
  return unsigned{(year / month / std::chrono::last).day()};
}

// How far the zone's wall clock had got by `time`, in milliseconds: no slot up to here comes for the first
// time after it. It is ahead of what the clock shows where the clock was put back not long ago.
std::int64_t wall_clock_reached(UnixMillis time, const TimeZone& zone) {
  std::int64_t seconds = floor_div(time, 1000);
  TimeZone::Span span = zone.span_at(seconds);
  std::int64_t reached = time + span.offset * 1000;
  // A change further back than the two offsets can differ has been made up for.
  const std::int64_t oldest = seconds - 2 * TimeZone::kMaxOffset;
  while (span.begin > oldest) {
    const std::int64_t changed = span.begin;
    span = zone.span_at(changed - 1);
    reached = std::max(reached, (changed + span.offset) * 1000 - 1);
  }
  return reached;
}

// The first instant at which the zone's wall clock shows `wall` (seconds) or more.
std::int64_t first_instant_of(std::int64_t wall, const TimeZone& zone) {
  TimeZone::Span span = zone.span_at(wall - TimeZone::kMaxOffset);
  while (true) {
    const std::int64_t at = std::max(wall - span.offset, span.begin);
    if (at < span.end) return at;
    span = zone.span_at(span.end);
  }
}

}  // namespace

std::optional<UnixMillis> CronExpression::next_after(UnixMillis time, const TimeZone& zone) const {
  time = std::max(time, kFirstTime);
  if (time >= kLastTime) return std::nullopt;
  const auto next = any_hour_ ? next_of_any_hour(time, zone) : next_of_fixed_hours(time, zone);
  return next && *next < kLastTime ? next : std::nullopt;
}

std::optional<UnixMillis> CronExpression::next_of_fixed_hours(UnixMillis time, const TimeZone& zone) const {
  const std::int64_t minute = floor_div(wall_clock_reached(time, zone), kMinuteMillis) + 1;
  const auto slot = first_slot(minute, minute + kHorizon / kMinuteMillis);
  if (!slot) return std::nullopt;
  return first_instant_of(*slot * 60, zone) * 1000;
}

std::optional<UnixMillis> CronExpression::next_of_any_hour(UnixMillis time, const TimeZone& zone) const {
  const UnixMillis last = std::min(time + kHorizon, kLastTime);
  UnixMillis from = time + 1;
  while (from < last) {
    const TimeZone::Span span = zone.span_at(floor_div(from, 1000));
    const UnixMillis end = span.end < last / 1000 ? span.end * 1000 : last;
    const std::int64_t offset = span.offset * 1000;
    const auto slot =
        first_slot(ceil_div(from + offset, kMinuteMillis), ceil_div(end + offset, kMinuteMillis));
    if (slot) return *slot * kMinuteMillis - offset;
    from = end;
  }
  return std::nullopt;
}

std::optional<std::int64_t> CronExpression::first_slot(std::int64_t minute, std::int64_t limit) const {
  using namespace std::chrono;
  const std::int64_t first_day = floor_div(minute, kDayMinutes);
  const sys_days today{days(first_day)};
  int minute_of_day = static_cast<int>(minute - first_day * kDayMinutes);
  const year_month_day date(today);
  if (!has(days_in(int{date.year()}, unsigned{date.month()}), unsigned{date.day()}) ||
      !minute_of_day_from(minute_of_day)) {
    minute_of_day = static_cast<int>(kDayMinutes);  // not today any more
  }
  const bool from_tomorrow = minute_of_day == kDayMinutes;
  int first = static_cast<int>(unsigned{date.day()}) + (from_tomorrow ? 1 : 0);
  for (year_month month = date.year() / date.month();; month += months(1), first = 1) {
    const sys_days begin = month / 1;
    if (begin.time_since_epoch().count() * kDayMinutes >= limit) return std::nullopt;
    if (!has(months_, unsigned{month.month()})) continue;
    const auto day = first_from(days_in(int{month.year()}, unsigned{month.month()}), first);
    if (!day) continue;
    const sys_days on = begin + days(*day - 1);
    const auto at = minute_of_day_from(on == today ? minute_of_day : 0);
    const std::int64_t slot = on.time_since_epoch().count() * kDayMinutes + *at;
    return slot < limit ? std::optional(slot) : std::nullopt;
  }
}

std::optional<int> CronExpression::minute_of_day_from(int minute_of_day) const {
  const auto hour = first_from(hours_, minute_of_day / 60);
  if (!hour) return std::nullopt;
  const auto minute = first_from(minutes_, *hour == minute_of_day / 60 ? minute_of_day % 60 : 0);
  if (minute) return *hour * 60 + *minute;
  const auto later = first_from(hours_, *hour + 1);
  if (!later) return std::nullopt;
  return *later * 60 + *first_from(minutes_, 0);
}

std::uint32_t CronExpression::days_in(int year, unsigned month) const {
  using namespace std::chrono;
  if (!has(months_, month)) return 0;
  const std::chrono::year y(year);
  const std::chrono::month m(month);
  const unsigned first_weekday = weekday(sys_days(y / m / 1)).c_encoding();
  std::uint32_t matching = 0;
  for (unsigned day = 1; day <= length_of(y, m); ++day) {
    const bool by_day = has(days_, day);
    const bool by_weekday = has(weekdays_, (first_weekday + day - 1) % 7);
    if (either_day_ ? by_day || by_weekday : by_day && by_weekday) matching |= std::uint32_t{1} << day;
  }
  return matching;
}

bool CronExpression::ever_fires() const {
  if (either_day_) return true;
  constexpr std::chrono::year kLeapYear(2000);
  for (unsigned month = 1; month <= 12; ++month) {
    // In 400 years every date falls on every weekday.
    const auto day = first_from(days_, 1);
    if (has(months_, month) && day &&
        *day <= static_cast<int>(length_of(kLeapYear, std::chrono::month(month)))) {
      return true;
    }
  }
  return false;
}

}  // namespace sqbackup
