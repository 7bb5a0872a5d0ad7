#include "catalog/healing.h"

namespace sqbackup {
namespace {

AssertionRecord read_row(const Statement& statement) {
  return {statement.integer(0), statement.text(1), statement.text(2), statement.optional_text(3)};
}

Result<std::vector<AssertionRecord>> read_all(Connection& connection) {
  SQB_ASSIGN(auto select, connection.prepare("SELECT id, name, sql, expect FROM assertions ORDER BY name"));
  std::vector<AssertionRecord> all;
  while (true) {
    SQB_ASSIGN(const bool row, select.step());
    if (!row) return all;
    all.push_back(read_row(select));
  }
}

Result<std::optional<AssertionRecord>> read_one(Connection& connection, std::int64_t id) {
  SQB_ASSIGN(auto select, connection.prepare("SELECT id, name, sql, expect FROM assertions WHERE id = ?1"));
  select.bind(1, id);
  SQB_ASSIGN(const bool row, select.step());
  return row ? std::optional(read_row(select)) : std::nullopt;
}

Result<std::int64_t> write(Connection& connection, const AssertionRecord& assertion) {
  SQB_ASSIGN(
      auto statement,
      connection.prepare("INSERT INTO assertions (id, name, sql, expect) VALUES (?1, ?2, ?3, ?4)"
                         " ON CONFLICT (id) DO UPDATE SET name = ?2, sql = ?3, expect = ?4 RETURNING id"));
  statement.bind(1, assertion.id != 0 ? std::optional(assertion.id) : std::nullopt);
  statement.bind(2, std::string_view(assertion.name));
  statement.bind(3, std::string_view(assertion.sql));
  statement.bind(4, assertion.expect);
  const auto row = statement.step();
  if (row.status().is(Error::kSqliteFailed) && row.status().sqlite_code() == SQLITE_CONSTRAINT_UNIQUE) {
    return Status(Error::kAlreadyExists, "there is an assertion '" + assertion.name +
                                             "' already; choose another name, or UPDATE or DELETE that one");
  }
  if (!row.ok()) return row.status();
  const std::int64_t id = statement.integer(0);
  SQB_TRY(statement.run());
  return id;
}

Status remove(Connection& connection, std::int64_t id) {
  SQB_ASSIGN(auto statement, connection.prepare("DELETE FROM assertions WHERE id = ?1"));
  statement.bind(1, id);
  return statement.run();
}

}  // namespace

Result<std::vector<AssertionRecord>> Catalog::assertions() {
  return healing([&] { return read_all(connection_); });
}

Result<std::optional<AssertionRecord>> Catalog::assertion(std::int64_t id) {
  return healing([&] { return read_one(connection_, id); });
}

Result<std::int64_t> Catalog::put_assertion(const AssertionRecord& assertion) {
  return healing([&] { return write(connection_, assertion); });
}

Status Catalog::forget_assertion(std::int64_t id) {
  return healing([&] { return remove(connection_, id); });
}

}  // namespace sqbackup
