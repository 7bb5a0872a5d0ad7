#include "sched/worker_pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>

#include "support/test.h"
#include "support/waiting.h"

using namespace sqbackup;
using namespace sqbackup_test;
using namespace std::chrono_literals;

namespace {

WorkerPool::Id added(WorkerPool& pool, WorkerPool::Job job) {
  auto id = pool.add(std::move(job));
  REQUIRE(id.ok());
  return *id;
}

UnixMillis in_ms(std::int64_t millis) { return system_clock().now() + millis; }

}  // namespace

TEST_CASE("a job runs at once, then when it said, and when it is woken") {
  WorkerPool pool(system_clock(), 2);
  std::atomic<int> runs{0};
  std::atomic<UnixMillis> second{0};
  const UnixMillis start = system_clock().now();
  const auto id = added(pool, [&]() -> std::optional<UnixMillis> {
    if (++runs == 2) second = system_clock().now();
    return runs == 1 ? std::optional(in_ms(50)) : std::nullopt;
  });
  REQUIRE(eventually([&] { return runs == 2; }));
  CHECK(second - start >= 50);
  std::this_thread::sleep_for(30ms);
  CHECK(runs == 2);
  pool.wake(id);
  CHECK(eventually([&] { return runs == 3; }));
  pool.remove(id);
  pool.wake(id);
  std::this_thread::sleep_for(20ms);
  CHECK(runs == 3);
}

TEST_CASE("a job that is woken while it runs runs once more, and never twice at once") {
  WorkerPool pool(system_clock(), 4);
  std::atomic<int> runs{0}, at_once{0}, most{0};
  std::atomic<bool> go_on{false};
  const auto id = added(pool, [&]() -> std::optional<UnixMillis> {
    most = std::max<int>(most, ++at_once);
    ++runs;
    eventually([&] { return go_on.load(); });
    --at_once;
    return std::nullopt;
  });
  REQUIRE(eventually([&] { return runs == 1; }));
  for (int i = 0; i < 5; ++i) pool.wake(id);
  std::this_thread::sleep_for(20ms);
  CHECK(runs == 1);
  go_on = true;
  CHECK(eventually([&] { return runs == 2; }));
  pool.remove(id);
  CHECK(runs == 2);
  CHECK(most == 1);
}

TEST_CASE("remove waits for a run under way") {
  WorkerPool pool(system_clock(), 1);
  std::atomic<bool> begun{false}, ended{false};
  const auto id = added(pool, [&]() -> std::optional<UnixMillis> {
    begun = true;
    std::this_thread::sleep_for(50ms);
    ended = true;
    return std::nullopt;
  });
  REQUIRE(eventually([&] { return begun.load(); }));
  pool.remove(id);
  CHECK(ended);
}

TEST_CASE("two hundred jobs share a few threads, and none waits for ever") {
  constexpr int kJobs = 200;
  WorkerPool pool(system_clock(), 3);
  std::vector<std::atomic<int>> runs(kJobs);
  std::vector<WorkerPool::Id> ids;
  for (int i = 0; i < kJobs; ++i) {
    ids.push_back(added(pool, [&runs, i]() -> std::optional<UnixMillis> {
      ++runs[static_cast<std::size_t>(i)];
      return in_ms(5);
    }));
  }
  CHECK(eventually(
      [&] { return std::all_of(runs.begin(), runs.end(), [](const auto& count) { return count >= 5; }); }));
  CHECK(pool.threads() <= 3);
  for (const auto id : ids) pool.remove(id);
}

TEST_CASE("a short job is not kept waiting by a long one") {
  WorkerPool pool(system_clock(), 2);
  std::atomic<bool> go_on{false}, done{false}, started{false};
  const auto longer = added(pool, [&]() -> std::optional<UnixMillis> {
    started = true;
    eventually([&] { return go_on.load(); });
    return std::nullopt;
  });
  REQUIRE(eventually([&] { return started.load(); }));
  const auto soon = added(pool, [&]() -> std::optional<UnixMillis> {
    if (done) return std::nullopt;
    static std::atomic<int> runs{0};
    if (++runs == 3) done = true;
    return in_ms(5);
  });
  CHECK(eventually([&] { return done.load(); }));
  CHECK_FALSE(go_on);
  go_on = true;
  pool.remove(longer);
  pool.remove(soon);
}

TEST_CASE("a job that becomes due before what is waited for is not late") {
  WorkerPool pool(system_clock(), 2);
  std::atomic<int> runs{0};
  const auto late = added(pool, [] { return std::optional(in_ms(3'600'000)); });
  std::this_thread::sleep_for(20ms);
  const auto early = added(pool, [&]() -> std::optional<UnixMillis> {
    ++runs;
    return in_ms(10);
  });
  CHECK(eventually([&] { return runs >= 10; }));
  pool.remove(late);
  pool.remove(early);
}

TEST_CASE("when the clock is set back every job is asked anew") {
  struct SetClock : public Clock {
    UnixMillis now() override { return system_clock().now() + ahead; }
    double monotonic_seconds() override { return system_clock().monotonic_seconds(); }
    std::atomic<std::int64_t> ahead{7'200'000};
  } clock;
  WorkerPool pool(clock, 1);
  std::atomic<int> runs{0};
  const auto other = added(pool, [] { return std::optional<UnixMillis>(); });
  std::optional<WorkerPool::Id> busy;
  SECTION("by an idle pool") {}
  SECTION("by a pool that always has something to do") {
    busy = added(pool, [&] {
      std::this_thread::sleep_for(2ms);
      return std::optional(clock.now());
    });
  }
  const auto patient = added(pool, [&]() -> std::optional<UnixMillis> {
    ++runs;
    return clock.now() + 3'600'000;
  });
  REQUIRE(eventually([&] { return runs == 1; }));
  clock.ahead = 0;
  pool.wake(other);  // the pool looks at the clock
  CHECK(eventually([&] { return runs == 2; }));
  pool.remove(patient);
  pool.remove(other);
  if (busy) pool.remove(*busy);
}

TEST_CASE("no job waits for ever behind others that are always ready") {
  WorkerPool pool(system_clock(), 1);
  const auto busy = added(pool, [] {
    std::this_thread::sleep_for(2ms);
    return std::optional(in_ms(0));
  });
  std::atomic<int> runs{0};
  std::atomic<bool> go_on{false};
  const auto late = added(pool, [&]() -> std::optional<UnixMillis> {
    ++runs;
    eventually([&] { return go_on.load(); });
    return std::nullopt;
  });
  REQUIRE(eventually([&] { return runs == 1; }));
  pool.wake(late);  // while it runs
  go_on = true;
  REQUIRE(eventually([&] { return runs == 2; }));
  pool.wake(late);
  CHECK(eventually([&] { return runs == 3; }));
  pool.remove(busy);
  pool.remove(late);
}

TEST_CASE("a job that is being removed runs no more, even if it would at once") {
  WorkerPool pool(system_clock(), 1);
  std::atomic<int> runs{0};
  const auto id = added(pool, [&]() -> std::optional<UnixMillis> {
    std::this_thread::sleep_for(1ms);
    return ++runs < 2000 ? std::optional(in_ms(0)) : std::nullopt;
  });
  REQUIRE(eventually([&] { return runs >= 3; }));
  pool.remove(id);
  CHECK(runs < 2000);
}
