// PosixTz: the rule at the end of a TZif file, for all time after the transitions that the file lists:
// "CET-1CEST,M3.5.0,M10.5.0/3" (POSIX's TZ, with hours of -167 to 167 as in RFC 9636, 3.3.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace sqbackup {

class PosixTz {
 public:
  // nullopt: not such a rule. Daylight saving without the dates of its begin and end is none either.
  static std::optional<PosixTz> parse(std::string_view text);

  struct Change {
    std::int64_t at;      // seconds since 1970
    std::int64_t offset;  // in force from then on, seconds east of UTC
  };

  std::int64_t standard_offset() const { return standard_; }
  // The changes of the years `first` to `last` in their order; none where there is no daylight saving. Of
  // changes at one instant the last is in force.
  std::vector<Change> changes(int first, int last) const;

 private:
  friend class PosixTzParser;

  // A day of the year and the wall-clock time on it.
  struct Date {
    enum class Kind { kJulian, kDayOfYear, kWeekday };  // Jn (no February 29), n (from 0), Mm.w.d
    Kind kind = Kind::kJulian;
    int day = 0;
    unsigned month = 0, week = 0, weekday = 0;
    std::int64_t seconds = 7200;
    std::int64_t in(int year) const;  // seconds since 1970, as if the wall clock were UTC
  };

  std::int64_t standard_ = 0;
  std::int64_t daylight_ = 0;
  bool has_daylight_ = false;
  Date begin_, end_;  // of daylight saving
};

}  // namespace sqbackup
