#include "service/drilling.h"

#include "engine/drill.h"
#include "service/operations.h"
#include "service/run.h"
#include "service/work.h"

namespace sqbackup {
namespace {

Status check_scratch(FileEnv& files, const std::string& path) {
  const auto info = files.info(path, /*follow_symlink=*/true);
  if (info.ok() && info->kind == FileKind::kDirectory) return {};
  if (!info.ok() && !info.status().is(Error::kNoSuchFile)) return info.status();
  return {Error::kNoSuchFile, "there is no directory '" + path +
                                  "', where the drill should put its copy; make it, or choose another one "
                                  "with the setting or option 'scratch'"};
}

Result<DrillRequest> request_of(Database& database, BackupDirectory& directory, Catalog& catalog,
                                const std::string& name, const DrillOptions& options) {
  DrillRequest request;
  request.name = name;
  if (options.scratch) {
    request.scratch = *options.scratch;
    SQB_TRY(check_scratch(directory.files(), request.scratch));
  } else {
    SQB_ASSIGN(request.scratch, scratch_directory(database, directory));
  }
  request.fresh_within_millis = options.fresh_within_millis;
  SQB_ASSIGN(auto assertions, catalog.assertions());
  for (AssertionRecord& assertion : assertions) {
    request.assertions.push_back(
        {std::move(assertion.name), std::move(assertion.sql), std::move(assertion.expect)});
  }
  SQB_ASSIGN(const auto previous, catalog.last_passed_drill());
  if (previous && previous->report) request.previous_tables = tables_of_drill_report(*previous->report);
  return request;
}

void describe(const DrillReport& report, DrillRecord& drill) {
  drill.ok = report.ok;
  if (const DrillCheck* failure = report.first_failure()) {
    drill.failed_check = failure->name;
    drill.error = failure->detail;
  }
  for (const std::string& warning : report.warnings) {
    drill.warnings = drill.warnings ? *drill.warnings + "; " + warning : warning;
  }
  drill.restore_seconds = report.restore_seconds;
  drill.data_age_seconds = report.data_age_seconds;
  drill.bytes = static_cast<std::int64_t>(report.bytes);
  drill.report = drill_report_json(report);
}

Status outcome_of(const DrillReport& report) {
  const DrillCheck* failure = report.first_failure();
  if (failure == nullptr) return {};
  return {Error::kDrillFailed, "the drill of '" + report.name + "' failed at '" + failure->name + "': " +
                                   failure->detail + "; the last row of backup_drills has the whole report"};
}

// Recorded before anybody is told. Should the catalog fail, the drill's own outcome is still the one that
// counts.
void record(Catalog& catalog, BackupDirectory& directory, const Result<DrillReport>& report,
            const AgeKeys& keys, DrillRecord drill, UnixMillis now) {
  if (!report.ok()) {
    drill.error = report.status().message();
  } else {
    describe(*report, drill);
    if (report->ok) remember_proof(catalog, directory, drill.name, keys, now);
    if (report->damaged) static_cast<void>(catalog.set_damaged(drill.name));
  }
  static_cast<void>(catalog.add_drill(drill));
}

}  // namespace

Result<std::string> scratch_directory(Database& database, BackupDirectory& directory) {
  SQB_ASSIGN(const SettingValue setting, database.setting("scratch"));
  std::string path = setting.value.value_or(directory.path());
  SQB_TRY(check_scratch(directory.files(), path));
  return path;
}

Result<DrillReport> drill_backup(Session::Target& target, const DrillOptions& options, Progress& progress) {
  Database& database = *target.database;
  const Env& env = database.env();
  SQB_ASSIGN(auto directory, database.directory());
  RunRecord row;
  row.operation = "drill";
  row.trigger = options.trigger;
  {
    SQB_ASSIGN(auto catalog, database.open_catalog(directory, Catalog::Access::kRead));
    SQB_ASSIGN(const auto backup, resolve_point(*catalog, options.point, env.clock->now()));
    row.name = backup.name;
    row.bytes = backup.size;
  }
  SQB_ASSIGN(const auto lock, directory.lock_name(row.name, LockMode::kShared));
  SQB_ASSIGN(auto run, Run::begin(database, directory, Run::Kind::kReads, row, progress));

  DrillRecord drill;
  drill.name = row.name;
  drill.started_at = run->record().started_at;
  drill.trigger = options.trigger;
  auto request = request_of(database, directory, run->catalog(), row.name, options);
  const auto keys = keys_of(database, row.name);
  if (!keys.ok()) request = keys.status();
  if (request.ok()) request->keys = &*keys;
  auto report = request.ok() ? run_drill(env, directory, *request, *run) : request.status();
  record(run->catalog(), directory, report, keys.ok() ? *keys : no_keys(), std::move(drill),
         env.clock->now());
  SQB_TRY(run->finish(report.ok() ? outcome_of(*report) : report.status()));
  return report;
}

}  // namespace sqbackup
