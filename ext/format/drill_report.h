// The report of one restore drill, and its JSON.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sqbackup {

struct DrillCheck {
  std::string name;  // "restore", "integrity", "foreign keys", "contents", "assertion NAME", "freshness"
  bool ok = false;
  std::string detail;  // what was found, or why it failed; may be empty
  double seconds = 0;
};

struct DrillTable {
  std::string name;
  std::optional<std::int64_t> rows;  // nullopt: they cannot be counted here
};

struct DrillReport {
  std::string name;      // of the backup
  bool ok = false;       // all checks passed
  bool damaged = false;  // the restore found that the stored bytes are not what they were; not in the JSON
  std::vector<DrillCheck> checks;
  std::vector<std::string> warnings;
  std::vector<DrillTable> tables;          // of the restored database, by name
  std::uint64_t bytes = 0;                 // size of the restored database; 0 where nothing was restored
  std::optional<double> restore_seconds;   // proof included; nullopt: it was not restored
  std::optional<double> data_age_seconds;  // since the backup was taken; nullopt: its time is not known

  // The first check that failed; nullptr: none.
  const DrillCheck* first_failure() const;
};

// One line:
//   {"ok":false,"name":"backup-...","failed_check":"contents","failure":"table 't' ...",
//   "checks":[{"name":"restore","ok":true,"detail":"...","seconds":0.1},...],"warnings":["..."],
//   "tables":[{"name":"t","rows":5},...],"bytes":8192,"restore_seconds":0.1,"data_age_seconds":3600.0}
// failed_check and failure are null where nothing failed, numbers that are not known are null.
std::string drill_report_json(const DrillReport& report);

// The tables of such a JSON; none where it is no such JSON. Without those whose names JSON could not hold.
std::vector<DrillTable> tables_of_drill_report(std::string_view json);

}  // namespace sqbackup
