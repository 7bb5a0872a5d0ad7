// The health of a database as something that changes: each change of what fails becomes an event.
#pragma once

#include "base/status.h"
#include "service/database.h"

namespace sqbackup {

// Looks at the health of a database that `kept` looks after, and compares the checks that fail with those
// noted in its catalog. True: there is a new event `health.changed`. Where nothing was noted yet, only
// something that fails is one.
Result<bool> watch_health(Database& database, const KeeperState& kept);

}  // namespace sqbackup
