#include "catalog/backup_rows.h"
#include "catalog/healing.h"

namespace sqbackup {
namespace {

using Rows = std::vector<BackupRecord>;

Result<Rows> select_rows(Connection& connection, const ListQuery& query) {
  SQB_ASSIGN(auto select, connection.prepare(query.sql));
  int index = 0;
  for (const std::string& text : query.texts) select.bind(++index, std::string_view(text));
  return read_rows(select);
}

std::optional<BackupRecord> first_of(Rows rows) {
  return rows.empty() ? std::nullopt : std::optional(std::move(rows.front()));
}

// Runs `sql` with ?1 the name and ?2 `text`.
Status change_row(Connection& connection, const char* sql, const std::string& name,
                  const std::string& text = {}) {
  SQB_ASSIGN(auto statement, connection.prepare(sql));
  statement.bind(1, std::string_view(name));
  if (sqlite3_bind_parameter_count(statement.handle()) > 1) statement.bind(2, std::string_view(text));
  return statement.run();
}

}  // namespace

Status Catalog::add(const Manifest& manifest) {
  SQB_ASSIGN(const FileState state, look_at_files(directory_, manifest.name));
  return healing([&] { return write_row(connection_, record_of(manifest, state), state, Replace::kAlways); });
}

Status Catalog::put(const BackupRecord& record) {
  SQB_ASSIGN(const FileState state, look_at_files(directory_, record.name));
  return healing([&] { return write_row(connection_, record, state, Replace::kAlways); });
}

Result<std::optional<BackupRecord>> Catalog::find(const std::string& name) {
  BackupQuery query;
  query.name = name;
  SQB_ASSIGN(Rows rows, list(query, nullptr, 1));
  return first_of(std::move(rows));
}

Result<Catalog::Totals> Catalog::totals() {
  return healing([&]() -> Result<Totals> {
    SQB_ASSIGN(auto select, connection_.prepare("SELECT count(*), total(status = 'completed'), total(pinned),"
                                                " total(size) FROM backups"));
    SQB_ASSIGN(const bool row, select.step());
    if (!row) return Totals();
    return Totals{select.integer(0), select.integer(1), select.integer(2), select.integer(3)};
  });
}

Result<std::int64_t> Catalog::last_backup_id() {
  return healing(
      [&] { return connection_.query_integer("SELECT seq FROM sqlite_sequence WHERE name = 'backups'"); });
}

Result<Rows> Catalog::list(const BackupQuery& query, const BackupRecord* last, int limit) {
  const ListQuery select = list_query(query, last, limit);
  return healing([&] { return select_rows(connection_, select); });
}

Result<std::optional<BackupRecord>> Catalog::newest(std::optional<UnixMillis> at_or_before,
                                                    bool include_pre_restore) {
  ListQuery query{kSelectBackups, {}};
  query.sql += include_pre_restore ? " WHERE trigger <> 'imported'"
                                   : " WHERE trigger NOT IN ('imported', 'pre_restore')";
  if (at_or_before) {
    query.sql += " AND created_at <= ?1";
    query.texts.push_back(format_sql_time(*at_or_before));
  }
  query.sql += " ORDER BY created_at DESC, id DESC LIMIT 1";
  SQB_ASSIGN(Rows rows, healing([&] { return select_rows(connection_, query); }));
  return first_of(std::move(rows));
}

Result<std::optional<UnixMillis>> Catalog::last_good_backup() {
  SQB_ASSIGN(const std::string newest, healing([&] {
               return connection_.query_text(
                   "SELECT max(created_at) FROM backups WHERE status = 'completed'"
                   " AND trigger NOT IN ('imported', 'pre_restore')");
             }));
  const auto made = parse_time(newest);
  if (!made) return made;
  SQB_ASSIGN(const auto run, last_run("backup"));
  return std::max(made, run);
}

Status Catalog::set_verified(const std::string& name, UnixMillis time) {
  return healing([&] {
    return change_row(connection_,
                      "UPDATE backups SET status = 'completed', verified_at = ?2 WHERE name = ?1", name,
                      format_sql_time(time));
  });
}

Status Catalog::set_damaged(const std::string& name) {
  return healing([&] {
    return change_row(connection_,
                      "UPDATE backups SET status = 'damaged', verified_at = NULL WHERE name = ?1", name);
  });
}

// The time of the marks' file stays unknown: between its writing and now somebody else may have written it.
Status Catalog::set_marks(const std::string& name, const Marks& marks) {
  BackupRecord record;
  apply_marks(record, marks);
  const auto write = [&]() -> Status {
    SQB_ASSIGN(auto update,
               connection_.prepare("UPDATE backups SET pinned = ?2, note = ?3, labels = ?4, marks_time = NULL"
                                   " WHERE name = ?1"));
    update.bind(1, std::string_view(name));
    update.bind(2, std::int64_t{record.pinned});
    update.bind(3, record.note);
    update.bind(4, record.labels);
    return update.run();
  };
  return healing(write);
}

Status Catalog::forget(const std::string& name) {
  return healing([&] { return change_row(connection_, "DELETE FROM backups WHERE name = ?1", name); });
}

Result<Restorable> Catalog::count_restorable() {
  return healing([&]() -> Result<Restorable> {
    // is_restorable()
    SQB_ASSIGN(auto statement,
               connection_.prepare(
                   "SELECT count(*) FILTER (WHERE NOT partial), count(*) FILTER (WHERE partial) FROM backups"
                   " WHERE status = 'completed' AND NOT"
                   " (trigger = 'imported' AND verified_at IS NULL AND substr(name, -4) = '.age')"));
    SQB_TRY(statement.step().status());
    return Restorable{statement.integer(0), statement.integer(1)};
  });
}

Result<bool> Catalog::has_encrypted() {
  SQB_ASSIGN(
      const std::int64_t found, healing([&] {
        return connection_.query_integer(
            "SELECT EXISTS (SELECT 1 FROM backups WHERE trigger <> 'imported' AND substr(name, -4) = '.age')"
            " OR (EXISTS (SELECT 1 FROM backups WHERE substr(name, -4) = '.age')"
            " AND NOT EXISTS (SELECT 1 FROM backups WHERE trigger <> 'imported'))");
      }));
  return found != 0;
}

}  // namespace sqbackup
