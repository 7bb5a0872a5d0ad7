#include "format/point.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/ascii.h"
#include "store/backup_directory.h"

namespace sqbackup {
namespace {

constexpr UnixMillis kYearZero = -62167219200000;  // no time before it has a text form
constexpr std::string_view kHelp =
    "a point is a backup's name, 'latest', a UTC time as '2026-11-20 10:17:00', or a relative time as "
    "'5 minutes ago'";

struct Unit {
  std::string_view name;
  double millis;
};

constexpr std::array<Unit, 5> kUnits = {{
    {"second", 1000.0},
    {"minute", 60000.0},
    {"hour", 3600000.0},
    {"day", 86400000.0},
    {"week", 604800000.0},
}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// What the user typed, fit for one line of a message.
std::string shown(std::string_view text) {
  constexpr std::size_t kLimit = 80;
  std::string result = "'";
  for (char c : text.substr(0, kLimit)) result += c >= 0x20 && c < 0x7f ? c : '?';
  return result + (text.size() > kLimit ? "...'" : "'");
}

template <typename Predicate>
std::string_view take_while(std::string_view& text, Predicate predicate) {
  std::size_t size = 0;
  while (size < text.size() && predicate(text[size])) ++size;
  const std::string_view taken = text.substr(0, size);
  text.remove_prefix(size);
  return taken;
}

// "5 minutes ago" or "-5 minutes", as far as its shape goes.
struct Relative {
  std::string_view number;
  std::string unit;
};

std::optional<Relative> relative_shape(std::string_view text) {
  const auto is_space = [](char c) { return c == ' '; };
  const bool minus = text.starts_with('-');
  if (minus) text.remove_prefix(1);
  Relative relative;
  relative.number = take_while(text, [](char c) { return is_digit(c) || c == '.'; });
  if (relative.number.empty() || !is_digit(relative.number.front()) || !is_digit(relative.number.back())) {
    return std::nullopt;
  }
  take_while(text, is_space);
  relative.unit = ascii_lower(take_while(text, is_letter));
  const bool spaced = !take_while(text, is_space).empty();
  const bool ago = spaced && ascii_lower(text) == "ago";
  const bool complete = ago || (!spaced && text.empty());
  if (!complete || (!minus && !ago)) return std::nullopt;
  if (minus && ago) relative.unit.clear();  // twice in the past: looks relative, means nothing
  return relative;
}

std::optional<double> millis_of(const Relative& relative) {
  double number = 0;
  const char* end = relative.number.data() + relative.number.size();
  const auto parsed = std::from_chars(relative.number.data(), end, number, std::chars_format::fixed);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  for (const Unit& unit : kUnits) {
    if (relative.unit == unit.name || relative.unit == std::string(unit.name) + "s") {
      return number * unit.millis;
    }
  }
  return std::nullopt;
}

Status bad_point(std::string_view text, std::string_view why) {
  return {Error::kBadPoint, shown(text) + " " + std::string(why) + "; " + std::string(kHelp)};
}

Result<Point> relative_point(std::string_view text, const Relative& relative, UnixMillis now) {
  const std::optional<double> millis = millis_of(relative);
  if (!millis.has_value()) {
    return bad_point(text,
                     "is no relative time: it takes a number of seconds, minutes, hours, days or weeks");
  }
  if (*millis > static_cast<double>(now - kYearZero)) return bad_point(text, "is too long ago");
  return Point{.kind = Point::Kind::kTime, .name = {}, .time = now - std::llround(*millis)};
}

}  // namespace

Result<Point> parse_point(std::string_view text, UnixMillis now) {
  if (text.empty()) return Status(Error::kBadPoint, "the point is empty; " + std::string(kHelp));
  if (ascii_lower(text) == "latest") return Point{};
  if (const std::optional<UnixMillis> time = parse_time(text); time.has_value()) {
    return Point{.kind = Point::Kind::kTime, .name = {}, .time = *time};
  }
  if (const std::optional<Relative> relative = relative_shape(text); relative.has_value()) {
    return relative_point(text, *relative, now);
  }
  if (!is_plain_name(text)) {
    return Status(Error::kBadName, shown(text) +
                                       " cannot be the name of a backup, which is a plain file name" +
                                       " without any directory; " + std::string(kHelp));
  }
  return Point{.kind = Point::Kind::kName, .name = std::string(text), .time = 0};
}

}  // namespace sqbackup
