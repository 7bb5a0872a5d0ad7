// Cron expressions: whatever the text, it is refused with a message of moderate length, or its times follow
// each other, in UTC and in a zone with daylight saving.
#include <cstdlib>

#include "sched/cron.h"

namespace {

// Berlin's rule without its history.
sqbackup::TimeZone zone_with_daylight_saving() {
  std::string file = "TZif2" + std::string(39, '\0') + "TZif2" + std::string(34, '\0') + '\1' +
                     std::string(3, '\0') + '\1' + std::string(1 + 4 + 2, '\0') +
                     "\nCET-1CEST,M3.5.0,M10.5.0/3\n";
  auto zone = sqbackup::TimeZone::parse("zone", sqbackup::as_bytes(file));
  if (!zone.ok()) std::abort();
  return *zone;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr sqbackup::UnixMillis kTimes[] = {-3'000'000'000'000, 1'711'846'799'999, 1'729'990'800'000};
  static const sqbackup::TimeZone kZones[] = {sqbackup::TimeZone::utc(), zone_with_daylight_saving()};
  const auto cron = sqbackup::CronExpression::parse({reinterpret_cast<const char*>(data), size});
  if (!cron.ok()) {
    if (cron.status().message().size() > 600) std::abort();
    return 0;
  }
  for (const auto& zone : kZones) {
    for (const auto time : kTimes) {
      const auto next = cron->next_after(time, zone);
      if (!next) continue;
      if (*next <= time || cron->next_after(*next - 1, zone) != next) std::abort();
    }
  }
  return 0;
}
