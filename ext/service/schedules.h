// The schedules that a database's settings make.
#pragma once

#include <optional>

#include "base/status.h"
#include "sched/schedule.h"
#include "service/database.h"

namespace sqbackup {

// Of backups: `schedule` in `timezone`, else `interval`. kBadSetting where the environment has an illegal
// one.
Result<Schedule> backup_schedule(Database& database);

// Of drills: `drill_schedule` in `timezone`; nullopt: it is not set.
Result<std::optional<Schedule>> drill_schedule(Database& database);

// Of pruning by itself: `prune_schedule` in `timezone`; nullopt: it is not set.
Result<std::optional<Schedule>> prune_schedule(Database& database);

// Each database has its own share of the `jitter`, the same in every process.
Result<Jitter> jitter_of(Database& database);

}  // namespace sqbackup
