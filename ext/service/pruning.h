// Retention as users meet it: the policy that the settings make, what it would do, and doing it. The rules
// are in docs/reference/retention.md, the decisions in engine/retention.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/progress.h"
#include "base/status.h"
#include "engine/retention.h"
#include "service/database.h"

namespace sqbackup {

// The default of keep_last is no rule where a limit is set and no keep_ rule is.
Result<RetentionPolicy> retention_policy(Database& database);

struct PruneDecision {
  std::string name;
  UnixMillis created_at = 0;
  bool keep = true;
  std::vector<std::string> reasons;  // at least one
};

// One decision for each backup, newest first. Changes nothing. As long as the user has set nothing of the
// policy, backups made by hand are no part of it: nobody has asked to have them removed.
Result<std::vector<PruneDecision>> plan_prune(Session::Target& target);

// Removes what the plan does not keep, as a user without `force` may: what was pinned or is in use by now, or
// has become the last restorable backup, is left, which the run's record says. Returns how many it removed.
// One run `prune`, in it one run `delete` with trigger 'retention' for each removal; no run where there is
// nothing to remove. kInterrupted and other errors end it; what is removed by then stays removed.
Result<std::int64_t> prune(Session::Target& target, const std::string& trigger, Progress& progress);

}  // namespace sqbackup
