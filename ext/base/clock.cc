#include "base/clock.h"

#include <algorithm>
#include <chrono>

namespace sqbackup {
namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;

// The years 0000 to 9999: what four digits, and SQLite's date functions, can say.
constexpr UnixMillis kFirstTime = -62167219200000;
constexpr UnixMillis kLastTime = 253402300799999;

class SystemClock : public Clock {
 public:
  UnixMillis now() override {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
  }
  double monotonic_seconds() override {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Takes text from the left. After the first thing that is not there, nothing is taken any more.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

  bool take(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) { ok_ = take({&c, 1}) && ok_; }

  // Exactly `digits` digits.
  int number(std::size_t digits) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) value = value * 10 + digit();
    return value;
  }

  // One or more digits of a decimal fraction, in thousandths; what is finer is dropped.
  int thousandths() {
    int value = 100 * digit();
    for (int scale = 10; !rest_.empty() && is_digit(rest_.front()); scale /= 10) value += scale * digit();
    return value;
  }

 private:
  int digit() {
    if (rest_.empty() || !is_digit(rest_.front())) {
      ok_ = false;
      return 0;
    }
    const int value = rest_.front() - '0';
    rest_.remove_prefix(1);
    return value;
  }

  std::string_view rest_;
  bool ok_ = true;
};

std::string padded(std::int64_t value, std::size_t width) {
  std::string digits = std::to_string(value);
  return digits.size() < width ? std::string(width - digits.size(), '0') + digits : digits;
}

std::optional<UnixMillis> take_date(Scanner& scanner) {
  const std::chrono::year year(scanner.number(4));
  scanner.expect('-');
  const std::chrono::month month(static_cast<unsigned>(scanner.number(2)));
  scanner.expect('-');
  const std::chrono::day day(static_cast<unsigned>(scanner.number(2)));
  const std::chrono::year_month_day date(year, month, day);
  if (!scanner.ok() || !date.ok()) return std::nullopt;
  return std::int64_t{std::chrono::sys_days(date).time_since_epoch().count()} * kDay;
}

std::optional<std::int64_t> take_hours_and_minutes(Scanner& scanner) {
  const int hours = scanner.number(2);
  scanner.expect(':');
  const int minutes = scanner.number(2);
  if (!scanner.ok() || hours > 23 || minutes > 59) return std::nullopt;
  return hours * kHour + minutes * kMinute;
}

// The part after "T": milliseconds since midnight UTC, which an offset may move to another day.
std::optional<std::int64_t> take_time_of_day(Scanner& scanner) {
  auto time = take_hours_and_minutes(scanner);
  if (!time) return std::nullopt;
  if (scanner.take(":")) {
    const int seconds = scanner.number(2);
    if (seconds > 59) return std::nullopt;
    *time += seconds * kSecond;
    if (scanner.take(".")) *time += scanner.thousandths();
  }
  if (scanner.take("Zz")) return time;
  const bool ahead = scanner.take("+");
  if (ahead || scanner.take("-")) {
    const auto offset = take_hours_and_minutes(scanner);
    if (!offset) return std::nullopt;
    *time += ahead ? -*offset : *offset;
  }
  return time;
}

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};

// Of two with one beginning, the longer name first.
constexpr Unit kUnits[] = {{"w", 7 * kDay}, {"d", kDay},    {"h", kHour},
                           {"ms", 1},       {"m", kMinute}, {"s", kSecond}};

// The unit that `text` begins with.
const Unit* unit_at(std::string_view text) {
  for (const Unit& unit : kUnits) {
    if (text.starts_with(unit.name)) return &unit;
  }
  return nullptr;
}

}  // namespace

Clock& system_clock() {
  static SystemClock& clock =
      *new SystemClock;  // never destroyed: threads may still run when the process exits
  return clock;
}

std::string format_sql_time(UnixMillis time) {
  const std::chrono::sys_time<std::chrono::milliseconds> point(
      std::chrono::milliseconds(std::clamp(time, kFirstTime, kLastTime)));
  const auto day = std::chrono::floor<std::chrono::days>(point);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(point - day);
  return padded(int{date.year()}, 4) + '-' + padded(unsigned{date.month()}, 2) + '-' +
         padded(unsigned{date.day()}, 2) + ' ' + padded(clock.hours().count(), 2) + ':' +
         padded(clock.minutes().count(), 2) + ':' + padded(clock.seconds().count(), 2) + '.' +
         padded(clock.subseconds().count(), 3);
}

std::optional<UnixMillis> parse_time(std::string_view text) {
  Scanner scanner(text);
  const auto date = take_date(scanner);
  if (!date) return std::nullopt;
  std::int64_t time_of_day = 0;
  if (scanner.take("Tt ")) {
    const auto time = take_time_of_day(scanner);
    if (!time) return std::nullopt;
    time_of_day = *time;
  }
  if (!scanner.ok() || !scanner.at_end()) return std::nullopt;
  return *date + time_of_day;
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  bool first = true;
  while (!text.empty()) {
    std::int64_t count = 0;
    std::size_t digits = 0;
    for (; digits < text.size() && is_digit(text[digits]); ++digits) {
      if (__builtin_mul_overflow(count, 10, &count)) return std::nullopt;
      if (__builtin_add_overflow(count, text[digits] - '0', &count)) return std::nullopt;
    }
    if (digits == 0) return std::nullopt;
    const bool plain_seconds = first && digits == text.size();
    if (digits == text.size() && !plain_seconds) return std::nullopt;
    const Unit* unit = unit_at(plain_seconds ? "s" : text.substr(digits));
    if (unit == nullptr || __builtin_mul_overflow(count, unit->milliseconds, &count)) return std::nullopt;
    if (__builtin_add_overflow(total, count, &total)) return std::nullopt;
    text.remove_prefix(plain_seconds ? digits : digits + unit->name.size());
    first = false;
  }
  return total;
}

std::string format_duration(std::int64_t millis) {
  std::string text;
  for (const char* name : {"d", "h", "m", "s"}) {
    const std::int64_t unit = unit_at(name)->milliseconds;
    if (millis >= unit) text += std::to_string(millis / unit) + name;
    millis %= unit;
  }
  return text.empty() ? "0s" : text;
}

}  // namespace sqbackup
