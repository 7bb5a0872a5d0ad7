// The content of a compiled time zone file: TZif, version 2 and later (RFC 9636; RFC 8536 before).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/status.h"
#include "sched/posix_tz.h"

namespace sqbackup {

// Offsets are in seconds east of UTC.
struct TzData {
  std::int64_t first_offset = 0;         // before the first change
  std::vector<PosixTz::Change> changes;  // in the order of their times
  std::optional<PosixTz> rule;           // after the last change; nullopt: as the last change says
};

// kIoError: damaged, or of version 1. kBadSetting: it counts leap seconds ("right/..."), which the system's
// clock does not. Changes outside the years 0 to 9999 are moved to their edges.
Result<TzData> parse_tzif(ByteView content);

}  // namespace sqbackup
