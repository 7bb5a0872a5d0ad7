#include "service/operations.h"

#include "engine/backup.h"
#include "format/point.h"
#include "pages/read_transaction.h"
#include "service/run.h"
#include "service/work.h"

namespace sqbackup {
namespace {

Status not_found(Catalog& catalog, const std::string& what) {
  SQB_ASSIGN(const auto newest, catalog.newest(std::nullopt, /*include_pre_restore=*/false));
  if (newest) {
    return {Error::kNoSuchBackup,
            what + "; the newest is '" + newest->name + "', SELECT name, created_at FROM backups lists all"};
  }
  SQB_ASSIGN(const auto any, catalog.list({}, nullptr, 1));
  if (any.empty()) return {Error::kNoSuchBackup, "there are no backups yet; SELECT backup_now() makes one"};
  return {Error::kNoSuchBackup, what + "; give the name of one, such as '" + any.front().name +
                                    "'; SELECT name, trigger FROM backups lists all"};
}

std::string join_warnings(const std::vector<std::string>& warnings) {
  std::string text;
  for (const auto& warning : warnings) text += (text.empty() ? "" : "; ") + warning;
  return text;
}

}  // namespace

Result<BackupRecord> resolve_point(Catalog& catalog, const std::string& text, UnixMillis now) {
  SQB_ASSIGN(const Point point, parse_point(text, now));
  switch (point.kind) {
    case Point::Kind::kLatest: {
      SQB_ASSIGN(auto newest, catalog.newest(std::nullopt, /*include_pre_restore=*/false));
      if (newest) return *newest;
      return not_found(catalog, "there are no backups but imported ones and those that restores made");
    }
    case Point::Kind::kTime: {
      SQB_ASSIGN(auto newest, catalog.newest(point.time, /*include_pre_restore=*/true));
      if (newest) return *newest;
      return not_found(catalog, "no backup is as old as " + format_sql_time(point.time));
    }
    case Point::Kind::kName:
      break;
  }
  SQB_ASSIGN(auto found, catalog.find(point.name));
  if (found) return *found;
  return not_found(
      catalog, "no backup is called '" + point.name +
                   "' (a point is a name, latest, a UTC time such as 2026-11-20 10:17:00, or 5 minutes ago)");
}

Result<Manifest> run_backup(Session::Target& target, BackupDirectory& directory, const BackupOptions& options,
                            bool salvage, Progress& progress) {
  SQB_ASSIGN(const auto row_counts, target.database->setting("row_counts"));
  RunRecord record;
  record.operation = "backup";
  record.trigger = options.trigger;
  const Env& env = target.database->env();
  SQB_ASSIGN(const StoredForm form, backup_form(*target.database, options.form));
  SQB_TRY(directory.ensure());
  SQB_ASSIGN(auto backup, begin_backup(env, directory, form));
  record.name = backup.file->name();
  SQB_ASSIGN(auto run, Run::begin(*target.database, directory, Run::Kind::kWrites, record, progress));
  if (options.begun) {
    SQB_ASSIGN(const std::string uuid, run->catalog().run_uuid(run->record()));
    options.begun(run->record(), uuid);
  }

  if (!form.encrypted && !options.form.encrypt) {
    if (Status plain = check_may_be_plain(*target.database, run->catalog()); !plain.ok())
      return run->finish(plain);
  }

  BackupRequest request;
  request.form = form;
  request.database_id = run->catalog().database_id();
  request.trigger = options.trigger;
  request.actor = run->record().actor;
  request.note = options.note;
  request.labels = options.labels;
  request.pinned = options.pinned;
  request.row_counts = options.row_counts.value_or(is_on(row_counts));
  request.salvage = salvage;
  auto manifest = take_backup(env, directory, std::move(backup), target.source, request, *run);
  if (!manifest.ok()) return run->finish(manifest.status());

  run->record().bytes = static_cast<std::int64_t>(manifest->stored_size);
  const std::size_t warnings = manifest->warnings.size();
  run->record().error = !manifest->encryption || warnings == 0
                            ? join_warnings(manifest->warnings)
                            : "the source database is damaged; what was found is in the encrypted manifest";
  // The backup exists from here on: should the catalog fail to take it now, the next look at the directory
  // finds it.
  static_cast<void>(run->catalog().add(*manifest));
  static_cast<void>(run->finish({}));
  return manifest;
}

Result<std::string> backup_database(Session::Target& target, const BackupOptions& options,
                                    Progress& progress) {
  SQB_TRY(check_not_moved(target.source));
  SQB_TRY(check_marks(options.note, options.labels));
  if (options.trigger == "manual" && !needs_callers_connection(target.source)) {
    // What is no database leaves not even a directory behind. (The scheduler has one, and its failures are
    // told in the log.)
    SQB_TRY(ReadTransaction::begin(*target.database->env().files, target.source, /*salvage=*/false).status());
  }
  SQB_ASSIGN(auto directory, target.database->directory());
  SQB_ASSIGN(const auto work, target.database->work_slot().acquire(progress));
  SQB_ASSIGN(auto manifest, run_backup(target, directory, options, /*salvage=*/false, progress));
  return manifest.name;
}

Result<VerifyLevel> verify_database_backup(Session::Target& target, const std::string& point,
                                           std::optional<VerifyLevel> wanted, Progress& progress) {
  const Env& env = target.database->env();
  SQB_ASSIGN(auto directory, target.database->directory());
  RunRecord record;
  record.operation = "verify";
  record.trigger = "manual";
  bool imported = false;
  {
    SQB_ASSIGN(auto catalog, target.database->open_catalog(directory, Catalog::Access::kRead));
    SQB_ASSIGN(auto backup, resolve_point(*catalog, point, env.clock->now()));
    record.name = backup.name;
    record.bytes = backup.size;
    imported = backup.trigger == "imported";
  }
  SQB_ASSIGN(const auto lock, directory.lock_name(record.name, LockMode::kShared));
  SQB_ASSIGN(auto run, Run::begin(*target.database, directory, Run::Kind::kReads, record, progress));
  VerifyLevel level = wanted.value_or(VerifyLevel::kFull);
  const auto keys = keys_of(*target.database, record.name);
  if (!keys.ok()) return run->finish(keys.status());
  Status status = verify_backup(directory, record.name, level, *keys, *run);
  if (!wanted && status.is(Error::kNoKey) && !imported) {
    level = VerifyLevel::kChecksum;  // whose stored bytes were found right before a key was missed
    status = {};
  }
  if (status.ok() && level == VerifyLevel::kFull) {
    remember_proof(run->catalog(), directory, record.name, *keys, env.clock->now());
  }
  if (tells_damage(status)) static_cast<void>(run->catalog().set_damaged(record.name));
  SQB_TRY(run->finish(status));
  return level;
}

Status check_not_moved(const Source& source) {
  if (source.connection == nullptr || source.path.empty()) return {};
  int moved = 0;
  sqlite3_file_control(source.connection, source.schema.c_str(), SQLITE_FCNTL_HAS_MOVED, &moved);
  if (moved == 0) return {};
  return {Error::kNoSuchDatabase,
          "'" + source.path + "' was removed or replaced since this connection opened it; open it anew"};
}

void remember_proof(Catalog& catalog, BackupDirectory& directory, const std::string& name,
                    const AgeKeys& keys, UnixMillis now) {
  const auto manifest = load_manifest(directory, name, keys);
  if (!manifest.ok() || (*manifest && !(*manifest)->warnings.empty())) return;
  static_cast<void>(catalog.set_verified(name, now));
}

bool tells_damage(const Status& status) {
  return !status.ok() && (status.code() == Code::kCorrupt || status.code() == Code::kNotADatabase);
}

Status check_marks(const std::string& note, const std::string& labels) {
  constexpr std::size_t kLargest = 1 << 20;
  if (note.size() <= kLargest && labels.size() <= kLargest) return {};
  return {Error::kBadOption, "a note and labels may be 1 MiB long each; store longer texts elsewhere"};
}

Status hide_marks(Session::Target& target, const std::string& name, Marks& marks) {
  SQB_ASSIGN(auto directory, target.database->directory());
  SQB_ASSIGN(auto catalog, target.database->open_catalog(directory, Catalog::Access::kRead));
  SQB_ASSIGN(auto backup, catalog->find(name));
  if (!backup) return not_found(*catalog, "no backup is called '" + name + "'");
  if (!is_encrypted(*backup) || backup->trigger == "imported") return {};
  if (marks.note == backup->note.value_or("") && marks.labels == backup->labels.value_or("")) {
    // They stay what they are, be they known here or not. Where the old marks are damaged, the manifest's
    // hold.
    marks.keeps_texts = true;
    const auto text = directory.read_marks(name);
    const auto before = text.ok() ? read_marks(*text) : text.status();
    if (before.ok()) marks.secret = before->secret;
    return {};
  }
  SQB_ASSIGN(const auto manifest, load_manifest(directory, name, no_keys()));
  if (!manifest || !manifest->encryption) return {};
  SQB_ASSIGN(const auto passphrase, passphrase_of(*target.database));
  SQB_ASSIGN(const auto lock, lock_of(*manifest->encryption, passphrase));
  return hide_content(marks, *lock);
}

Status change_marks(Session::Target& target, const std::string& name, const Marks& marks) {
  SQB_ASSIGN(auto directory, target.database->directory());
  SQB_ASSIGN(auto catalog, target.database->open_catalog(directory, Catalog::Access::kWrite));
  SQB_ASSIGN(auto backup, catalog->find(name));
  if (!backup) return not_found(*catalog, "no backup is called '" + name + "'");
  SQB_ASSIGN(const auto lock, directory.lock_name(name, LockMode::kShared));
  // What was hidden when the change was prepared is for the keys that the backup had then.
  Marks written{marks.pinned, marks.note, marks.labels};
  if (Status hidden = hide_marks(target, name, written); !hidden.ok()) {
    if (!marks.hides_texts()) return hidden;
    written = marks;
  }
  SQB_ASSIGN(const std::string text, write_marks(written));
  SQB_TRY(directory.write_marks(name, text));
  return catalog->set_marks(name, {marks.pinned, marks.note, marks.labels});
}

Result<std::vector<JobRecord>> running_jobs(Database& database) {
  SQB_ASSIGN(auto directory, database.directory());
  SQB_ASSIGN(auto catalog, database.open_catalog(directory, Catalog::Access::kRead));
  SQB_ASSIGN(auto runs, catalog->running());
  std::vector<JobRecord> jobs;
  for (auto& run : runs) {
    JobRecord job;
    const auto state = read_job_file(directory.files(), directory.path(), run.id);
    job.run = std::move(run);
    if (state) job.progress = *state;
    jobs.push_back(std::move(job));
  }
  return jobs;
}

}  // namespace sqbackup
