#include "service/metrics.h"

#include "format/exposition.h"
#include "pages/sqlite.h"

namespace sqbackup {
namespace {

using Value = std::optional<double>;

Value seconds(const std::optional<UnixMillis>& time) {
  return time ? Value(static_cast<double>(*time) / 1000.0) : std::nullopt;
}

template <typename Integer>
Value number(const std::optional<Integer>& value) {
  return value ? Value(static_cast<double>(*value)) : std::nullopt;
}

Value yes_or_no(bool value) { return value ? 1.0 : 0.0; }

template <typename Subject>
struct Gauge {
  const char* name;
  const char* help;
  Value (*of)(const Subject& subject);
};

constexpr Gauge<FleetMember> kOfMembers[] = {
    {"sqbackup_database_up",
     "Whether the backups of the database could be looked at; if not, its other metrics are missing.",
     [](const FleetMember& member) { return yes_or_no(member.facts.ok()); }},
    {"sqbackup_scheduler_running", "Whether this process runs a scheduler for the database.",
     [](const FleetMember& member) { return yes_or_no(member.kept.has_value()); }},
    {"sqbackup_scheduler_leader", "Whether that scheduler is the one of all processes that does the work.",
     [](const FleetMember& member) { return yes_or_no(member.kept && member.kept->leader); }},
    {"sqbackup_next_backup_timestamp_seconds", "When that scheduler makes the next backup.",
     [](const FleetMember& member) { return member.kept ? seconds(member.kept->next_backup) : Value(); }},
};

constexpr Gauge<HealthFacts> kOfFacts[] = {
    {"sqbackup_last_backup_timestamp_seconds", "When the newest good backup was made.",
     [](const HealthFacts& facts) { return seconds(facts.newest); }},
    {"sqbackup_last_success_timestamp_seconds",
     "When that backup was made, or the database last found to be still as it is there.",
     [](const HealthFacts& facts) { return seconds(std::max(facts.newest, facts.confirmed)); }},
    {"sqbackup_last_backup_size_bytes", "Size of the newest good backup.",
     [](const HealthFacts& facts) { return number(facts.newest_size); }},
    {"sqbackup_last_backup_duration_seconds", "How long making the newest good backup took.",
     [](const HealthFacts& facts) { return facts.newest_duration; }},
    {"sqbackup_last_run_ok", "Whether the newest run of a backup succeeded.",
     [](const HealthFacts& facts) { return facts.ran ? yes_or_no(facts.failure.empty()) : Value(); }},
    {"sqbackup_backups", "How many good backups are kept.",
     [](const HealthFacts& facts) { return Value(static_cast<double>(facts.completed)); }},
    {"sqbackup_backups_size_bytes", "Size of all backups that are kept.",
     [](const HealthFacts& facts) { return Value(static_cast<double>(facts.stored_bytes)); }},
    {"sqbackup_last_verified_timestamp_seconds", "When a backup was last proven.",
     [](const HealthFacts& facts) { return seconds(facts.verified); }},
    {"sqbackup_last_drill_timestamp_seconds", "When the newest restore drill began.",
     [](const HealthFacts& facts) { return seconds(facts.drilled); }},
    {"sqbackup_last_drill_ok", "Whether the newest restore drill passed.",
     [](const HealthFacts& facts) { return facts.drilled ? yes_or_no(facts.drill_ok) : Value(); }},
    {"sqbackup_last_drill_restore_seconds", "How long the restore of the newest restore drill took.",
     [](const HealthFacts& facts) { return facts.drill_restore_seconds; }},
    {"sqbackup_directory_free_bytes", "Free space on the disk of the backup directory.",
     [](const HealthFacts& facts) { return number(facts.free_bytes); }},
};

void add_health(const std::vector<FleetMember>& fleet, Exposition& page) {
  page.begin_gauge("sqbackup_health_ok", "Whether a check of backup_health holds.");
  for (const FleetMember& member : fleet) {
    if (!member.facts.ok()) continue;
    for (const HealthCheck& check : judge_health(*member.facts)) {
      page.add({{"database", member.database}, {"check", check.name}}, check.ok ? 1 : 0);
    }
  }
}

}  // namespace

std::string metrics_text(const std::vector<FleetMember>& fleet) {
  Exposition page;
  page.begin_gauge("sqbackup_info", "The versions of sqbackup and of the SQLite that it runs in.");
  page.add({{"version", SQBACKUP_VERSION}, {"sqlite_version", sqlite3_libversion()}}, 1);
  for (const auto& gauge : kOfMembers) {
    page.begin_gauge(gauge.name, gauge.help);
    for (const FleetMember& member : fleet) {
      if (const Value value = gauge.of(member)) page.add({{"database", member.database}}, *value);
    }
  }
  for (const auto& gauge : kOfFacts) {
    page.begin_gauge(gauge.name, gauge.help);
    for (const FleetMember& member : fleet) {
      const Value value = member.facts.ok() ? gauge.of(*member.facts) : Value();
      if (value) page.add({{"database", member.database}}, *value);
    }
  }
  add_health(fleet, page);
  return page.text();
}

}  // namespace sqbackup
