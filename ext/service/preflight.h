// The preflight: tries, end to end, everything that the next backup and the next drill will need, so that
// what would fail tonight is known by day.
//
// Each check is one function and one row of a table in preflight.cc; they run in its order, and the first
// that fails ends it.
#pragma once

#include <string>
#include <vector>

#include "base/progress.h"
#include "base/status.h"
#include "service/database.h"

namespace sqbackup {

struct PreflightReport {
  struct Passed {
    std::string check;
    std::string detail;  // what was found
  };
  std::string directory;
  std::vector<Passed> checks;
  std::vector<std::string> warnings;  // what no backup fails of; each begins with the name of its check
};

// The report where every check passed; else the error of the first that did not, with its name before it.
// Makes the directory and the catalog where they are missing, as a backup would, and records itself in the
// log as a run `check` as soon as there is one. Nothing else stays, whatever fails.
Result<PreflightReport> run_preflight(const Session::Target& target, Progress& progress);

}  // namespace sqbackup
