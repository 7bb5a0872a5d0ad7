// Brings the catalog in line with its directory: whose it is, which backups there are, which runs have died.
#include <charconv>

#include "base/random.h"
#include "catalog/catalog.h"
#include "catalog/catalog_file.h"
#include "catalog/directory_scan.h"
#include "catalog/event_rows.h"

namespace sqbackup {
namespace {

constexpr std::int64_t kNanosPerMilli = 1'000'000;
constexpr UnixMillis kRacyMs = 100;  // a change so soon after another may leave the same modification time
// Imported files may grow without the directory noticing; so many of the newest are looked at each time.
constexpr int kImportedLookedAt = 100;
constexpr const char* kDiedText = "the process ended before the run did";

std::int64_t to_integer(const std::string& text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Result<KnownRows> known_rows(Connection& connection, const std::string& which) {
  SQB_ASSIGN(auto select,
             connection.prepare("SELECT name, manifest_time, coalesce(marks_time, -1), data_size, "
                                "data_time FROM backups " +
                                which));
  KnownRows rows;
  while (true) {
    SQB_ASSIGN(const bool row, select.step());
    if (!row) return rows;
    rows.emplace(select.text(0),
                 FileState{select.integer(1), select.integer(2), select.integer(3), select.integer(4)});
  }
}

Status write_marks_of(Connection& connection, const RowChange& change) {
  SQB_ASSIGN(auto update,
             connection.prepare("UPDATE backups SET pinned = ?2, note = iif(?6, note, ?3),"
                                " labels = iif(?6, labels, ?4), marks_time = ?5 WHERE name = ?1"));
  update.bind(1, std::string_view(change.record.name));
  update.bind(2, std::int64_t{change.record.pinned});
  update.bind(3, change.record.note);
  update.bind(4, change.record.labels);
  update.bind(5, change.state.marks_time);
  update.bind(6, std::int64_t{change.keeps_content});
  return update.run();
}

Status write_change(Connection& connection, const RowChange& change) {
  switch (change.kind) {
    case RowChange::Kind::kReplace:
      return write_row(connection, change.record, change.state, Replace::kIfChanged, change.keeps_content);
    case RowChange::Kind::kMarks:
      return write_marks_of(connection, change);
    case RowChange::Kind::kForget:
      break;
  }
  SQB_ASSIGN(auto forget, connection.prepare("DELETE FROM backups WHERE name = ?1"));
  forget.bind(1, std::string_view(change.record.name));
  return forget.run();
}

}  // namespace

Result<Catalog::Meta> Catalog::read_meta() {
  Meta meta;
  SQB_ASSIGN(auto select, connection_.prepare("SELECT key, value FROM meta"));
  while (true) {
    SQB_ASSIGN(const bool row, select.step());
    if (!row) return meta;
    const std::string key = select.text(0);
    if (key == "database_id") meta.database_id = select.text(1);
    if (key == "owner_path") meta.owner_path = select.text(1);
    if (key == "scanned") meta.scanned = to_integer(select.text(1));
  }
}

Status Catalog::write_meta(const std::string& key, std::string_view value) {
  SQB_ASSIGN(auto insert, connection_.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)"));
  insert.bind(1, std::string_view(key));
  insert.bind(2, value);
  return insert.run();
}

Status Catalog::check_owner(const std::string& owner_path) const {
  if (ownership_ == Ownership::kAny || owner_path.empty() || owner_path == database_path_) return {};
  const auto owner = env_.files->info(owner_path, /*follow_symlink=*/true);
  if (owner.status().is(Error::kNoSuchFile)) {
    if (ownership_ == Ownership::kSameOrGone || database_path_.empty()) return {};
    return {Error::kDirectoryTaken, "'" + directory_.path() + "' holds the backups of '" + owner_path +
                                        "', which is gone; if '" + database_path_ +
                                        "' is that database, moved, SELECT backup_config('directory', '" +
                                        directory_.path() + "') takes them over"};
  }
  if (owner.ok() && !database_path_.empty()) {
    const auto ours = env_.files->info(database_path_, /*follow_symlink=*/true);
    if (ours.ok() && ours->id == owner->id) return {};
  }
  const std::string us = database_path_.empty() ? "an in-memory database" : "'" + database_path_ + "'";
  return {Error::kDirectoryTaken, "'" + directory_.path() + "' holds the backups of '" + owner_path +
                                      "', not of " + us +
                                      "; choose another directory with backup_config('directory', ...)"};
}

Result<DirectoryScan> Catalog::look(const Meta& meta, bool runs_died) {
  std::optional<FileId> own;
  if (!database_path_.empty()) {
    const auto info = env_.files->info(database_path_, /*follow_symlink=*/true);
    if (info.ok()) own = info->id;
  }
  const auto info = env_.files->info(directory_.path(), /*follow_symlink=*/true);
  if (info.status().is(Error::kNoSuchFile)) return DirectoryScan();
  if (!info.ok()) return info.status();
  if (runs_died || meta.scanned == 0 || meta.scanned != info->modified_ns || meta.database_id.empty()) {
    SQB_ASSIGN(auto known, known_rows(connection_, "ORDER BY name"));
    SQB_ASSIGN(auto scan, scan_directory(env_, directory_, std::move(known), own));
    const bool racy = info->modified_ns > (env_.clock->now() - kRacyMs) * kNanosPerMilli;
    scan.modified = racy || scan.look_again ? 0 : info->modified_ns;
    return scan;
  }
  SQB_ASSIGN(auto imported,
             known_rows(connection_, "WHERE manifest_time = 0 ORDER BY created_at DESC LIMIT " +
                                         std::to_string(kImportedLookedAt)));
  SQB_ASSIGN(auto scan, scan_imported(directory_, imported));
  scan.modified = meta.scanned;
  return scan;
}

Status Catalog::settle() {
  SQB_ASSIGN(const Meta before, read_meta());
  SQB_TRY(check_owner(before.owner_path));
  SQB_ASSIGN(const auto dead, dead_runs());
  SQB_ASSIGN(const DirectoryScan scan, look(before, !dead.empty()));
  // A rebuilt catalog knows its owner from the manifests.
  if (before.owner_path.empty()) SQB_TRY(check_owner(scan.database_path));

  Meta after = before;
  after.scanned = scan.modified;
  if (!database_path_.empty()) after.owner_path = database_path_;
  if (after.database_id.empty()) after.database_id = scan.database_id;
  if (after.database_id.empty()) {
    SQB_ASSIGN(after.database_id, random_uuid());
  }
  database_id_ = after.database_id;
  const bool must_change = !scan.changes.empty() || !dead.empty() || before.database_id.empty();
  const bool may_change = after.scanned != before.scanned || after.owner_path != before.owner_path;
  if (!must_change && !may_change) return {};

  Status written = write_changes(before, after, scan, dead);
  if (written.ok() || access_ == Access::kWrite) return written;
  if (!is_unwritable(written) && !written.is(Error::kDatabaseBusy)) return written;
  if (!must_change) return {};
  SQB_TRY(continue_in_memory());
  return write_changes(before, after, scan, dead);
}

Status Catalog::write_changes(const Meta& before, const Meta& after, const DirectoryScan& scan,
                              const std::vector<RunRecord>& dead) {
  SQB_ASSIGN(auto transaction, Transaction::begin(connection_));
  for (const RowChange& change : scan.changes) {
    SQB_ASSIGN(const bool holds, still_holds(directory_, change));
    if (holds) SQB_TRY(write_change(connection_, change));
  }
  for (const RunRecord& run : dead) SQB_TRY(end_dead_run(run));
  SQB_ASSIGN(const Meta now, read_meta());
  // Another process may have begun the same catalog; the identity it gave the database stays.
  database_id_ = now.database_id.empty() ? after.database_id : now.database_id;
  if (now.database_id.empty()) SQB_TRY(write_meta("database_id", database_id_));
  if (after.owner_path != before.owner_path) SQB_TRY(write_meta("owner_path", after.owner_path));
  if (after.scanned != before.scanned) SQB_TRY(write_meta("scanned", std::to_string(after.scanned)));
  return transaction.commit();
}

Result<std::vector<RunRecord>> Catalog::dead_runs() {
  SQB_ASSIGN(auto select, connection_.prepare("SELECT id, operation, name, trigger, started_at FROM runs"
                                              " WHERE status = 'running' ORDER BY id"));
  std::vector<RunRecord> runs;
  while (true) {
    SQB_ASSIGN(const bool row, select.step());
    if (!row) break;
    RunRecord run;
    run.id = select.integer(0);
    run.operation = select.text(1);
    run.name = select.text(2);
    run.trigger = select.text(3);
    run.started_at = parse_time(select.text(4)).value_or(0);
    runs.push_back(std::move(run));
  }
  // Where no lock can be had for another reason, nobody can tell, and the run is left as it is.
  std::erase_if(runs, [this](const RunRecord& run) { return !directory_.lock_run(run.id).ok(); });
  return runs;
}

Status Catalog::end_dead_run(RunRecord run) {
  const std::string manifest = directory_.path_of(manifest_file_of(run.name));
  const bool published = run.operation == "backup" && is_plain_name(run.name) &&
                         env_.files->info(manifest, /*follow_symlink=*/false).ok();
  run.status = published ? "completed" : "failed";
  run.finished_at = env_.clock->now();
  if (!published) {
    run.error_code = id_of(Error::kInterrupted);
    run.error = kDiedText;
  }
  SQB_ASSIGN(auto update,
             connection_.prepare("UPDATE runs SET status = ?2, finished_at = ?3, progress = ?4, "
                                 "error_code = ?5, error = ?6 WHERE id = ?1 AND status = 'running'"));
  update.bind(1, run.id);
  update.bind(2, std::string_view(run.status));
  update.bind(3, std::string_view(format_sql_time(*run.finished_at)));
  update.bind(4, published ? 1.0 : 0.0);
  update.bind(5, std::string_view(run.error_code));
  update.bind(6, std::string_view(run.error));
  SQB_TRY(update.run());
  if (sqlite3_changes(connection_.handle()) == 0) return {};  // another process was faster
  SQB_ASSIGN(const EventRecord event, event_of_run(database_id_, database_path_, run));
  return insert_event(connection_, event);
}

Status Catalog::continue_in_memory() {
  SQB_ASSIGN(auto memory, copy_to_memory(connection_));
  connection_ = std::move(memory);
  return {};
}

}  // namespace sqbackup
