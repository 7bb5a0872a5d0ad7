#include "service/fleet.h"

namespace sqbackup {

std::vector<FleetMember> look_at_fleet() {
  std::vector<FleetMember> fleet;
  for (const auto& database : Database::all()) {
    const auto kept = database->keeper_state();
    fleet.push_back({database->path(), kept, health_facts(*database, kept)});
  }
  return fleet;
}

}  // namespace sqbackup
