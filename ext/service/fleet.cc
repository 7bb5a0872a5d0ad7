#include "service/fleet.h"

namespace sqbackup {

std::vector<FleetMember> look_at_fleet() {
  std::vector<FleetMember> fleet;
  for (const auto& database : Database::all()) {
    fleet.push_back({database->path(), database->keeper_state(), health_facts(*database)});
  }
  return fleet;
}

}  // namespace sqbackup
