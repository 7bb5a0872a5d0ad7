#include "base/fork_gate.h"

#include <unistd.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "support/child.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

// Threads that hold a mutex nearly all the time, but never at their fork points.
class Busy {
 public:
  Busy() {
    for (auto& thread : threads_) {
      thread = std::thread([this] {
        BackgroundWork work;
        while (!stop_) {
          {
            std::lock_guard lock(mutex);
            for (int i = 0; i < 1000; ++i) spent_.fetch_add(1);
          }
          fork_point();
        }
      });
    }
  }
  ~Busy() {
    stop_ = true;
    for (auto& thread : threads_) thread.join();
  }
  std::mutex mutex;

 private:
  std::atomic<bool> stop_ = false;
  std::atomic<int> spent_ = 0;
  std::thread threads_[2];
};

}  // namespace

TEST_CASE("no child finds a mutex locked by a thread of ours that it has not") {
  Busy busy;
  for (int i = 0; i < 50; ++i) {
    REQUIRE(run_in_child([&] { return busy.mutex.try_lock() ? 0 : 1; }) == 0);
  }
}

TEST_CASE("a fork waits for no thread of ours that waits itself") {
  std::atomic<bool> waiting = false;
  std::atomic<bool> stop = false;
  std::thread thread([&] {
    BackgroundWork work;
    BackgroundWait wait;
    waiting = true;
    while (!stop) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  });
  while (!waiting) std::this_thread::yield();
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) REQUIRE(run_in_child([] { return 0; }) == 0);
  CHECK(std::chrono::steady_clock::now() - began < 20 * kLongestForkWait);
  stop = true;
  thread.join();
}

TEST_CASE("a fork does not wait for ever") {
  std::atomic<bool> stop = false;
  std::atomic<bool> working = false;
  std::thread thread([&] {
    BackgroundWork work;
    working = true;
    while (!stop) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  });
  while (!working) std::this_thread::yield();
  CHECK(run_in_child([] { return 0; }) == 0);
  stop = true;
  thread.join();
}

TEST_CASE("in a child there is background work again") {
  Busy busy;
  CHECK(run_in_child([] {
          BackgroundWork work;
          fork_point();
          return 0;
        }) == 0);
}
