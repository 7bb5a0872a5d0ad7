#include "service/schedules.h"

namespace sqbackup {

Result<Schedule> backup_schedule(Database& database) {
  SQB_ASSIGN(const auto expression, database.setting("schedule"));
  if (!expression.value) {
    SQB_ASSIGN(const auto interval, database.setting("interval"));
    return Schedule::every(duration_of(interval));
  }
  SQB_ASSIGN(const auto zone_name, database.setting("timezone"));
  SQB_ASSIGN(auto parsed, CronExpression::parse(*expression.value));
  SQB_ASSIGN(auto zone, TimeZone::load(*database.env().files, zone_name.value.value_or("UTC")));
  return Schedule::cron(std::move(parsed), std::move(zone));
}

Result<Jitter> jitter_of(Database& database) {
  SQB_ASSIGN(const auto most, database.setting("jitter"));
  return Jitter{std::hash<std::string>()(database.path()), duration_of(most)};
}

}  // namespace sqbackup
