#include "service/preflight.h"

#include "engine/drill_assertion.h"
#include "engine/drill_scratch.h"
#include "engine/json_dump.h"
#include "engine/room.h"
#include "pages/capture.h"
#include "service/drilling.h"
#include "service/health.h"
#include "service/keeper.h"
#include "service/run.h"
#include "service/schedules.h"
#include "service/timetable.h"
#include "service/work.h"

namespace sqbackup {
namespace {

constexpr UnixMillis kRecent = 24LL * 3'600'000;  // an alert that failed is worth a word for a day

// What the checks share, and leave for those after them.
struct Preflight {
  const Session::Target& target;
  Progress& progress;
  std::optional<BackupDirectory> directory;  // from the check of that name on
  std::unique_ptr<Run> run;                  // from the check "catalog" on
  std::uint64_t database_bytes = 0;          // from the check "database" on
  HealthFacts facts;                         // from the check "clock" on
  PreflightReport report;

  Database& database() const { return *target.database; }
  FileEnv& files() const { return *target.database->env().files; }
};

std::string bytes_text(std::uint64_t bytes) { return std::to_string(bytes) + " bytes"; }

Result<std::string> check_settings(Preflight& preflight) {
  std::size_t count = 0;
  for (const SettingInfo& setting : known_settings()) {
    auto value = preflight.database().setting(setting.key);  // the environment's are looked at here
    if (!value.ok()) return value.status();
    const std::string_view source = value->source;
    if (!value->value || source == "default") continue;
    ++count;
    const Status legal = normalize_setting(setting, *value->value).status();
    if (legal.ok()) continue;
    return Status(legal.error(), legal.message() + "; it is " + std::string(source) +
                                     ": set a legal value, or forget it by backup_config('" + setting.key +
                                     "', NULL)");
  }
  return std::to_string(count) + " set, all legal";
}

Result<std::string> check_database(Preflight& preflight) {
  const Source& source = preflight.target.source;
  SQB_TRY(check_keepable(source));
  SQB_TRY(check_not_moved(source));
  SQB_ASSIGN(const auto capture, Capture::begin(preflight.files(), source, /*salvage=*/false));
  SQB_TRY(capture->measure());
  if (!capture->warnings().empty()) {
    return Status(Error::kDatabaseDamaged, capture->warnings().front() +
                                               "; a backup of it would be marked as damaged: restore the "
                                               "newest good one");
  }
  preflight.database_bytes = capture->bytes();
  return bytes_text(preflight.database_bytes) + " can be read";
}

Result<std::string> check_directory(Preflight& preflight) {
  SQB_ASSIGN(auto directory, preflight.database().directory());
  preflight.directory.emplace(std::move(directory));
  SQB_TRY(preflight.directory->ensure());
  preflight.report.directory = preflight.directory->path();
  return preflight.report.directory;
}

Result<std::string> check_locks(Preflight& preflight) {
  SQB_TRY(preflight.directory->probe_locks());
  return std::string("they keep others out");
}

Result<std::string> check_files(Preflight& preflight) {
  SQB_TRY(preflight.directory->probe_files());
  return std::string("one was written, synced, renamed, read back and removed");
}

// Begins this preflight's own run: that is a write to the catalog as every operation makes it.
Result<std::string> check_catalog(Preflight& preflight) {
  RunRecord record;
  record.operation = "check";
  record.trigger = "manual";
  SQB_ASSIGN(preflight.run, Run::begin(preflight.database(), *preflight.directory, Run::Kind::kWrites, record,
                                       preflight.progress));
  SQB_ASSIGN(const auto stored, preflight.run->catalog().settings());
  for (const auto& [key, value] : stored) {
    if (find_setting(key) == nullptr)
      preflight.report.warnings.push_back("catalog: the stored setting '" + key +
                                          "' is of another release of sqbackup, and not looked at");
  }
  SQB_ASSIGN(const auto totals, preflight.run->catalog().totals());
  return "it can be written, and lists " + std::to_string(totals.count) + " backups";
}

Status check_room(FileEnv& files, const std::string& directory, std::uint64_t needed, const char* purpose) {
  SQB_ASSIGN(const std::uint64_t available, files.free_space(directory));
  if (available >= needed) return {};
  return {Error::kDiskFull, "'" + directory + "' has " + bytes_text(available) + " free, and " + purpose +
                                " needs " + std::to_string(needed) +
                                "; make room, keep fewer backups, or choose another directory"};
}

// For a backup of the database as it is, and for the copy of a drill, which may be on the same disk.
Result<std::string> check_space(Preflight& preflight) {
  const std::string& directory = preflight.directory->path();
  SQB_ASSIGN(const std::string scratch, scratch_directory(preflight.database(), *preflight.directory));
  SQB_ASSIGN(const auto here, preflight.files().info(directory, /*follow_symlink=*/true));
  SQB_ASSIGN(const auto there, preflight.files().info(scratch, /*follow_symlink=*/true));
  const std::uint64_t one = preflight.database_bytes + kSpareBytes;
  SQB_TRY(check_room(preflight.files(), directory, one, "a backup"));
  const bool shared = here.id.device == there.id.device;
  const std::uint64_t drill = shared ? one + preflight.database_bytes : one;
  SQB_TRY(check_room(preflight.files(), scratch, drill,
                     shared ? "a backup and the copy of a drill" : "the copy of a drill"));
  return std::string("there is room for a backup and for the copy of a drill");
}

Result<std::string> check_scratch(Preflight& preflight) {
  SQB_ASSIGN(const std::string parent, scratch_directory(preflight.database(), *preflight.directory));
  if (parent == preflight.directory->path())
    return std::string("the backup directory");  // tried by check_files
  SQB_TRY(DrillScratch::clear_leftovers(*preflight.directory, parent).status());
  SQB_ASSIGN(const auto scratch, DrillScratch::make(*preflight.directory, parent));
  {
    SQB_ASSIGN(const auto file, preflight.files().create(scratch->database()));
    SQB_TRY(file->append(as_bytes("probe")));
    SQB_TRY(file->sync());
  }
  SQB_TRY(scratch->remove());
  return parent;
}

Result<std::string> check_clock(Preflight& preflight) {
  SQB_ASSIGN(preflight.facts, health_facts(preflight.database(), preflight.database().keeper_state()));
  const HealthCheck clock = clock_check(preflight.facts);
  if (!clock.ok) return Status(Error::kClockWrong, clock.value + "; " + clock.advice);
  return format_sql_time(preflight.facts.now);
}

std::string due_text(const char* what, const std::optional<UnixMillis>& due) {
  return what + (due ? " is due at " + format_sql_time(*due) : " is never due");
}

Result<std::string> check_schedule(Preflight& preflight) {
  Database& database = preflight.database();
  SQB_ASSIGN(const Schedule backups, backup_schedule(database));
  SQB_ASSIGN(const auto drills, drill_schedule(database));
  SQB_ASSIGN(const Jitter jitter, jitter_of(database));
  const HealthFacts& facts = preflight.facts;
  if (const HealthCheck scheduler = scheduler_check(facts); !scheduler.ok)
    preflight.report.warnings.push_back("schedule: " + scheduler.value + "; " + scheduler.advice);
  if (!facts.enabled) return std::string("the setting enabled is off");
  std::string detail =
      due_text("the next backup", Timetable().next(backups, facts.confirmed, facts.now, jitter));
  if (!facts.scheduled) detail = "no scheduler has been started; with one, " + detail;
  SQB_TRY(prune_schedule(database).status());
  if (drills) {
    const auto last = facts.drilled ? facts.drilled : std::optional(facts.now);
    detail += due_text(", the next drill", Timetable().next(*drills, last, facts.now, jitter));
  }
  return detail;
}

// Asked of the live database, while a drill asks a backup. So what cannot be asked is a warning: no backup
// fails of it, and between two releases of the application the two may differ in their tables.
Result<std::string> check_assertions(Preflight& preflight) {
  SQB_ASSIGN(const auto assertions, preflight.run->catalog().assertions());
  if (assertions.empty()) return std::string("none");
  SQB_ASSIGN(auto reading,
             ReadTransaction::begin(preflight.files(), preflight.target.source, /*salvage=*/false));
  for (const AssertionRecord& assertion : assertions) {
    SQB_ASSIGN(const std::string fault, fault_of_assertion(reading.connection(), assertion.sql));
    if (fault.empty()) continue;
    preflight.report.warnings.push_back("assertions: '" + assertion.name +
                                        "' cannot be asked of the database as it is: " + fault);
  }
  return std::to_string(assertions.size()) + " were prepared";
}

// Nothing is sent: a test is not worth a false alarm. No backup fails of it.
Result<std::string> check_alerts(Preflight& preflight) {
  std::string told;
  bool mail_to = false;
  bool smtp_url = false;
  for (const char* key : {"ping_url", "webhook_url", "mail_to", "smtp_url"}) {
    SQB_ASSIGN(const auto setting, preflight.database().setting(key));
    if (!setting.value) continue;
    told += (told.empty() ? "" : ", ") + std::string(key);
    mail_to = mail_to || key == std::string_view("mail_to");
    smtp_url = smtp_url || key == std::string_view("smtp_url");
  }
  if (mail_to && !smtp_url) {
    preflight.report.warnings.push_back(
        "alerts: mail_to is set, but this process knows no smtp_url, so it sends no mail; it is not stored: "
        "give "
        "SQBACKUP_SMTP_URL to the process that runs the scheduler");
  }
  SQB_ASSIGN(const auto failed, preflight.run->catalog().newest_ended("alert"));
  if (failed && preflight.facts.now - failed->started_at < kRecent) {
    preflight.report.warnings.push_back("alerts: at " + format_sql_time(failed->started_at) + ", " +
                                        failed->error);
  }
  return told.empty() ? std::string("nobody is told when something fails") : told;
}

// Most cannot change the SQLite that their system has: told, and no error.
Result<std::string> check_sqlite(Preflight& preflight) {
  const HealthCheck sqlite = sqlite_check(preflight.facts);
  if (!sqlite.advice.empty())
    preflight.report.warnings.push_back("SQLite: " + sqlite.value + ": " + sqlite.advice);
  return sqlite.value;
}

// A JSON snapshot is refused where it could not be loaded again, or a table to leave out is not there.
Result<std::string> check_format(Preflight& preflight) {
  SQB_ASSIGN(const StoredForm form, backup_form(preflight.database(), {}));
  const Source& source = preflight.target.source;
  if (!form.json || needs_callers_connection(source)) return format_of(form);
  SQB_ASSIGN(auto reading, ReadTransaction::begin(preflight.files(), source, /*salvage=*/false));
  SQB_TRY(rehearse_dump(reading.connection(), {form.exclude_tables}, preflight.progress));
  return format_of(form) + ", and the schema can be built again";
}

struct Check {
  const char* name;
  Result<std::string> (*run)(Preflight& preflight);  // what was found
};

Result<std::string> check_encryption(Preflight& preflight) {
  SQB_ASSIGN(const StoredForm form, backup_form(preflight.database(), {}));
  SQB_ASSIGN(const AgeKeys keys, keys_of(preflight.database(), extension_of(form)));
  if (!form.encrypted) {
    SQB_TRY(check_may_be_plain(preflight.database(), preflight.run->catalog()));
    return std::string("none is asked for");
  }
  return std::string(has_any(keys) ? "backups are encrypted, and a key is here"
                                   : "backups are encrypted; no key that opens them is here");
}

constexpr Check kChecks[] = {
    {"database", check_database},     {"settings", check_settings},     {"directory", check_directory},
    {"locks", check_locks},           {"files", check_files},           {"catalog", check_catalog},
    {"space", check_space},           {"scratch", check_scratch},       {"clock", check_clock},
    {"format", check_format},         {"encryption", check_encryption}, {"schedule", check_schedule},
    {"assertions", check_assertions}, {"alerts", check_alerts},         {"SQLite", check_sqlite},
};

Status run_checks(Preflight& preflight) {
  for (const Check& check : kChecks) {
    SQB_TRY(preflight.progress.advance(0));
    auto detail = check.run(preflight);
    if (!detail.ok())
      return detail.status().with_context(std::string("the check '") + check.name + "' failed");
    preflight.report.checks.push_back({check.name, std::move(*detail)});
  }
  return {};
}

}  // namespace

Result<PreflightReport> run_preflight(const Session::Target& target, Progress& progress) {
  Preflight preflight{target, progress, {}, {}, 0, {}, {}};
  const Status outcome = run_checks(preflight);
  SQB_TRY(preflight.run ? preflight.run->finish(outcome) : outcome);
  return std::move(preflight.report);
}

}  // namespace sqbackup
