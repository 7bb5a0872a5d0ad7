// Mutex and MutexLock: std::mutex with clang's thread-safety annotations (checked with -Wthread-safety).
#pragma once

#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define SQB_ANNOTATION(x) __attribute__((x))
#else
#define SQB_ANNOTATION(x)
#endif
#define SQB_GUARDED_BY(m) SQB_ANNOTATION(guarded_by(m))
#define SQB_REQUIRES(m) SQB_ANNOTATION(requires_capability(m))
#define SQB_EXCLUDES(...) SQB_ANNOTATION(locks_excluded(__VA_ARGS__))

namespace sqbackup {

class SQB_ANNOTATION(capability("mutex")) Mutex {
 public:
  void lock() SQB_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void unlock() SQB_ANNOTATION(release_capability()) { mutex_.unlock(); }
  bool try_lock() SQB_ANNOTATION(try_acquire_capability(true)) { return mutex_.try_lock(); }

 private:
  std::mutex mutex_;
};

class SQB_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) SQB_ANNOTATION(acquire_capability(mutex)) : mutex_(mutex) {
    mutex_.lock();
  }
  ~MutexLock() SQB_ANNOTATION(release_capability()) { mutex_.unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;
  // For CondVar: `condition.wait(lock, predicate)` releases the mutex while it waits.
  Mutex& mutex() { return mutex_; }

 private:
  Mutex& mutex_;
};

using CondVar = std::condition_variable_any;  // wait(mutex, predicate)

}  // namespace sqbackup
