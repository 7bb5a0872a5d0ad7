#include "sched/posix_tz.h"

#include <algorithm>
#include <chrono>

namespace sqbackup {
namespace {

constexpr std::int64_t kDay = 86400;

std::int64_t seconds_of(std::chrono::sys_days day) {
  return std::int64_t{day.time_since_epoch().count()} * kDay;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

// Takes the text from the left; false at the first thing that is not there.
class PosixTzParser {
 public:
  explicit PosixTzParser(std::string_view text) : rest_(text) {}

  std::optional<PosixTz> parse() {
    PosixTz tz;
    if (!name() || !offset(&tz.standard_, 24)) return std::nullopt;
    if (rest_.empty()) return tz;
    tz.has_daylight_ = true;
    tz.daylight_ = tz.standard_ + 3600;
    if (!name()) return std::nullopt;
    if (!rest_.empty() && rest_.front() != ',' && !offset(&tz.daylight_, 25)) return std::nullopt;
    if (!date(&tz.begin_) || !date(&tz.end_) || !rest_.empty()) return std::nullopt;
    return tz;
  }

 private:
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // Three or more letters, or "<+0330>".
  bool name() {
    const bool quoted = take('<');
    std::size_t length = 0;
    while (length < rest_.size() &&
           (is_letter(rest_[length]) ||
            (quoted && (is_digit(rest_[length]) || rest_[length] == '+' || rest_[length] == '-')))) {
      ++length;
    }
    rest_.remove_prefix(length);
    return length >= 3 && (!quoted || take('>'));
  }

  // One to three digits.
  bool number(int min, int max, int* out) {
    std::size_t digits = 0;
    int value = 0;
    for (; digits < rest_.size() && digits < 3 && is_digit(rest_[digits]); ++digits) {
      value = value * 10 + (rest_[digits] - '0');
    }
    rest_.remove_prefix(digits);
    *out = value;
    return digits > 0 && value >= min && value <= max;
  }

  // [+-]hours[:minutes[:seconds]]
  bool time(std::int64_t* out, int max_hours) {
    const bool negative = take('-');
    if (!negative) take('+');
    int hours = 0, minutes = 0, seconds = 0;
    if (!number(0, max_hours, &hours)) return false;
    if (take(':') && (!number(0, 59, &minutes) || (take(':') && !number(0, 59, &seconds)))) return false;
    const std::int64_t value = hours * 3600 + minutes * 60 + seconds;
    *out = negative ? -value : value;
    return true;
  }

  // POSIX counts west of Greenwich.
  bool offset(std::int64_t* out, int max_hours) {
    if (!time(out, max_hours)) return false;
    *out = -*out;
    return true;
  }

  bool date(PosixTz::Date* out) {
    using Kind = PosixTz::Date::Kind;
    if (!take(',')) return false;
    if (take('M')) {
      out->kind = Kind::kWeekday;
      int month = 0, week = 0, weekday = 0;
      if (!number(1, 12, &month) || !take('.') || !number(1, 5, &week) || !take('.') ||
          !number(0, 6, &weekday))
        return false;
      out->month = static_cast<unsigned>(month);
      out->week = static_cast<unsigned>(week);
      out->weekday = static_cast<unsigned>(weekday);
    } else if (take('J')) {
      out->kind = Kind::kJulian;
      if (!number(1, 365, &out->day)) return false;
    } else {
      out->kind = Kind::kDayOfYear;
      if (!number(0, 365, &out->day)) return false;
    }
    return !take('/') || time(&out->seconds, 167);
  }

  std::string_view rest_;
};

std::optional<PosixTz> PosixTz::parse(std::string_view text) { return PosixTzParser(text).parse(); }

std::int64_t PosixTz::Date::in(int year) const {
  using namespace std::chrono;
  const std::chrono::year y(year);
  const sys_days first = y / January / 1;
  switch (kind) {
    case Kind::kJulian:
      return seconds_of(first + days(day - 1 + (y.is_leap() && day >= 60 ? 1 : 0))) + seconds;
    case Kind::kDayOfYear:
      return seconds_of(first + days(day)) + seconds;
    case Kind::kWeekday:
      break;
  }
  const std::chrono::month m(month);
  const std::chrono::weekday w(weekday);
  const sys_days on = week == 5 ? sys_days(y / m / w[last]) : sys_days(y / m / w[week]);
  return seconds_of(on) + seconds;
}

std::vector<PosixTz::Change> PosixTz::changes(int first, int last) const {
  std::vector<Change> all;
  if (!has_daylight_) return all;
  for (int year = first; year <= last; ++year) {
    const Change begin{begin_.in(year)-standard_, daylight_};
    const Change end{end_.in(year)-daylight_, standard_};
    all.push_back(begin.at < end.at ? begin : end);
    all.push_back(begin.at < end.at ? end : begin);
  }
  // Stable: where daylight saving ends at the instant at which the next year's begins, it goes on.
  std::stable_sort(all.begin(), all.end(), [](const Change& a, const Change& b) { return a.at < b.at; });
  return all;
}

}  // namespace sqbackup
