#include "base/fork_gate.h"

#include <atomic>
#include <mutex>
#include <thread>

#include "base/thread.h"

namespace sqbackup {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int kWorkToWait = 3;  // after a point, its thread works so many times as long as it waited
constexpr std::chrono::microseconds kCheckEvery{50};

// Atomics alone: after fork() they are as they were, whoever was about to change them.
constinit std::atomic<int> at_work = 0;        // threads that must not be interrupted where they are
constinit std::atomic<int> forks = 0;          // waiting for them, or under way
constinit std::atomic<bool> pressing = false;  // one of them has waited for kForkPatience
constinit thread_local bool is_at_work = false;
constinit thread_local SteadyClock::time_point next_point{};

void enter() {
  const auto deadline = SteadyClock::now() + kLongestForkWait;
  while (true) {
    at_work.fetch_add(1);
    if (forks.load() == 0 || SteadyClock::now() >= deadline) break;
    at_work.fetch_sub(1);
    std::this_thread::sleep_for(kCheckEvery);
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
  const auto began = SteadyClock::now();
  while (at_work.load() > own) {
    const auto waited = SteadyClock::now() - began;
    if (waited >= kLongestForkWait) break;
    if (waited >= kForkPatience) pressing = true;
    std::this_thread::sleep_for(kCheckEvery);
  }
}

void after_fork() {
  if (forks.fetch_sub(1) == 1) pressing = false;
}

void in_child() {
  forks.store(0);
  pressing = false;
  at_work.store(0);
  is_at_work = false;
}

}  // namespace

void watch_forks() {
  static std::once_flag once;
  std::call_once(once, [] { call_around_fork(before_fork, after_fork, in_child); });
}

BackgroundWork::BackgroundWork() { enter(); }

// A child that was forked inside a work is not at work any more, and ends it all the same.
BackgroundWork::~BackgroundWork() {
  if (is_at_work) leave();
}

void fork_point() {
  if (!is_at_work || !pressing.load()) return;
  const auto began = SteadyClock::now();
  if (began < next_point) return;
  leave();
  enter();
  const auto ended = SteadyClock::now();
  next_point = ended + kWorkToWait * (ended - began);
}

BackgroundWait::BackgroundWait() : left_(is_at_work) {
  if (left_) leave();
}

BackgroundWait::~BackgroundWait() {
  if (left_) enter();
}

}  // namespace sqbackup
