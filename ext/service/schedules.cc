#include "service/schedules.h"

namespace sqbackup {

namespace {

Result<Schedule> cron_schedule(Database& database, const std::string& expression) {
  SQB_ASSIGN(const auto zone_name, database.setting("timezone"));
  SQB_ASSIGN(auto parsed, CronExpression::parse(expression));
  SQB_ASSIGN(auto zone, TimeZone::load(*database.env().files, zone_name.value.value_or("UTC")));
  return Schedule::cron(parsed, std::move(zone));
}

Result<std::optional<Schedule>> optional_schedule(Database& database, const char* key) {
  SQB_ASSIGN(const auto expression, database.setting(key));
  if (!expression.value) return std::optional<Schedule>();
  SQB_ASSIGN(auto schedule, cron_schedule(database, *expression.value));
  return std::optional(std::move(schedule));
}

}  // namespace

Result<Schedule> backup_schedule(Database& database) {
  SQB_ASSIGN(const auto expression, database.setting("schedule"));
  if (expression.value) return cron_schedule(database, *expression.value);
  SQB_ASSIGN(const auto interval, database.setting("interval"));
  return Schedule::every(duration_of(interval));
}

Result<std::optional<Schedule>> drill_schedule(Database& database) {
  return optional_schedule(database, "drill_schedule");
}

Result<std::optional<Schedule>> prune_schedule(Database& database) {
  return optional_schedule(database, "prune_schedule");
}

Result<Jitter> jitter_of(Database& database) {
  SQB_ASSIGN(const auto most, database.setting("jitter"));
  return Jitter{std::hash<std::string>()(database.path()), duration_of(most)};
}

}  // namespace sqbackup
