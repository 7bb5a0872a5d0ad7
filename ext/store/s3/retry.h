// When a request is made again, and how long it waits before: exponential backoff with jitter over half of
// it. So clients that failed together do not come back together, and an outage of eight seconds is always sat
// out. Clock, sleep and randomness come from outside.
#pragma once

#include <cstdint>
#include <functional>

#include "base/clock.h"
#include "base/status.h"
#include "net/http.h"

namespace sqbackup {

struct S3RetryPolicy {
  int attempts = 7;  // in all
  std::int64_t first_ms = 250;
  std::int64_t longest_ms = 20'000;
  std::int64_t longest_retry_after_ms = 60'000;
};

// A number from 0 to `most`, each as likely.
using S3Random = std::function<std::uint64_t(std::uint64_t most)>;
std::uint64_t s3_system_random(std::uint64_t most);

// The pause after the attempt of this number (the first is 1): random, from half to all of first_ms doubled
// with each attempt, at most longest_ms; but no less than the server asked for, up to longest_retry_after_ms.
std::int64_t s3_pause_millis(const S3RetryPolicy& policy, int attempt, std::int64_t retry_after_ms,
                             const S3Random& random);

// Waits so long by the clock, in sleeps of 10 ms. kInterrupted as soon as it is cancelled.
Status s3_wait(std::int64_t millis, Clock& clock, const std::function<void(std::int64_t)>& sleep,
               const Cancel& cancel);

}  // namespace sqbackup
