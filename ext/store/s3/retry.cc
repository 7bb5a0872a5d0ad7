#include "store/s3/retry.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/random.h"

namespace sqbackup {
namespace {

constexpr std::int64_t kSleepMillis = 10;

}  // namespace

// Without randomness the longest pause is taken.
std::uint64_t s3_system_random(std::uint64_t most) {
  std::array<std::uint8_t, sizeof(std::uint64_t)> bytes;
  if (most == UINT64_MAX || !fill_random(bytes).ok()) return most;
  std::uint64_t number = 0;
  std::memcpy(&number, bytes.data(), bytes.size());
  return number % (most + 1);
}

std::int64_t s3_pause_millis(const S3RetryPolicy& policy, int attempt, std::int64_t retry_after_ms,
                             const S3Random& random) {
  std::int64_t most = policy.first_ms;
  for (int i = 1; i < attempt && most < policy.longest_ms; ++i) most *= 2;
  most = std::min(most, policy.longest_ms);
  const std::int64_t least = most / 2;
  const auto pause = least + static_cast<std::int64_t>(random(static_cast<std::uint64_t>(most - least)));
  return std::max(pause, std::min(retry_after_ms, policy.longest_retry_after_ms));
}

Status s3_wait(std::int64_t millis, Clock& clock, const std::function<void(std::int64_t)>& sleep,
               const Cancel& cancel) {
  const double end = clock.monotonic_seconds() + static_cast<double>(millis) / 1000;
  while (clock.monotonic_seconds() < end) {
    if (cancel()) return {Error::kInterrupted, "stopped while waiting to try again"};
    sleep(kSleepMillis);
  }
  return {};
}

}  // namespace sqbackup
