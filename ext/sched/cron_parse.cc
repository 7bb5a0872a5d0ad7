#include <array>
#include <charconv>
#include <span>
#include <string>
#include <vector>

#include "sched/cron.h"

namespace sqbackup {
namespace {

constexpr std::size_t kMaxQuoted = 80;

constexpr std::string_view kMonths[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                        "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::string_view kWeekdays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

struct Field {
  const char* name;
  const char* legal;
  int min;
  int max;
  std::span<const std::string_view> names;  // of the values from `min`
};

constexpr std::array<Field, 5> kFields = {{
    {"minute", "0 to 59", 0, 59, {}},
    {"hour", "0 to 23", 0, 23, {}},
    {"day of month", "1 to 31", 1, 31, {}},
    {"month", "1 to 12 or jan to dec", 1, 12, kMonths},
    {"weekday", "0 to 7 (0 and 7 are Sunday) or sun to sat", 0, 7, kWeekdays},
}};

struct Macro {
  std::string_view name;
  std::string_view fields;
};

constexpr Macro kMacros[] = {
    {"@hourly", "0 * * * *"},  {"@daily", "0 0 * * *"},  {"@midnight", "0 0 * * *"}, {"@weekly", "0 0 * * 0"},
    {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"},
};

std::string quoted(std::string_view text) {
  const bool cut = text.size() > kMaxQuoted;
  return "'" + std::string(text.substr(0, kMaxQuoted)) + (cut ? "...'" : "'");
}

bool equal_in_any_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != lower[i]) return false;
  }
  return true;
}

std::vector<std::string_view> split(std::string_view text, std::string_view separators, bool keep_empty) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find_first_of(separators);
    if (keep_empty || end != 0) {
      if (keep_empty || !text.empty()) parts.push_back(text.substr(0, end));
    }
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// The two sides of the first `separator`; without one, the second is nullopt.
std::pair<std::string_view, std::optional<std::string_view>> cut(std::string_view text, char separator) {
  const std::size_t at = text.find(separator);
  if (at == std::string_view::npos) return {text, std::nullopt};
  return {text.substr(0, at), text.substr(at + 1)};
}

std::optional<int> number(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || text.front() == '-' || error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

class CronParser {
 public:
  explicit CronParser(std::string_view text) : text_(text) {}

  Result<CronExpression> parse() {
    SQB_ASSIGN(const std::vector<std::string_view> fields, split_fields());
    CronExpression cron;
    std::uint64_t* const sets[] = {&cron.minutes_, &cron.hours_, &cron.days_, &cron.months_, &cron.weekdays_};
    for (std::size_t i = 0; i < kFields.size(); ++i) {
      for (const std::string_view item : split(fields[i], ",", true)) {
        SQB_ASSIGN(const std::uint64_t values, parse_item(kFields[i], item));
        *sets[i] |= values;
      }
    }
    constexpr std::uint64_t kSeven = std::uint64_t{1} << 7;
    if ((cron.weekdays_ & kSeven) != 0) cron.weekdays_ = (cron.weekdays_ & ~kSeven) | 1;
    cron.any_hour_ = fields[1].front() == '*';
    cron.either_day_ = fields[2].front() != '*' && fields[4].front() != '*';
    if (!cron.ever_fires()) {
      return error("it never fires: none of its months has such a day of month: correct one of the two");
    }
    return cron;
  }

 private:
  Status error(std::string_view why) const {
    return {Error::kBadSetting, "the schedule " + quoted(text_) + " is not legal: " + std::string(why)};
  }

  Status error(const Field& field, std::string_view item, std::string_view why) const {
    return error(std::string(field.name) + ' ' + quoted(item) + ": " + std::string(why) + "; legal are " +
                 field.legal + ", as *, 5, 1-4, a list of these, or a step: */5, 1-4/2, 2/3");
  }

  Result<std::vector<std::string_view>> split_fields() const {
    auto fields = split(text_, " \t", false);
    if (fields.size() == 1 && fields.front().front() == '@') {
      for (const Macro& macro : kMacros) {
        if (equal_in_any_case(fields.front(), macro.name)) return split(macro.fields, " ", false);
      }
      return error(
          "the names are @hourly, @daily, @midnight, @weekly, @monthly, @yearly and @annually; "
          "use one of them or five fields");
    }
    if (fields.size() != kFields.size()) {
      return error("it has " + std::to_string(fields.size()) +
                   " fields; it needs five: minute, hour, day of month, month, weekday");
    }
    return fields;
  }

  // One item of a field's list. The names of weekdays end a range as the calendar does: fri-sun is 5-7.
  Result<std::uint64_t> parse_item(const Field& field, std::string_view item) const {
    const auto [range, step_text] = cut(item, '/');
    int step = 1;
    if (step_text) {
      const auto value = number(*step_text);
      if (!value || *value < 1) return error(field, item, "a step is a number of at least 1");
      step = *value;
    }
    int first = field.min;
    int last = field.max;
    if (range != "*") {
      const auto [first_text, last_text] = cut(range, '-');
      SQB_ASSIGN(first, parse_value(field, item, first_text));
      if (last_text) {
        SQB_ASSIGN(last, parse_value(field, item, *last_text));
        if (last < first && last == 0 && equal_in_any_case(*last_text, kWeekdays[0])) last = 7;
        if (last < first) return error(field, item, "the range ends before it begins (make it two ranges)");
      } else if (!step_text) {
        last = first;
      }
    }
    std::uint64_t values = 0;
    for (std::int64_t value = first; value <= last; value += step) values |= std::uint64_t{1} << value;
    return values;
  }

  Result<int> parse_value(const Field& field, std::string_view item, std::string_view text) const {
    for (std::size_t i = 0; i < field.names.size(); ++i) {
      if (equal_in_any_case(text, field.names[i])) return field.min + static_cast<int>(i);
    }
    const auto value = number(text);
    if (!value) return error(field, item, text.empty() ? "a value is missing" : "this is no value");
    if (*value < field.min || *value > field.max) return error(field, item, "out of range");
    return *value;
  }

  std::string_view text_;
};

Result<CronExpression> CronExpression::parse(std::string_view text) { return CronParser(text).parse(); }

}  // namespace sqbackup
