// Time zone files: whatever the bytes, they are refused, or at every instant the zone has a span around it.
#include <cstdlib>

#include "sched/cron.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto zone = sqbackup::TimeZone::parse("zone", {data, size});
  if (!zone.ok()) return 0;
  constexpr std::int64_t kTimes[] = {-60'000'000'000, -2'000'000'000, 0,
                                     1'711'846'800,   4'000'000'000,  250'000'000'000};
  for (const std::int64_t time : kTimes) {
    const auto span = zone->span_at(time);
    if (span.begin > time || span.end <= time) std::abort();
    if (span.offset < -sqbackup::TimeZone::kMaxOffset || span.offset > sqbackup::TimeZone::kMaxOffset)
      std::abort();
  }
  for (const char* expression : {"30 2 * * *", "30 * * * *", "0 0 29 2 */7"}) {
    const auto cron = sqbackup::CronExpression::parse(expression);
    for (const std::int64_t seconds : kTimes) {
      const sqbackup::UnixMillis time = seconds * 1000;
      const auto next = cron->next_after(time, *zone);
      if (next && (*next <= time || cron->next_after(*next - 1, *zone) != next)) std::abort();
    }
  }
  return 0;
}
