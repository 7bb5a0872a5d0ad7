#include "service/work_slot.h"

#include <chrono>

namespace sqbackup {

bool WorkSlot::try_acquire() {
  constexpr std::chrono::milliseconds kInterruptCheck(50);
  MutexLock lock(mutex_);
  if (taken_) freed_.wait_for(mutex_, kInterruptCheck);
  if (taken_) return false;
  taken_ = true;
  return true;
}

Result<WorkSlot::Holder> WorkSlot::acquire(Progress& progress) {
  while (!try_acquire()) SQB_TRY(progress.advance(0));
  return Holder(this);
}

void WorkSlot::release() {
  {
    MutexLock lock(mutex_);
    taken_ = false;
  }
  freed_.notify_one();
}

}  // namespace sqbackup
