// The scheduler of a database as JSON: what backup_start() returns and backup_status() shows.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include "service/database.h"

namespace sqbackup {

// {"state":"started","leader":true,"next_backup":"2026-11-20 10:40:00.000","problem":null}, or
// {"state":"stopped"} for nullopt.
nlohmann::ordered_json scheduler_json(const std::optional<KeeperState>& state);

}  // namespace sqbackup
