// For schedules.py: reads lines "EXPRESSION<TAB>ZONE<TAB>TIME" (ms since 1970) and answers each with the next
// time, "none", or the error. With an empty expression the answer is the zone's offset at the time, in
// seconds.
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

#include "sched/cron.h"

namespace {

using sqbackup::CronExpression;
using sqbackup::TimeZone;

const TimeZone& zone_of(const std::string& name) {
  static std::map<std::string, TimeZone> zones;
  auto found = zones.find(name);
  if (found == zones.end()) {
    auto zone = TimeZone::load(sqbackup::posix_file_env(), name);
    if (!zone.ok()) {
      std::cerr << zone.status().to_string() << '\n';
      std::exit(1);
    }
    found = zones.emplace(name, *zone).first;
  }
  return found->second;
}

std::string answer(const std::string& line) {
  const std::size_t first = line.find('\t');
  const std::size_t second = line.find('\t', first + 1);
  const std::string expression = line.substr(0, first);
  const TimeZone& zone = zone_of(line.substr(first + 1, second - first - 1));
  const std::int64_t time = std::stoll(line.substr(second + 1));
  if (expression.empty()) return std::to_string(zone.offset_at(time / 1000));
  const auto cron = CronExpression::parse(expression);
  if (!cron.ok()) return cron.status().to_string();
  const auto next = cron->next_after(time, zone);
  return next ? std::to_string(*next) : "none";
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) std::cout << answer(line) << '\n';
  return 0;
}
