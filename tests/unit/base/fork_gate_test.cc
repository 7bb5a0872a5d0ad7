#include "base/fork_gate.h"

#include <unistd.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

#include "support/child.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

// A thread that holds a mutex nearly all the time, but never at its fork points.
class Busy {
 public:
  Busy() {
    watch_forks();
    thread_ = std::thread([this] {
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
  ~Busy() {
    stop_ = true;
    thread_.join();
  }
  std::mutex mutex;

 private:
  std::atomic<bool> stop_ = false;
  std::atomic<int> spent_ = 0;
  std::thread thread_;
};

}  // namespace

TEST_CASE("no child finds a mutex locked by a thread of ours that it has not") {
  Busy busy;
  for (int i = 0; i < 20; ++i) {
    std::this_thread::sleep_for(
        std::chrono::milliseconds(20));  // it has worked for long enough to wait again
    REQUIRE(run_in_child([&] { return busy.mutex.try_lock() ? 0 : 1; }) == 0);
  }
}

TEST_CASE("a fork waits for no thread of ours that waits itself") {
  watch_forks();
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

TEST_CASE("forks without end do not keep the work from going on") {
  watch_forks();
  std::atomic<bool> stop = false;
  std::atomic<int> rounds = 0;
  std::thread work([&] {
    while (!stop) {
      BackgroundWork begun;
      for (int i = 0; i < 10; ++i) {
        fork_point();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      ++rounds;
    }
  });
  std::vector<std::thread> forking(6);
  for (auto& thread : forking) {
    thread = std::thread([&] {
      while (!stop) run_in_child([] { return 0; });
    });
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (rounds < 10 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  CHECK(rounds >= 10);
  stop = true;
  work.join();
  for (auto& thread : forking) thread.join();
}

TEST_CASE("a fork does not wait for ever") {
  watch_forks();
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
