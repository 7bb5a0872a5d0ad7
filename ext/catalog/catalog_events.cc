// What happened, as it is followed from outside and delivered: the rows of `events`, and how far delivery is.
#include <charconv>

#include "catalog/event_rows.h"
#include "catalog/healing.h"

namespace sqbackup {
namespace {

constexpr const char* kDelivered = "delivered";
constexpr const char* kMailOwed = "mail_owed";
constexpr const char* kHealth = "health";

EventRecord read_event(const Statement& statement) {
  EventRecord event;
  event.id = statement.integer(0);
  event.at = parse_time(statement.text(1)).value_or(0);
  event.type = statement.text(2);
  event.trigger = statement.text(3);
  event.name = statement.text(4);
  event.run = statement.text(5);
  event.ok = statement.integer(6) != 0;
  event.title = statement.text(7);
  event.text = statement.text(8);
  event.details = statement.text(9);
  return event;
}

Result<std::vector<EventRecord>> select_events(Connection& connection, const EventQuery& query, int limit) {
  std::string sql =
      "SELECT id, at, type, trigger, name, run, ok, title, text, details FROM events WHERE id > ?1";
  if (query.up_to_id) sql += " AND id <= ?2";
  if (query.at_from) sql += " AND at >= ?3";
  if (query.at_to) sql += " AND at <= ?4";
  SQB_ASSIGN(auto select, connection.prepare(sql + " ORDER BY id LIMIT ?5"));
  select.bind(1, query.after_id);
  if (query.up_to_id) select.bind(2, *query.up_to_id);
  if (query.at_from) select.bind(3, std::string_view(*query.at_from));
  if (query.at_to) select.bind(4, std::string_view(*query.at_to));
  select.bind(5, std::int64_t{limit});
  std::vector<EventRecord> events;
  while (true) {
    SQB_ASSIGN(const bool row, select.step());
    if (!row) return events;
    events.push_back(read_event(select));
  }
}

Result<std::optional<std::string>> meta_value(Connection& connection, const char* key) {
  SQB_ASSIGN(auto select, connection.prepare("SELECT value FROM meta WHERE key = ?1"));
  select.bind(1, std::string_view(key));
  SQB_ASSIGN(const bool row, select.step());
  return row ? select.optional_text(0) : std::nullopt;
}

}  // namespace

Result<std::int64_t> Catalog::last_event_id() {
  return healing(
      [&] { return connection_.query_integer("SELECT seq FROM sqlite_sequence WHERE name = 'events'"); });
}

Result<std::vector<EventRecord>> Catalog::events(const EventQuery& query, int limit) {
  return healing([&] { return select_events(connection_, query, limit); });
}

Result<std::optional<bool>> Catalog::scheduled_backup_before(std::int64_t event_id) {
  return healing([&]() -> Result<std::optional<bool>> {
    SQB_ASSIGN(auto select,
               connection_.prepare("SELECT ok FROM events WHERE id < ?1 AND trigger = 'scheduled'"
                                   " AND type IN ('backup.completed', 'backup.failed')"
                                   " ORDER BY id DESC LIMIT 1"));
    select.bind(1, event_id);
    SQB_ASSIGN(const bool row, select.step());
    return row ? std::optional(select.integer(0) != 0) : std::nullopt;
  });
}

Result<std::optional<std::int64_t>> Catalog::delivered() {
  return healing([&]() -> Result<std::optional<std::int64_t>> {
    SQB_ASSIGN(const auto text, meta_value(connection_, kDelivered));
    std::int64_t id = 0;
    if (!text || std::from_chars(text->data(), text->data() + text->size(), id).ec != std::errc()) {
      return std::optional<std::int64_t>();
    }
    return std::optional(id);
  });
}

Status Catalog::begin_delivery() {
  SQB_ASSIGN(const auto begun, delivered());
  if (begun) return {};
  return healing([&]() -> Status {
    return connection_.execute(
        "INSERT OR IGNORE INTO meta SELECT 'delivered',"
        " coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'events'), 0)");
  });
}

Status Catalog::end_delivery() {
  SQB_ASSIGN(const auto begun, delivered());
  if (!begun) return {};
  return healing(
      [&] { return connection_.execute("DELETE FROM meta WHERE key IN ('delivered', 'mail_owed')"); });
}

Status Catalog::advance_delivered(std::int64_t from, std::int64_t to, bool mail_owed,
                                  const RunRecord* failure) {
  return healing([&]() -> Status {
    SQB_ASSIGN(auto transaction, Transaction::begin(connection_));
    SQB_ASSIGN(const auto now, meta_value(connection_, kDelivered));
    if (now == std::to_string(from)) {
      SQB_TRY(write_meta(kDelivered, std::to_string(to)));
      SQB_TRY(write_meta(kMailOwed, mail_owed ? "1" : "0"));
    }
    if (failure != nullptr) SQB_TRY(insert_ended_run(*failure));
    return transaction.commit();
  });
}

Result<bool> Catalog::mail_owed() {
  return healing([&]() -> Result<bool> {
    SQB_ASSIGN(const auto text, meta_value(connection_, kMailOwed));
    return text == "1";
  });
}

Result<std::optional<std::string>> Catalog::health() {
  return healing([&] { return meta_value(connection_, kHealth); });
}

Status Catalog::change_health(const std::string& failing, const EventRecord* event) {
  return healing([&]() -> Status {
    SQB_ASSIGN(auto transaction, Transaction::begin(connection_));
    SQB_TRY(write_meta(kHealth, failing));
    if (event != nullptr) SQB_TRY(insert_event(connection_, *event));
    return transaction.commit();
  });
}

}  // namespace sqbackup
