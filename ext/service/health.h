// Health: whether a database's backups are what they should be, one check after the other. A pure judgement
// of facts, and the gathering of these.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "service/database.h"

namespace sqbackup {

struct HealthCheck {
  std::string name;
  bool ok = true;
  std::string value;      // what was found
  std::string threshold;  // what it has to be; empty: nothing to compare with
  std::string advice;     // what to do; empty where nothing is to be done
};

struct HealthFacts {
  UnixMillis now = 0;
  std::optional<UnixMillis> newest;         // good backup that is no pre_restore
  std::optional<UnixMillis> confirmed;      // when that was made, or found to be still as the database is
  std::int64_t stale_after = 0;             // ms
  std::optional<std::int64_t> newest_size;  // bytes of that backup
  std::optional<double> newest_duration;    // seconds that it took
  std::int64_t completed = 0;
  std::int64_t damaged = 0;
  std::int64_t stored_bytes = 0;       // of all backups
  std::optional<UnixMillis> verified;  // when a backup was last proven
  std::optional<UnixMillis> drilled;   // when the newest restore drill began
  bool drill_ok = true;                // whether it passed
  std::optional<double> drill_restore_seconds;
  std::int64_t drill_period = 0;    // ms, of drill_schedule; 0: it is not set
  std::vector<std::int64_t> sizes;  // of databases in the newest good backups, newest first
  bool ran = false;                 // a backup run has ended
  std::string failure;              // of the newest of these, where it failed
  bool enabled = true;              // the setting
  bool scheduled = false;           // a scheduler has been at work here, now or ever
  bool kept_here = false, led_here = false;
  bool led = false;     // some scheduler leads now
  std::string problem;  // of this process's scheduler
  std::optional<std::uint64_t> free_bytes;
  int sqlite_version = 0;  // as sqlite3_libversion_number() has it
};

// The checks, in this order: "newest backup", "last run", "scheduler", "copies", "damaged", "verified",
// "drill", "size", "disk", "clock", "SQLite".
std::vector<HealthCheck> judge_health(const HealthFacts& facts);

// Three of them alone: what speaks of more than the backups that there are.
HealthCheck scheduler_check(const HealthFacts& facts);
HealthCheck clock_check(const HealthFacts& facts);
HealthCheck sqlite_check(const HealthFacts& facts);

// Of a database that has a place for backups: kNoDirectory. `kept`: of its scheduler in this process.
Result<HealthFacts> health_facts(Database& database, const std::optional<KeeperState>& kept);

// Whether commits can be lost by this SQLite when a checkpoint meets a commit that restarts the log
// (https://sqlite.org/wal.html, "The WAL-reset bug").
bool has_wal_reset_bug(int sqlite_version);

}  // namespace sqbackup
