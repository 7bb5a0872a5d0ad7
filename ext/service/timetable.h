// Timetable: when the next run of one kind is due, with what that takes to remember: failures, and a clock
// that was set back.
#pragma once

#include <optional>

#include "sched/schedule.h"

namespace sqbackup {

class Timetable {
 public:
  // When the next run is due, given when the last one that succeeded began; never before `now`.
  std::optional<UnixMillis> next(const Schedule& schedule, std::optional<UnixMillis> last, UnixMillis now,
                                 Jitter jitter);
  void succeeded() { failures_ = 0; }
  void failed(UnixMillis now) {
    ++failures_;
    failed_at_ = now;
  }

 private:
  LastRun last_run_;
  unsigned failures_ = 0;
  UnixMillis failed_at_ = 0;
};

}  // namespace sqbackup
