// WorkSlot: one backup or restore of a database at a time in this process; the others wait, and can be
// interrupted.
#pragma once

#include <memory>

#include "base/mutex.h"
#include "base/progress.h"
#include "base/status.h"

namespace sqbackup {

class WorkSlot {
 public:
  // Gives the slot back when destroyed.
  struct Release {
    void operator()(WorkSlot* slot) const { slot->release(); }
  };
  using Holder = std::unique_ptr<WorkSlot, Release>;

  // Waits for its turn; kInterrupted when `progress` asks to stop meanwhile.
  Result<Holder> acquire(Progress& progress) SQB_EXCLUDES(mutex_);

 private:
  void release() SQB_EXCLUDES(mutex_);
  bool try_acquire() SQB_EXCLUDES(mutex_);  // waits a moment

  Mutex mutex_;
  CondVar freed_;
  bool taken_ SQB_GUARDED_BY(mutex_) = false;
};

}  // namespace sqbackup
