#include "service/timetable.h"

#include <algorithm>

namespace sqbackup {

std::optional<UnixMillis> Timetable::next(const Schedule& schedule, std::optional<UnixMillis> last,
                                          UnixMillis now, Jitter jitter) {
  auto due = schedule.next_due(last_run_.seen(last, now), now, jitter);
  if (!due || failures_ == 0) return due;
  failed_at_ = std::min(failed_at_, now);  // the clock was set back
  const auto period = schedule.period(now);
  return std::max(*due, failed_at_ + retry_delay(failures_, period.value_or(INT64_MAX)));
}

}  // namespace sqbackup
