// A point: what restore takes. A backup's name, "latest", a UTC time or a time relative to now.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/status.h"

namespace sqbackup {

struct Point {
  enum class Kind { kLatest, kName, kTime };
  Kind kind = Kind::kLatest;
  std::string name;     // kName
  UnixMillis time = 0;  // kTime
};

// "latest"; a time as parse_time() reads it; "5 minutes ago", "-5 minutes", "2 hours ago" (second, minute,
// hour, day, week, singular or plural, with a whole or decimal number); anything else is taken for a name,
// which must be plain. Errors: kBadPoint (empty, or a relative time that is none), kBadName.
Result<Point> parse_point(std::string_view text, UnixMillis now);

}  // namespace sqbackup
