// Whom the settings of a database name to be told, and of what each of them hears.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "net/alerts.h"
#include "service/database.h"

namespace sqbackup {

struct NamedTargets {
  AlertTargets targets;
  Status problem;  // the first value of the environment that is not legal: that target is not set then
};

Result<NamedTargets> alert_targets(Database& database);

bool any(const AlertTargets& targets);
bool names_target(const std::string& setting);  // that setting alone

// The dead man's switch is that of the backups. By mail comes what somebody has to read: of failures in a row
// the first (`mail_owed`: no mail has got through yet), and the success that ends them. `previous_ok`: how
// the backup before went; nullopt: there was none.
AlertTargets targets_for(const AlertTargets& all, bool about_backup, bool ok, std::optional<bool> previous_ok,
                         bool mail_owed);

// Those that a later attempt may reach: their servers were out of reach, or it was cut short.
AlertTargets still_owed(const AlertTargets& targets, const std::vector<AlertDelivery>& deliveries);

}  // namespace sqbackup
