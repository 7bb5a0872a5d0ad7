// `backup_assertions`: what restore drills ask the restored database. INSERT, UPDATE and DELETE act at once.
#include <algorithm>

#include "engine/drill_assertion.h"
#include "vtab/chosen_database.h"
#include "vtab/rows_cursor.h"
#include "vtab/undo_list.h"
#include "vtab/values.h"

namespace sqbackup {
namespace {

enum : int { kName, kSql, kExpect, kDatabase };

constexpr Column kColumns[] = {
    {"name", "TEXT"},
    {"sql", "TEXT"},
    {"expect", "TEXT"},
    {"database", "TEXT", Column::Role::kArgument},
};

using DatabasePointer = std::shared_ptr<Database>;

// What a rowid means: an assertion of one of the databases that this connection asked about.
class SeenDatabases {
 public:
  std::int64_t rowid(const DatabasePointer& database, std::int64_t id) {
    const auto found = std::find(databases_.begin(), databases_.end(), database);
    const std::int64_t number = found - databases_.begin();
    if (found == databases_.end()) databases_.push_back(database);
    return number * kIds + id;
  }
  const DatabasePointer& database(std::int64_t rowid) const {
    return databases_[static_cast<std::size_t>(rowid / kIds)];
  }
  static std::int64_t id(std::int64_t rowid) { return rowid % kIds; }

 private:
  static constexpr std::int64_t kIds = std::int64_t{1} << 40;
  std::vector<DatabasePointer> databases_;
};

class AssertionsCursor : public ListCursor<AssertionRecord> {
 public:
  AssertionsCursor(Session& session, SeenDatabases& seen) : session_(session), seen_(seen) {}

  std::int64_t rowid() override { return seen_.rowid(database_, row().id); }
  void column(sqlite3_context* context, int index) override {
    switch (index) {
      case kName:
        return put(context, std::string_view(row().name));
      case kSql:
        return put(context, std::string_view(row().sql));
      case kExpect:
        return put(context, row().expect);
      case kDatabase:
        return put(context, std::string_view(shown_));
      default:
        return;
    }
  }

 protected:
  Status load(const Scan& scan, std::vector<AssertionRecord>& rows) override {
    SQB_ASSIGN(auto chosen, ChosenDatabase::of(session_, scan, kDatabase));
    shown_ = chosen.shown();
    database_ = chosen.target().database;
    SQB_ASSIGN(auto opened, OpenCatalog::open(*database_, Catalog::Access::kRead));
    SQB_ASSIGN(rows, opened->catalog().assertions());
    return {};
  }

 private:
  Session& session_;
  SeenDatabases& seen_;
  DatabasePointer database_;
  std::string shown_;
};

Result<std::string> text_value(sqlite3_value* value, const char* column) {
  std::string text = text_of(value);
  const bool is_text = sqlite3_value_type(value) == SQLITE_TEXT && text.find('\0') == std::string::npos;
  if (!is_text || text.empty()) {
    return Status(Error::kBadArgument, std::string("the column ") + column +
                                           " of an assertion must be a text, not empty and without NUL");
  }
  return text;
}

// Numbers as their text: the answer of an assertion is compared as text.
Result<std::optional<std::string>> expected_value(sqlite3_value* value) {
  if (sqlite3_value_type(value) == SQLITE_NULL) return std::optional<std::string>();
  if (sqlite3_value_type(value) == SQLITE_BLOB) {
    return Status(Error::kBadArgument,
                  "the column expect of an assertion must be a text or NULL, not a blob");
  }
  return std::optional(text_of(value));
}

Result<AssertionRecord> read_change(const RowChange& change, AssertionRecord assertion) {
  const auto given = [&](int column) {
    return change.kind == RowChange::Kind::kInsert ||
           sqlite3_value_nochange(change.columns[static_cast<std::size_t>(column)]) == 0;
  };
  if (given(kName)) {
    SQB_ASSIGN(assertion.name, text_value(change.columns[kName], "name"));
  }
  if (given(kSql)) {
    SQB_ASSIGN(assertion.sql, text_value(change.columns[kSql], "sql"));
    const Status fit = check_assertion_sql(assertion.sql);
    if (!fit.ok()) return fit.with_context("the sql of the assertion '" + assertion.name + "'");
  }
  if (given(kExpect)) {
    SQB_ASSIGN(assertion.expect, expected_value(change.columns[kExpect]));
  }
  return assertion;
}

// What a ROLLBACK does; `before` has no name where there was none.
void put_back(Database& database, std::int64_t id, const AssertionRecord& before) {
  const auto opened = OpenCatalog::open(database, Catalog::Access::kWrite);
  if (!opened.ok()) return;
  Catalog& catalog = (*opened)->catalog();
  static_cast<void>(before.name.empty() ? catalog.forget_assertion(id)
                                        : catalog.put_assertion(before).status());
}

class AssertionsTable : public Table {
 public:
  explicit AssertionsTable(Host& host) : host_(host) {}

