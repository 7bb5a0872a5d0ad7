// Clock: the time of day and the passing of time, injected so that tests can drive them. Also the text form
// of times.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sqbackup {

using UnixMillis = std::int64_t;  // milliseconds since 1970-01-01T00:00:00Z

// Implementations are safe for use by several threads.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual UnixMillis now() = 0;
  virtual double monotonic_seconds() = 0;
};

Clock& system_clock();

// "2026-11-20 10:30:00.000", UTC: the form of every time in a column; SQLite's date functions compare and
// compute with it.
std::string format_sql_time(UnixMillis time);

// Reads an RFC 3339 or SQLite UTC time: "YYYY-MM-DD[(T| )HH:MM[:SS[.fff...]][Z|+hh:mm|-hh:mm]]", "T"/"Z" in
// either case; without an offset it is UTC. nullopt: not such a time (impossible dates and times included).
std::optional<UnixMillis> parse_time(std::string_view text);

// Reads "500ms", "90s", "10m", "36h", "7d", "2w", or a sum as "1d12h", or plain seconds "90"; result in
// milliseconds. nullopt: not a duration.
std::optional<std::int64_t> parse_duration(std::string_view text);

// "1d12h", "90s" as "1m30s": whole seconds, rounded down, as parse_duration() reads them. "0s": less than
// one.
std::string format_duration(std::int64_t millis);

}  // namespace sqbackup
