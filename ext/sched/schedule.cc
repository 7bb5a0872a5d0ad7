#include "sched/schedule.h"

#include <algorithm>
#include <limits>
#include <string>

namespace sqbackup {
namespace {

constexpr std::int64_t kFirstRetry = 10'000;
constexpr std::int64_t kLongestRetry = 1'800'000;

std::int64_t add(std::int64_t time, std::int64_t duration) {
  std::int64_t sum = 0;
  const bool overflow = __builtin_add_overflow(time, duration, &sum);
  return overflow ? std::numeric_limits<std::int64_t>::max() : sum;
}

// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every bit of the input changes half of the result's.
std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

std::int64_t delay_of(UnixMillis slot, const Jitter& jitter, std::optional<std::int64_t> period) {
  const std::int64_t max = std::min(jitter.max, period.value_or(jitter.max));
  if (max <= 0) return 0;
  const std::uint64_t hash = mix(mix(jitter.seed) ^ static_cast<std::uint64_t>(slot));
  return static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(max));
}

}  // namespace

Result<Schedule> Schedule::every(std::int64_t interval) {
  if (interval < kMinInterval || interval > kMaxInterval) {
    return Status(Error::kBadSetting, "an interval of " + std::to_string(interval) +
                                          " ms is not legal: legal are 1s to 36500d, such as 10m");
  }
  return Schedule(interval);
}

Schedule Schedule::cron(CronExpression expression, TimeZone zone) {
  return Schedule(Cron{expression, std::move(zone)});
}

std::optional<UnixMillis> Schedule::slot_after(UnixMillis time) const {
  if (const auto* interval = std::get_if<std::int64_t>(&rule_)) return add(time, *interval);
  const Cron& cron = std::get<Cron>(rule_);
  return cron.expression.next_after(time, cron.zone);
}

std::optional<std::int64_t> Schedule::period(UnixMillis time) const {
  if (const auto* interval = std::get_if<std::int64_t>(&rule_)) return *interval;
  const auto slot = slot_after(time);
  const auto following = slot ? slot_after(*slot) : std::nullopt;
  if (!following) return std::nullopt;
  return *following - *slot;
}

std::optional<UnixMillis> Schedule::next_due(std::optional<UnixMillis> last, UnixMillis now,
                                             Jitter jitter) const {
  if (!last) return now;
  const UnixMillis begin = std::min(*last, now);
  const auto slot = slot_after(begin);
  if (!slot) return std::nullopt;
  return std::max(now, add(*slot, delay_of(*slot, jitter, period(begin))));
}

std::optional<UnixMillis> LastRun::seen(std::optional<UnixMillis> last, UnixMillis now) {
  if (last != recorded_) {
    recorded_ = last;
    counted_ = last;
  }
  if (counted_ && *counted_ > now) counted_ = now;
  return counted_;
}

std::int64_t retry_delay(unsigned failures, std::int64_t period) {
  if (failures == 0) return 0;
  const unsigned doublings = std::min(failures - 1, 20U);
  return std::min({kFirstRetry << doublings, kLongestRetry, period});
}

}  // namespace sqbackup
