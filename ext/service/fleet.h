// The fleet: the databases that have an engine in this process, and how each of them is.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "service/database.h"
#include "service/health.h"

namespace sqbackup {

struct FleetMember {
  std::string database;  // path of its file
  std::optional<KeeperState> kept;
  Result<HealthFacts> facts;  // one that cannot be looked at does not hide the others
};

// By path.
std::vector<FleetMember> look_at_fleet();

}  // namespace sqbackup
