#include "service/alert_memory.h"

#include <algorithm>
#include <utility>

namespace sqbackup {
namespace {

constexpr std::size_t kMost = 16;  // a server that hangs shall not make a queue without end

}  // namespace

void AlertMemory::add(RememberedAlert alert) {
  MutexLock lock(mutex_);
  if (alerts_.size() >= kMost) alerts_.pop_front();
  alerts_.push_back(std::move(alert));
}

std::optional<RememberedAlert> AlertMemory::take(const EventRecord* before) {
  MutexLock lock(mutex_);
  if (alerts_.empty()) return std::nullopt;
  const auto is_start = [&](const RememberedAlert& one) {
    return !one.alert.run.empty() && one.alert.run == before->run;
  };
  const bool wanted = before == nullptr || alerts_.front().alert.time < before->at ||
                      std::any_of(alerts_.begin(), alerts_.end(), is_start);
  if (!wanted) return std::nullopt;
  RememberedAlert first = std::move(alerts_.front());
  alerts_.pop_front();
  return first;
}

bool AlertMemory::put_back(RememberedAlert failure) {
  MutexLock lock(mutex_);
  const auto is_failure = [](const RememberedAlert& one) {
    return one.alert.outcome == AlertOutcome::kFailed;
  };
  if (!failure.last_word && std::any_of(alerts_.begin(), alerts_.end(), is_failure)) return false;
  alerts_.push_front(std::move(failure));
  return true;
}

void AlertMemory::keep_last_words() {
  MutexLock lock(mutex_);
  std::erase_if(alerts_, [](const RememberedAlert& one) { return !one.last_word; });
}

}  // namespace sqbackup
