#include "service/health.h"

#include <algorithm>

#include "catalog/catalog.h"
#include "pages/sqlite.h"
#include "service/schedules.h"

namespace sqbackup {
namespace {

constexpr int kStalePeriods = 3;
constexpr std::size_t kSizesCompared = 6;  // the newest with those before it
constexpr UnixMillis kOwnRun = 1000;
constexpr std::uint64_t kSpareBytes = 64 << 20;
constexpr UnixMillis kBeforeSqbackup = 1'577'836'800'000;  // 2020: what a clock without a battery stays below

std::string age(UnixMillis then, UnixMillis now) {
  return format_duration(std::max<std::int64_t>(now - then, 0));
}

HealthCheck newest_backup(const HealthFacts& facts) {
  HealthCheck check{"newest backup", true, "none", "no older than " + format_duration(facts.stale_after), ""};
  if (facts.newest) check.value = age(*facts.newest, facts.now) + " old";
  if (facts.confirmed > facts.newest) {
    check.value += ", and the database had not changed " + age(*facts.confirmed, facts.now) + " ago";
  }
  check.ok = facts.newest && facts.now - std::max(facts.confirmed, facts.newest).value() <= facts.stale_after;
  if (!check.ok) {
    check.advice =
        "SELECT backup_now(), and look into backup_log why none was made; the setting stale_after says "
        "how old it may be";
  }
  return check;
}

HealthCheck last_run(const HealthFacts& facts) {
  HealthCheck check{"last run", facts.failure.empty(), "ok", "", ""};
  if (!check.ok) {
    check.value = facts.failure;
    check.advice = "mend what the error says; backup_log has the whole story";
  }
  return check;
}

HealthCheck copies(const HealthFacts& facts) {
  HealthCheck check{"copies", facts.completed >= 2, std::to_string(facts.completed), "2 or more", ""};
  if (!check.ok) check.advice = "SELECT backup_now(): less than two is one bad disk block away from none";
  return check;
}

HealthCheck damaged(const HealthFacts& facts) {
  HealthCheck check{"damaged", facts.damaged == 0, std::to_string(facts.damaged), "0", ""};
  if (!check.ok) {
    check.advice =
        "SELECT name FROM backups WHERE status = 'damaged'; check the disk and the source database, then "
        "DELETE them";
  }
  return check;
}

HealthCheck verified(const HealthFacts& facts) {
  HealthCheck check{"verified", facts.verified.has_value(), "never", "at least once", ""};
  if (facts.verified) check.value = age(*facts.verified, facts.now) + " ago";
  if (!check.ok) check.advice = "SELECT backup_verify('latest')";
  return check;
}

HealthCheck drill(const HealthFacts& facts) {
  HealthCheck check{"drill", true, "none yet", "", ""};
  if (facts.drill_period != 0)
    check.threshold = "no older than " + format_duration(kStalePeriods * facts.drill_period);
  if (!facts.drilled) return check;
  check.value = (facts.drill_ok ? "passed, " : "failed, ") + age(*facts.drilled, facts.now) + " ago";
  const bool old = facts.drill_period != 0 && facts.now - *facts.drilled > kStalePeriods * facts.drill_period;
  check.ok = facts.drill_ok && !old;
  if (!facts.drill_ok)
    check.advice = "SELECT failed_check, error FROM backup_drills ORDER BY id DESC LIMIT 1";
  if (old) check.advice = "SELECT backup_drill(), and look why the scheduler runs none";
  return check;
}

// Against the median of those before: a database that lost most of its content has a small backup.
HealthCheck size(const HealthFacts& facts) {
  HealthCheck check{"size", true, "none", "half of the backups before, or more", ""};
  if (facts.sizes.empty()) return check;
  check.value = std::to_string(facts.sizes.front()) + " bytes";
  std::vector<std::int64_t> before(facts.sizes.begin() + 1, facts.sizes.end());
  if (before.empty()) return check;
  const auto middle = before.begin() + static_cast<std::ptrdiff_t>(before.size() / 2);
  std::nth_element(before.begin(), middle, before.end());
  check.ok = facts.sizes.front() >= *middle / 2;
  if (!check.ok) {
    check.advice =
        "the database has lost more than half of its size: make sure that nothing is missing, and pin a "
        "backup from before";
  }
  return check;
}

HealthCheck disk(const HealthFacts& facts) {
  const std::uint64_t largest =
      facts.sizes.empty()
          ? 0
          : static_cast<std::uint64_t>(*std::max_element(facts.sizes.begin(), facts.sizes.end()));
  const std::uint64_t needed = 2 * largest + kSpareBytes;
  HealthCheck check{"disk", true, "unknown", std::to_string(needed) + " bytes free", ""};
  if (!facts.free_bytes) return check;
  check.value = std::to_string(*facts.free_bytes) + " bytes free";
  check.ok = *facts.free_bytes >= needed;
  if (!check.ok) check.advice = "make room, keep fewer backups, or choose another directory";
  return check;
}

Status add_runs(Catalog& catalog, HealthFacts& facts) {
  SQB_ASSIGN(const auto run, catalog.newest_ended("backup"));
  facts.ran = run.has_value();
  if (run && run->status == "failed") facts.failure = run->error + " [" + run->error_code + "]";
  SQB_ASSIGN(const bool ever, catalog.has_scheduled_run());
  facts.scheduled = facts.kept_here || ever;
  return {};
}

Status add_backups(Catalog& catalog, HealthFacts& facts) {
  SQB_ASSIGN(const auto totals, catalog.totals());
  facts.completed = totals.completed;
  facts.damaged = totals.count - totals.completed;
  facts.stored_bytes = totals.bytes;
  BackupQuery query;
  query.descending = true;
  SQB_ASSIGN(const auto newest, catalog.list(query, nullptr, 200));
  for (const auto& backup : newest) {
    if (backup.verified_at) facts.verified = std::max(facts.verified, backup.verified_at);
    if (backup.status != "completed" || backup.trigger == "pre_restore" || backup.trigger == "imported")
      continue;
    if (!facts.newest) {
      facts.newest = backup.created_at;
      facts.newest_size = backup.size;
      facts.newest_duration = backup.duration;
    }
    if (facts.sizes.size() < kSizesCompared)
      facts.sizes.push_back(backup.database_size.value_or(backup.size));
  }
  return {};
}

Status add_drills(Database& database, Catalog& catalog, HealthFacts& facts) {
  SQB_ASSIGN(const auto last_id, catalog.last_drill_id());
  SQB_ASSIGN(const auto newest, catalog.drills(last_id - 1, 1));
  if (!newest.empty()) {
    facts.drilled = newest.front().started_at;
    facts.drill_ok = newest.front().ok;
    facts.drill_restore_seconds = newest.front().restore_seconds;
  }
  SQB_ASSIGN(const auto schedule, drill_schedule(database));
  if (schedule) facts.drill_period = schedule->period(facts.now).value_or(0);
  return {};
}

}  // namespace

HealthCheck scheduler_check(const HealthFacts& facts) {
  HealthCheck check{"scheduler", true, "never used", "", ""};
  if (facts.led_here) check.value = "this process leads";
  if (facts.led && !facts.led_here) check.value = "another process leads";
  if (!facts.enabled) {
    check.value = "off";
  } else if (facts.scheduled && !facts.led) {
    check.ok = false;
    check.value = "not running";
    check.advice = "SELECT backup_start() in a process that stays";
  }
  if (!facts.problem.empty()) {
    check.ok = false;
    check.value = facts.problem;
    check.advice = "mend what the error says; it is tried again by itself";
  }
  return check;
}

HealthCheck clock_check(const HealthFacts& facts) {
  HealthCheck check{"clock", true, "right", "", ""};
  if (facts.now < kBeforeSqbackup) check.value = "it is said to be " + format_sql_time(facts.now);
  if (facts.newest > facts.now)
    check.value = "the newest backup is from the future: " + format_sql_time(*facts.newest);
  check.ok = check.value == "right";
  if (!check.ok) check.advice = "set the clock";
  return check;
}

// Told and not complained about: most cannot change the SQLite that their system has.
HealthCheck sqlite_check(const HealthFacts& facts) {
  const int version = facts.sqlite_version;
  HealthCheck check{"SQLite", true, "", "", ""};
  check.value = std::to_string(version / 1'000'000) + "." + std::to_string(version / 1000 % 1000) + "." +
                std::to_string(version % 1000);
  if (has_wal_reset_bug(version)) {
    check.threshold = "3.51.3";
    check.advice =
        "in WAL mode this version can, very rarely, lose commits when two connections write and checkpoint "
        "at one time; update SQLite when you can";
  }
  return check;
}

bool has_wal_reset_bug(int version) {
  return version >= 3007000 && version < 3051003 && version != 3044006 && version != 3050007;
}

std::vector<HealthCheck> judge_health(const HealthFacts& facts) {
  return {newest_backup(facts), last_run(facts),    scheduler_check(facts), copies(facts),
          damaged(facts),       verified(facts),    drill(facts),           size(facts),
          disk(facts),          clock_check(facts), sqlite_check(facts)};
}

Result<HealthFacts> health_facts(Database& database, const std::optional<KeeperState>& kept) {
  HealthFacts facts;
  facts.now = database.env().clock->now();
  facts.sqlite_version = sqlite3_libversion_number();
  SQB_ASSIGN(const auto stale_after, database.setting("stale_after"));
  facts.stale_after = duration_of(stale_after);
  if (!stale_after.value) {
    SQB_ASSIGN(const auto schedule, backup_schedule(database));
    facts.stale_after = kStalePeriods * schedule.period(facts.now).value_or(0);
  }
  if (kept) {
    facts.kept_here = true;
    facts.led_here = kept->leader;
    facts.problem = kept->problem;
  }
  SQB_ASSIGN(auto directory, database.directory());
  SQB_ASSIGN(auto catalog, database.open_catalog(directory, Catalog::Access::kRead));
  SQB_TRY(add_backups(*catalog, facts));
  SQB_TRY(add_drills(database, *catalog, facts));
  SQB_ASSIGN(facts.confirmed, catalog->last_good_backup());
  // That may be the run that made the newest: it began a moment after the time that is the backup's.
  if (facts.confirmed && facts.newest && *facts.confirmed < *facts.newest + kOwnRun)
    facts.confirmed = facts.newest;
  SQB_TRY(add_runs(*catalog, facts));
  SQB_ASSIGN(const auto enabled, database.setting("enabled"));
  facts.enabled = is_on(enabled);
  facts.led = facts.led_here || directory.has_leader();
  const auto room = directory.files().free_space(directory.path());
  if (room.ok()) facts.free_bytes = *room;
  return facts;
}

}  // namespace sqbackup
