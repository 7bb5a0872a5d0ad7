#include "catalog/catalog_file.h"
#include "catalog/event_rows.h"
#include "catalog/healing.h"

namespace sqbackup {
namespace {

constexpr const char* kSelectRuns =
    "SELECT id, operation, trigger, name, actor, status, started_at, finished_at, bytes, progress, "
    "error_code, error"
    " FROM runs";

constexpr const char* kInsertRun =
    "INSERT INTO runs (id, operation, trigger, name, actor, status, started_at, finished_at, bytes, progress,"
    " error_code, error) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";

RunRecord read_run(const Statement& statement) {
  RunRecord run;
  run.id = statement.integer(0);
  run.operation = statement.text(1);
  run.trigger = statement.text(2);
  run.name = statement.text(3);
  run.actor = statement.text(4);
  run.status = statement.text(5);
  run.started_at = parse_time(statement.text(6)).value_or(0);
  if (!statement.is_null(7)) run.finished_at = parse_time(statement.text(7));
  run.bytes = statement.integer(8);
  run.progress = statement.real(9);
  run.error_code = statement.text(10);
  run.error = statement.text(11);
  return run;
}

Result<std::vector<RunRecord>> select_runs(Connection& connection, const std::string& which) {
  SQB_ASSIGN(auto select, connection.prepare(kSelectRuns + which));
  std::vector<RunRecord> runs;
  while (true) {
    SQB_ASSIGN(const bool row, select.step());
    if (!row) return runs;
    runs.push_back(read_run(select));
  }
}

// `id`: nullopt to let SQLite give one.
Status insert_run(Connection& connection, std::optional<std::int64_t> id, const RunRecord& run) {
  SQB_ASSIGN(auto insert, connection.prepare(kInsertRun));
  insert.bind(1, id);
  insert.bind(2, std::string_view(run.operation));
  insert.bind(3, std::string_view(run.trigger));
  insert.bind(4, std::string_view(run.name));
  insert.bind(5, std::string_view(run.actor));
  insert.bind(6, std::string_view(run.status));
  insert.bind(7, std::string_view(format_sql_time(run.started_at)));
  insert.bind(8, run.finished_at ? std::optional(format_sql_time(*run.finished_at)) : std::nullopt);
  insert.bind(9, run.bytes);
  insert.bind(10, run.progress);
  insert.bind(11, std::string_view(run.error_code));
  insert.bind(12, std::string_view(run.error));
  return insert.run();
}

Result<bool> update_run(Connection& connection, std::int64_t id, const RunRecord& outcome) {
  SQB_ASSIGN(auto update,
             connection.prepare("UPDATE runs SET name = ?2, status = ?3, finished_at = ?4, bytes = ?5,"
                                " progress = ?6, error_code = ?7, error = ?8 WHERE id = ?1"
                                " RETURNING id"));
  update.bind(1, id);
  update.bind(2, std::string_view(outcome.name));
  update.bind(3, std::string_view(outcome.status));
  update.bind(4, outcome.finished_at ? std::optional(format_sql_time(*outcome.finished_at)) : std::nullopt);
  update.bind(5, outcome.bytes);
  update.bind(6, outcome.progress);
  update.bind(7, std::string_view(outcome.error_code));
  update.bind(8, std::string_view(outcome.error));
  SQB_ASSIGN(const bool found, update.step());
  SQB_TRY(update.run());
  return found;
}

Status delete_run(Connection& connection, std::int64_t id) {
  SQB_ASSIGN(auto remove, connection.prepare("DELETE FROM runs WHERE id = ?1"));
  remove.bind(1, id);
  return remove.run();
}

Result<Catalog::StartedRun> start_run(Connection& connection, BackupDirectory& directory, RunRecord run) {
  run.status = "running";
  SQB_ASSIGN(auto transaction, Transaction::begin(connection));
  while (true) {
    SQB_TRY(insert_run(connection, std::nullopt, run));
    Catalog::StartedRun started;
    started.id = sqlite3_last_insert_rowid(connection.handle());
    auto alive = directory.lock_run(started.id);
    if (alive.status().is(Error::kInUse)) {
      // A run that began in a catalog since lost lives under this number: the next one then.
      SQB_TRY(delete_run(connection, started.id));
      continue;
    }
    // Without a lock for another reason, as in a directory that cannot be written, nobody takes the run for
    // dead.
    if (alive.ok()) started.alive = std::move(*alive);
    SQB_TRY(transaction.commit());
    return started;
  }
}

Status end_run(Connection& connection, std::int64_t id, const RunRecord& outcome, const EventRecord& event) {
  SQB_ASSIGN(auto transaction, Transaction::begin(connection));
  SQB_ASSIGN(const bool found, update_run(connection, id, outcome));
  if (!found) SQB_TRY(insert_run(connection, id, outcome));
  SQB_TRY(insert_event(connection, event));
  return transaction.commit();
}

}  // namespace

Result<Catalog::StartedRun> Catalog::begin_run(const RunRecord& run) {
  const auto start = [&] { return start_run(connection_, directory_, run); };
  auto started = healing(start);
  if (access_ == Access::kWrite || !is_unwritable(started.status())) return started;
  SQB_TRY(continue_in_memory());
  return start();
}

Status Catalog::finish_run(std::int64_t id, const RunRecord& outcome) {
  RunRecord ended = outcome;
  ended.id = id;
  SQB_ASSIGN(const EventRecord event, event_of_run(database_id_, database_path_, ended));
  return healing([&] { return end_run(connection_, id, outcome, event); });
}

Status Catalog::insert_ended_run(const RunRecord& run) { return insert_run(connection_, std::nullopt, run); }

Result<std::string> Catalog::run_uuid(const RunRecord& run) const { return uuid_of_run(database_id_, run); }

Result<std::optional<RunRecord>> Catalog::last_failed_run() {
  SQB_ASSIGN(auto runs, healing([&] {
               return select_runs(connection_, " WHERE status = 'failed' ORDER BY id DESC LIMIT 1");
             }));
  return runs.empty() ? std::nullopt : std::optional(std::move(runs.front()));
}

Result<std::optional<RunRecord>> Catalog::newest_ended(const std::string& operation) {
  SQB_ASSIGN(auto runs, healing([&] {
               return select_runs(connection_, " WHERE operation = '" + operation +
                                                   "' AND status <> 'running' AND trigger <> 'pre_restore'"
                                                   " AND error_code <> '" +
                                                   std::string(id_of(Error::kInterrupted)) +
                                                   "'"
                                                   " ORDER BY id DESC LIMIT 1");
             }));
  return runs.empty() ? std::nullopt : std::optional(std::move(runs.front()));
}

Result<bool> Catalog::has_scheduled_run() {
  return healing([&]() -> Result<bool> {
    SQB_ASSIGN(const auto found,
               connection_.query_integer("SELECT EXISTS (SELECT 1 FROM runs WHERE trigger = 'scheduled')"));
    return found != 0;
  });
}

Result<std::int64_t> Catalog::last_run_id() {
  return healing(
      [&] { return connection_.query_integer("SELECT seq FROM sqlite_sequence WHERE name = 'runs'"); });
}

Result<std::vector<RunRecord>> Catalog::runs(std::int64_t after_id, int limit) {
  const std::string which =
      " WHERE id > " + std::to_string(after_id) + " ORDER BY id LIMIT " + std::to_string(limit);
  return healing([&] { return select_runs(connection_, which); });
}

Result<std::vector<RunRecord>> Catalog::running() {
  SQB_ASSIGN(auto runs,
             healing([&] { return select_runs(connection_, " WHERE status = 'running' ORDER BY id"); }));
  std::erase_if(
      runs, [this](const RunRecord& run) { return !directory_.lock_run(run.id).status().is(Error::kInUse); });
  return runs;
}

}  // namespace sqbackup
