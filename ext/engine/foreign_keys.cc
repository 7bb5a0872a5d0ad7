#include "engine/foreign_keys.h"

#include <string>
#include <vector>

namespace sqbackup {
namespace {

// Rows of WITHOUT ROWID tables have no number: of those the check tells how many there are.
constexpr const char* kViolations =
    "SELECT \"table\" AS child, \"rowid\" AS row, parent, fkid, count(*) AS n"
    " FROM pragma_foreign_key_check(?1, 'main') GROUP BY 1, 2, 3, 4";

Result<std::vector<std::string>> children(Connection& connection) {
  std::vector<std::string> tables;
  SQB_ASSIGN(auto statement,
             connection.prepare("SELECT name FROM main.sqlite_schema WHERE type='table' AND rootpage>0"
                                " AND EXISTS(SELECT 1 FROM pragma_foreign_key_list(name, 'main'))"));
  while (true) {
    SQB_ASSIGN(const bool more, statement.step());
    if (!more) return tables;
    tables.push_back(statement.text(0));
  }
}

// SQLite cannot check a key whose parent's columns are not unique, or ordered by what only the application
// has: nobody can violate that.
bool cannot_be_checked(const Status& status) { return status.is(Error::kSqliteFailed); }

}  // namespace

Status ForeignKeys::remember() {
  SQB_TRY(connection_.execute("CREATE TEMP TABLE sqbackup_violations(child, row, parent, fkid, n)"));
  SQB_ASSIGN(const auto tables, children(connection_));
  for (const std::string& table : tables) {
    SQB_ASSIGN(auto insert,
               connection_.prepare(std::string("INSERT INTO temp.sqbackup_violations ") + kViolations));
    insert.bind(1, std::string_view(table));
    Status inserted = insert.run();
    if (!inserted.ok() && !cannot_be_checked(inserted)) return inserted;
  }
  return connection_.execute(
      "CREATE INDEX temp.sqbackup_violations_by_row ON sqbackup_violations(child, row)");
}

Status ForeignKeys::compare() {
  SQB_ASSIGN(const auto tables, children(connection_));
  for (const std::string& table : tables) {
    SQB_ASSIGN(auto check, connection_.prepare(
                               std::string("SELECT now.child, now.parent, count(*) FROM (") + kViolations +
                               ") AS now LEFT JOIN temp.sqbackup_violations AS old ON old.child=now.child"
                               " AND old.row IS now.row AND old.parent=now.parent AND old.fkid=now.fkid"
                               " WHERE now.n>ifnull(old.n, 0) GROUP BY 1, 2"));
    check.bind(1, std::string_view(table));
    const auto found = check.step();
    if (cannot_be_checked(found.status())) continue;
    SQB_TRY(found.status());
    if (!*found) continue;
    return {Error::kForeignKeys,
            std::to_string(check.integer(2)) + " rows of table '" + check.text(0) +
                "' would refer to rows of '" + check.text(1) +
                "' that are not there; nothing was restored; restore with {\"to\": ...}, " +
                "or bring both tables to a state that fits"};
  }
  return {};
}

}  // namespace sqbackup
