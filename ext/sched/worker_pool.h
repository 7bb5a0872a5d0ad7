// WorkerPool: jobs that run again and again, each at its time, on a few threads. Idle jobs cost nothing but
// their entry: no thread each, no polling.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"

namespace sqbackup {

class WorkerPool {
 public:
  // One run. Returns when it wants to run next; nullopt: not before wake(). Never runs twice at once. Must
  // not throw.
  using Job = std::function<std::optional<UnixMillis>()>;
  using Id = std::uint64_t;

  // Threads are started as they are needed, at most `most_threads`. Times are those of `clock`; a clock that
  // jumps is noticed within a minute.
  WorkerPool(Clock& clock, unsigned most_threads) : clock_(clock), most_threads_(most_threads) {}
  ~WorkerPool();  // all jobs are removed by then
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // The job runs first as soon as a thread is free. kIoError: the system gives no thread.
  Result<Id> add(Job job) SQB_EXCLUDES(mutex_);
  // It runs as soon as possible; if it is running, once more after that.
  void wake(Id id) SQB_EXCLUDES(mutex_);
  // It does not run again; returns when a run under way has ended. Not from a job itself.
  void remove(Id id) SQB_EXCLUDES(mutex_);

  std::size_t threads() SQB_EXCLUDES(mutex_);

 private:
  struct Entry {
    Job job;
    std::optional<UnixMillis> due;  // since when it waits, where it is ready
    bool running = false;
    bool woken = true;
    bool removed = false;
  };
  using Entries = std::map<Id, Entry>;

  void work() SQB_EXCLUDES(mutex_);
  Entries::iterator next_ready() SQB_REQUIRES(mutex_);
  void run(Entries::iterator entry) SQB_REQUIRES(mutex_);
  void wait_for_work() SQB_REQUIRES(mutex_);
  void call_for_help() SQB_REQUIRES(mutex_);
  Status start_worker() SQB_REQUIRES(mutex_);

  Clock& clock_;
  const unsigned most_threads_;
  Mutex mutex_;
  CondVar changed_;  // something may be ready, or the pool ends
  CondVar ended_;    // a run has ended
  Entries entries_ SQB_GUARDED_BY(mutex_);
  Id last_id_ SQB_GUARDED_BY(mutex_) = 0;
  UnixMillis latest_ SQB_GUARDED_BY(mutex_) = 0;  // the time at the latest look
  std::vector<std::thread> threads_ SQB_GUARDED_BY(mutex_);
  std::size_t idle_ SQB_GUARDED_BY(mutex_) = 0;
  bool watched_ SQB_GUARDED_BY(mutex_) = false;  // an idle thread waits for the earliest due time
  bool stop_ SQB_GUARDED_BY(mutex_) = false;
};

}  // namespace sqbackup
