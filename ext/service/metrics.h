// The fleet as metrics for Prometheus; docs/reference/backup_metrics.md describes each of them.
#pragma once

#include <string>
#include <vector>

#include "service/fleet.h"

namespace sqbackup {

// What is not known of a database has no sample: no 0, no NaN. Of one that could not be looked at there are
// sqbackup_database_up 0 and its scheduler alone.
std::string metrics_text(const std::vector<FleetMember>& fleet);

}  // namespace sqbackup
