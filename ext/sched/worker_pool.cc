#include "sched/worker_pool.h"

#include <algorithm>
#include <chrono>
#include <new>

#include "base/fork_gate.h"
#include "base/thread.h"

namespace sqbackup {
namespace {

// Waiting knows only how long; the clock may have been set meanwhile, or the machine asleep.
constexpr std::int64_t kLongestWait = 60'000;

}  // namespace

WorkerPool::~WorkerPool() {
  std::vector<std::thread> threads;
  {
    MutexLock lock(mutex_);
    stop_ = true;
    threads.swap(threads_);
  }
  changed_.notify_all();
  for (std::thread& thread : threads) thread.join();
}

Result<WorkerPool::Id> WorkerPool::add(Job job) {
  MutexLock lock(mutex_);
  if (threads_.empty()) SQB_TRY(start_worker());
  const Id id = ++last_id_;
  Entry& entry = entries_[id];
  entry.job = std::move(job);
  entry.due = clock_.now();
  call_for_help();
  return id;
}

void WorkerPool::wake(Id id) {
  MutexLock lock(mutex_);
  const auto entry = entries_.find(id);
  if (entry == entries_.end()) return;
  Entry& job = entry->second;
  job.woken = true;
  job.due = std::min(job.due.value_or(INT64_MAX), clock_.now());  // its place among those that wait
  call_for_help();
}

void WorkerPool::remove(Id id) {
  MutexLock lock(mutex_);
  const auto entry = entries_.find(id);
  if (entry == entries_.end()) return;
  entry->second.removed = true;
  while (entry->second.running) ended_.wait(mutex_);
  entries_.erase(entry);
}

std::size_t WorkerPool::threads() {
  MutexLock lock(mutex_);
  return threads_.size();
}

Status WorkerPool::start_worker() {
  threads_.reserve(most_threads_);  // a thread that is started is kept
  SQB_ASSIGN(auto thread, start_thread("sqbackup", [this] { work(); }));
  threads_.push_back(std::move(thread));
  return {};
}

// Somebody should look at the jobs: an idle thread, or a new one. Where the system gives none, those there
// are will come to it.
void WorkerPool::call_for_help() {
  changed_.notify_all();
  if (idle_ > 0 || threads_.size() >= most_threads_) return;
  try {
    static_cast<void>(start_worker());
  } catch (const std::bad_alloc&) {
  }
}

void WorkerPool::work() {
  MutexLock lock(mutex_);
  while (!stop_) {
    const auto entry = next_ready();
    if (entry != entries_.end()) {
      run(entry);
    } else {
      wait_for_work();
    }
  }
}

// The job that has waited longest for its run; end(): none is ready.
WorkerPool::Entries::iterator WorkerPool::next_ready() {
  const UnixMillis now = clock_.now();
  if (now < latest_) {  // the clock was set back: what is due when, is for the jobs to say anew
    for (auto& [id, job] : entries_) {
      job.woken = true;
      job.due = now;
    }
  }
  latest_ = now;
  auto first = entries_.end();
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    const Entry& job = entry->second;
    if (job.running || job.removed || !(job.woken || (job.due && *job.due <= now))) continue;
    const auto waits_since = [now](const Entry& one) { return one.due ? std::min(*one.due, now) : now; };
    if (first == entries_.end() || waits_since(job) < waits_since(first->second)) first = entry;
  }
  return first;
}

void WorkerPool::run(Entries::iterator entry) {
  Entry& job = entry->second;  // stays where it is: remove() waits for it
  job.running = true;
  job.woken = false;
  if (!watched_ && entries_.size() > 1) call_for_help();  // to do or to watch the others meanwhile
  mutex_.unlock();
  std::optional<UnixMillis> due;
  {
    BackgroundWork work;
    due = job.job();
  }
  mutex_.lock();
  job.running = false;
  job.due = job.woken ? std::min(due.value_or(INT64_MAX), clock_.now()) : due;
  ended_.notify_all();
  if (watched_) changed_.notify_all();  // it may be due before what is watched for
}

// Of the idle threads one waits for the earliest time, the others only for a call.
void WorkerPool::wait_for_work() {
  std::optional<UnixMillis> earliest;
  for (const auto& [id, job] : entries_) {
    if (!job.running && job.due && (!earliest || *job.due < *earliest)) earliest = job.due;
  }
  ++idle_;
  if (watched_ || !earliest) {
    changed_.wait(mutex_);
  } else {
    watched_ = true;
    const std::int64_t wait = std::clamp<std::int64_t>(*earliest - clock_.now(), 1, kLongestWait);
    changed_.wait_for(mutex_, std::chrono::milliseconds(wait));
    watched_ = false;
  }
  --idle_;
}

}  // namespace sqbackup
