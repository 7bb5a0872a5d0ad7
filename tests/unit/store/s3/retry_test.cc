#include "store/s3/retry.h"

#include <set>

#include "support/test.h"
#include "unit/net/fake_senders.h"

using namespace sqbackup;
using namespace sqbackup_test;

TEST_CASE("pauses double up to their bound, each is a random part, and the server is listened to") {
  const S3RetryPolicy policy;
  const auto longest = [](std::uint64_t most) { return most; };
  const auto half = [](std::uint64_t most) { return most / 2; };
  const auto none = [](std::uint64_t) { return std::uint64_t{0}; };
  const std::int64_t expected[] = {250, 500, 1'000, 2'000, 4'000, 8'000, 16'000, 20'000, 20'000};
  for (int attempt = 1; attempt <= 9; ++attempt) {
    CHECK(s3_pause_millis(policy, attempt, 0, longest) == expected[attempt - 1]);
    CHECK(s3_pause_millis(policy, attempt, 0, half) == expected[attempt - 1] * 3 / 4);
    CHECK(s3_pause_millis(policy, attempt, 0, none) == expected[attempt - 1] / 2);
  }
  CHECK(s3_pause_millis(policy, 1'000'000, 0, longest) == 20'000);
  CHECK(s3_pause_millis(policy, 1, 7'000, longest) == 7'000);
  CHECK(s3_pause_millis(policy, 9, 7'000, longest) == 20'000);
  CHECK(s3_pause_millis(policy, 1, 1'000'000, none) == 60'000);
}

TEST_CASE("the system's randomness stays in its bounds and reaches all of them") {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 1'000; ++i) seen.insert(s3_system_random(3));
  CHECK(seen == std::set<std::uint64_t>{0, 1, 2, 3});
  CHECK(s3_system_random(0) == 0);
  CHECK(s3_system_random(UINT64_MAX) == UINT64_MAX);
}

TEST_CASE("a wait ends in time, or with a cancel") {
  SleepingClock clock;
  const auto sleep = [&](std::int64_t millis) { clock.slept += millis; };
  CHECK(s3_wait(1'000, clock, sleep, [] { return false; }).ok());
  CHECK(clock.slept == 1'000);
  CHECK(s3_wait(60'000, clock, sleep, [&] { return clock.slept >= 1'500; }).is(Error::kInterrupted));
  CHECK(clock.slept == 1'500);
  CHECK(s3_wait(0, clock, sleep, [] { return true; }).ok());
}
