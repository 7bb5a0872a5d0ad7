#include "catalog/healing.h"

namespace sqbackup {
namespace {

Result<std::vector<DrillRecord>> select_drills(Connection& connection, const std::string& which) {
  SQB_ASSIGN(auto select,
             connection.prepare("SELECT id, name, started_at, trigger, ok, failed_check, error, warnings,"
                                " restore_seconds, data_age_seconds, bytes, report FROM drills" +
                                which));
  std::vector<DrillRecord> drills;
  while (true) {
    SQB_ASSIGN(const bool row, select.step());
    if (!row) return drills;
    DrillRecord drill;
    drill.id = select.integer(0);
    drill.name = select.text(1);
    drill.started_at = parse_time(select.text(2)).value_or(0);
    drill.trigger = select.text(3);
    drill.ok = select.integer(4) != 0;
    drill.failed_check = select.optional_text(5);
    drill.error = select.optional_text(6);
    drill.warnings = select.optional_text(7);
    drill.restore_seconds = select.optional_real(8);
    drill.data_age_seconds = select.optional_real(9);
    drill.bytes = select.optional_integer(10);
    drill.report = select.optional_text(11);
    drills.push_back(std::move(drill));
  }
}

Status insert_drill(Connection& connection, const DrillRecord& drill) {
  SQB_ASSIGN(auto insert,
             connection.prepare("INSERT INTO drills (name, started_at, trigger, ok, failed_check, error,"
                                " warnings, restore_seconds, data_age_seconds, bytes, report)"
                                " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"));
  insert.bind(1, std::string_view(drill.name));
  insert.bind(2, std::string_view(format_sql_time(drill.started_at)));
  insert.bind(3, std::string_view(drill.trigger));
  insert.bind(4, std::int64_t{drill.ok});
  insert.bind(5, drill.failed_check);
  insert.bind(6, drill.error);
  insert.bind(7, drill.warnings);
  insert.bind(8, drill.restore_seconds);
  insert.bind(9, drill.data_age_seconds);
  insert.bind(10, drill.bytes);
  insert.bind(11, drill.report);
  return insert.run();
}

Result<std::optional<UnixMillis>> newest_run(Connection& connection, const std::string& operation) {
  SQB_ASSIGN(auto select, connection.prepare("SELECT started_at FROM runs WHERE operation = ?1 AND status ="
                                             " 'completed' AND trigger <> 'pre_restore'"
                                             " ORDER BY started_at DESC LIMIT 1"));
  select.bind(1, std::string_view(operation));
  SQB_ASSIGN(const bool row, select.step());
  return row ? parse_time(select.text(0)) : std::nullopt;
}

}  // namespace

Status Catalog::add_drill(const DrillRecord& drill) {
  return healing([&] { return insert_drill(connection_, drill); });
}

Result<std::optional<DrillRecord>> Catalog::last_passed_drill() {
  SQB_ASSIGN(auto drills,
             healing([&] { return select_drills(connection_, " WHERE ok ORDER BY id DESC LIMIT 1"); }));
  return drills.empty() ? std::nullopt : std::optional(std::move(drills.front()));
}

Result<std::int64_t> Catalog::last_drill_id() {
  return healing(
      [&] { return connection_.query_integer("SELECT seq FROM sqlite_sequence WHERE name = 'drills'"); });
}

Result<std::vector<DrillRecord>> Catalog::drills(std::int64_t after_id, int limit) {
  const std::string which =
      " WHERE id > " + std::to_string(after_id) + " ORDER BY id LIMIT " + std::to_string(limit);
  return healing([&] { return select_drills(connection_, which); });
}

Result<std::optional<UnixMillis>> Catalog::last_run(const std::string& operation) {
  return healing([&] { return newest_run(connection_, operation); });
}

}  // namespace sqbackup
