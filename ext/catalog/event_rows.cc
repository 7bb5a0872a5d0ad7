#include "catalog/event_rows.h"

#include "format/event_text.h"

namespace sqbackup {
namespace {

struct Wording {
  const char* operation;
  const char* subject;  // before the database
};

constexpr Wording kWordings[] = {
    {"backup", "the backup of "},
    {"restore", "the restore of "},
    {"verify", "the verification of a backup of "},
    {"rekey", "the change of keys of a backup of "},
    {"delete", "the deletion of a backup of "},
    {"prune", "the pruning of the backups of "},
    {"drill", "the restore drill of "},
};

std::string title_of(const RunRecord& run, const char* end, const std::string& database_path) {
  std::string title = run.operation + " of ";
  for (const Wording& wording : kWordings) {
    if (run.operation == wording.operation) title = wording.subject;
  }
  title += database_path.empty() ? "a database without a file" : database_path;
  return title + end;
}

}  // namespace

Status insert_event(Connection& connection, const EventRecord& event) {
  SQB_ASSIGN(auto insert,
             connection.prepare("INSERT INTO events (at, type, trigger, name, run, ok, title, text, details)"
                                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"));
  insert.bind(1, std::string_view(format_sql_time(event.at)));
  insert.bind(2, std::string_view(event.type));
  insert.bind(3, std::string_view(event.trigger));
  insert.bind(4, std::string_view(event.name));
  insert.bind(5, std::string_view(event.run));
  insert.bind(6, std::int64_t{event.ok});
  insert.bind(7, std::string_view(event.title));
  insert.bind(8, std::string_view(event.text));
  insert.bind(9, std::string_view(event.details));
  SQB_TRY(insert.run());
  SQB_ASSIGN(auto remove, connection.prepare("DELETE FROM events WHERE id <= ?1"));
  remove.bind(1, std::int64_t{sqlite3_last_insert_rowid(connection.handle())} - kMaxEvents);
  return remove.run();
}

Result<std::string> uuid_of_run(const std::string& database_id, const RunRecord& run) {
  // A catalog that was made anew counts its runs from 1 again: the time tells them apart.
  return uuid_of_text("run " + database_id + ' ' + std::to_string(run.id) + ' ' +
                      format_sql_time(run.started_at));
}

Result<EventRecord> event_of_run(const std::string& database_id, const std::string& database_path,
                                 const RunRecord& run) {
  EventRecord event;
  event.at = run.finished_at.value_or(run.started_at);
  event.ok = run.status != "failed";
  // Stopped by its user or with its process: nothing is wrong with it, and it is tried again.
  const bool interrupted = !event.ok && run.error_code == id_of(Error::kInterrupted);
  event.type = run.operation + (event.ok ? ".completed" : interrupted ? ".interrupted" : ".failed");
  event.trigger = run.trigger;
  event.name = run.name;
  SQB_ASSIGN(event.run, uuid_of_run(database_id, run));
  event.title = title_of(run,
                         event.ok      ? " succeeded"
                         : interrupted ? " was interrupted"
                                       : " failed",
                         database_path);
  event.text = run.error;
  EventDetails details = {{"trigger", run.trigger}, {"log_id", std::to_string(run.id)}};
  if (!run.error_code.empty()) details.emplace_back("code", run.error_code);
  event.details = event_details_json(details);
  return event;
}

}  // namespace sqbackup
