#include "base/fork_gate.h"

#include <atomic>
#include <mutex>
#include <thread>

#include "base/thread.h"

namespace sqbackup {
namespace {

// Atomics alone: after fork() they are as they were, whoever was about to change them.
constinit std::atomic<int> at_work = 0;        // threads that must not be interrupted where they are
constinit std::atomic<int> forks = 0;          // waiting for them, or under way
constinit std::atomic<bool> pressing = false;  // one of them has waited for kForkPatience
constinit thread_local bool is_at_work = false;

void enter() {
  while (true) {
    at_work.fetch_add(1);
    if (forks.load() == 0) break;
    at_work.fetch_sub(1);
    for (int others = forks.load(); others != 0; others = forks.load()) forks.wait(others);
  }
  is_at_work = true;
}

void leave() {
  is_at_work = false;
  at_work.fetch_sub(1);
}

void before_fork() {
  forks.fetch_add(1);
  const int own = is_at_work ? 1 : 0;
  const auto began = std::chrono::steady_clock::now();
  while (at_work.load() > own) {
    const auto waited = std::chrono::steady_clock::now() - began;
    if (waited >= kLongestForkWait) break;
    if (waited >= kForkPatience) pressing = true;
    std::this_thread::sleep_for(std::chrono::microseconds(50));
  }
}

void after_fork() {
  if (forks.fetch_sub(1) == 1) pressing = false;
  forks.notify_all();
}

void in_child() {
  forks.store(0);
  pressing = false;
  at_work.store(0);
  is_at_work = false;
}

}  // namespace

BackgroundWork::BackgroundWork() {
  static std::once_flag once;
  std::call_once(once, [] { call_around_fork(before_fork, after_fork, in_child); });
  enter();
}

BackgroundWork::~BackgroundWork() {
  if (is_at_work) leave();
}

void fork_point() {
  if (!is_at_work || !pressing.load()) return;
  leave();
  enter();
}

BackgroundWait::BackgroundWait() : left_(is_at_work) {
  if (left_) leave();
}

BackgroundWait::~BackgroundWait() {
  if (left_) enter();
}

}  // namespace sqbackup