  std::unique_ptr<Cursor> open() override { return std::make_unique<AssertionsCursor>(host_.session, seen_); }
  Status change(const RowChange& change) override {
    return change.kind == RowChange::Kind::kInsert ? insert(change) : change_one(change);
  }
  void commit() override { changes_.commit(); }
  void roll_back() override { changes_.roll_back(); }
  void savepoint(int depth) override { changes_.savepoint(depth); }
  void release(int depth) override { changes_.release(depth); }
  void roll_back_to(int depth) override { changes_.roll_back_to(depth); }

 private:
  Status insert(const RowChange& change);
  Status change_one(const RowChange& change);

  Host& host_;
  SeenDatabases seen_;
  UndoList changes_;
};

Status AssertionsTable::insert(const RowChange& change) {
  sqlite3_value* path = change.columns[kDatabase];
  SQB_ASSIGN(const Session::Target target, sqlite3_value_type(path) == SQLITE_NULL
                                               ? host_.session.attached("main")
                                               : target_file(host_.session, text_of(path)));
  SQB_ASSIGN(const AssertionRecord assertion, read_change(change, {}));
  SQB_ASSIGN(auto opened, OpenCatalog::open(*target.database, Catalog::Access::kWrite));
  const DatabasePointer database = target.database;
  const auto id = std::make_shared<std::int64_t>(0);  // known when it is there
  return changes_.run([=] { put_back(*database, *id, {}); },
                      [&]() -> Status {
                        SQB_ASSIGN(*id, opened->catalog().put_assertion(assertion));
                        return {};
                      });
}

Status AssertionsTable::change_one(const RowChange& change) {
  const bool removal = change.kind == RowChange::Kind::kDelete;
  if (!removal && (change.rowid_changed || sqlite3_value_nochange(change.columns[kDatabase]) == 0)) {
    return {Error::kReadOnlyColumn, "of an assertion only name, sql and expect can be changed"};
  }
  const DatabasePointer database = seen_.database(change.rowid);
  const std::int64_t id = SeenDatabases::id(change.rowid);
  SQB_ASSIGN(auto opened, OpenCatalog::open(*database, Catalog::Access::kWrite));
  Catalog& catalog = opened->catalog();
  SQB_ASSIGN(const auto before, catalog.assertion(id));
  if (!before) return {};  // another connection was faster
  AssertionRecord after;
  if (!removal) {
    SQB_ASSIGN(after, read_change(change, *before));
  }
  return changes_.run(
      [database, id, old = *before] { put_back(*database, id, old); },
      [&] { return removal ? catalog.forget_assertion(id) : catalog.put_assertion(after).status(); });
}

}  // namespace

constinit const TableType kBackupAssertionsTable{
    kColumns, [](Host& host) -> std::unique_ptr<Table> { return std::make_unique<AssertionsTable>(host); },
    true};

}  // namespace sqbackup
