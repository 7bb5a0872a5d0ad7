// TimeZone: the offset of a zone's wall clock from UTC at any instant; UTC or a zone of the machine's IANA
// database. It is read once and does not change afterwards; a copy shares the data. TZ and TZDIR are not
// looked at.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/file_env.h"
#include "base/status.h"

namespace sqbackup {

struct TzData;

class TimeZone {
 public:
  static constexpr const char* kDirectory = "/usr/share/zoneinfo";
  static constexpr std::int64_t kMaxOffset = 93'600;  // 26 hours: no offset is further from UTC, in seconds

  // Instants [begin, end) in seconds since 1970 with one offset (seconds east of UTC). Neighbours may have
  // the same offset.
  struct Span {
    std::int64_t begin;
    std::int64_t end;
    std::int64_t offset;
  };

  static TimeZone utc();
  // "UTC" needs no file; other names ("Europe/Berlin") are of files in `directory`. kBadSetting: no plain
  // zone name, or no such zone there, or one that counts leap seconds. kIoError: the file is damaged.
  static Result<TimeZone> load(FileEnv& files, std::string_view name,
                               const std::string& directory = kDirectory);
  // The content of such a file (sched/tzif.h). kIoError, kBadSetting.
  static Result<TimeZone> parse(std::string_view name, ByteView content);

  const std::string& name() const;

  // `time` in seconds since 1970, within the years 0 to 9999.
  Span span_at(std::int64_t time) const;
  std::int64_t offset_at(std::int64_t time) const { return span_at(time).offset; }

 private:
  explicit TimeZone(std::string name, TzData data);

  struct Rep;
  std::shared_ptr<const Rep> rep_;
};

}  // namespace sqbackup
