#include "vtab/plan.h"

#include "support/test.h"

namespace sqbackup {
namespace {

constexpr Column kColumns[] = {
    {"name", "TEXT", Column::Role::kIndexed},
    {"size", "INTEGER"},
    {"database", "TEXT", Column::Role::kArgument},
    {"id", "INTEGER", Column::Role::kFilter},
};

struct Asked {
  int column;
  unsigned char op;
  bool usable;
};

// What choose_plan() makes of constraints and at most one ORDER BY term. Only columns whose collation is not
// asked for (all but indexed ones) may be constrained here: SQLite alone can answer that question.
class Request {
 public:
  Request(std::vector<Asked> asked, int order_column, bool descending) {
    for (const Asked& one : asked) constraints_.push_back({one.column, one.op, one.usable, 0});
    usage_.resize(asked.size());
    order_ = {order_column, static_cast<unsigned char>(descending)};
    // SQLite declares these members const pointers, which only initialisation can set.
    info_ = std::make_unique<sqlite3_index_info>(
        sqlite3_index_info{static_cast<int>(asked.size()), constraints_.data(), order_column >= 0 ? 1 : 0,
                           &order_, usage_.data(), 0, nullptr, 0, 0, 0, 0, 0, 0});
  }
  ~Request() { sqlite3_free(info_->idxStr); }
  int choose() { return choose_plan(kColumns, info_.get()); }
  const sqlite3_index_info& info() const { return *info_; }
  int argument(std::size_t i) const { return usage_[i].argvIndex; }

 private:
  std::vector<sqlite3_index_info::sqlite3_index_constraint> constraints_;
  std::vector<sqlite3_index_info::sqlite3_index_constraint_usage> usage_;
  sqlite3_index_info::sqlite3_index_orderby order_{};
  std::unique_ptr<sqlite3_index_info> info_;
};

TEST_CASE("an argument that is known is passed on once") {
  Request request({{2, SQLITE_INDEX_CONSTRAINT_EQ, true}, {2, SQLITE_INDEX_CONSTRAINT_EQ, true}}, -1, false);
  REQUIRE(request.choose() == SQLITE_OK);
  CHECK(std::string(request.info().idxStr) == "C=");
  CHECK(request.argument(0) == 1);
  CHECK(request.argument(1) == 0);
}

TEST_CASE("a plan in which an argument is not known yet is refused") {
  Request request({{2, SQLITE_INDEX_CONSTRAINT_EQ, false}}, -1, false);
  CHECK(request.choose() == SQLITE_CONSTRAINT);
}

TEST_CASE("conditions that no cursor can use are left to SQLite") {
  Request request({{1, SQLITE_INDEX_CONSTRAINT_EQ, true},
                   {2, SQLITE_INDEX_CONSTRAINT_GT, true},
                   {2, SQLITE_INDEX_CONSTRAINT_LIKE, true},
                   {-1, SQLITE_INDEX_CONSTRAINT_EQ, true}},
                  -1, false);
  REQUIRE(request.choose() == SQLITE_OK);
  CHECK(std::string(request.info().idxStr).empty());
}

TEST_CASE("a column that filters is compared in both directions, and promises no order") {
  Request request({{3, SQLITE_INDEX_CONSTRAINT_GT, true}, {3, SQLITE_INDEX_CONSTRAINT_LE, true}}, 3, false);
  REQUIRE(request.choose() == SQLITE_OK);
  CHECK(std::string(request.info().idxStr) == "D>D<");
  CHECK(request.info().orderByConsumed == 0);
  CHECK(request.info().estimatedRows < 10000);
}

TEST_CASE("a column of integers takes integers, and leaves what is none to SQLite") {
  struct Values {
    Values() {
      sqlite3_open(":memory:", &connection);
      sqlite3_prepare_v2(connection, "SELECT 41, 4.5, '41', NULL", -1, &statement, nullptr);
      sqlite3_step(statement);
    }
    ~Values() {
      sqlite3_finalize(statement);
      sqlite3_close(connection);
    }
    std::vector<sqlite3_value*> one(int column) const { return {sqlite3_column_value(statement, column)}; }
    sqlite3* connection = nullptr;
    sqlite3_stmt* statement = nullptr;
  } values;
  auto integer = values.one(0), real = values.one(1), text = values.one(2), null = values.one(3);
  const auto scan = read_plan(kColumns, 0, "D>", integer);
  REQUIRE(scan.has_value());
  REQUIRE(scan->conditions.size() == 1);
  CHECK(scan->conditions[0].text == "41");
  CHECK(scan->conditions[0].compare == Scan::Compare::kAtLeast);
  CHECK(read_plan(kColumns, 0, "D>", real)->conditions.empty());
  CHECK(read_plan(kColumns, 0, "D>", text)->conditions.empty());
  CHECK_FALSE(read_plan(kColumns, 0, "D>", null).has_value());
}

TEST_CASE("the order of an indexed column is promised, no other") {
  Request by_name({}, 0, true);
  REQUIRE(by_name.choose() == SQLITE_OK);
  CHECK(by_name.info().orderByConsumed == 1);
  const auto scan = read_plan(kColumns, by_name.info().idxNum, by_name.info().idxStr, {});
  REQUIRE(scan.has_value());
  CHECK(scan->order_column == 0);
  CHECK(scan->descending);

  Request by_size({}, 1, false);
  REQUIRE(by_size.choose() == SQLITE_OK);
  CHECK(by_size.info().orderByConsumed == 0);
  Request by_rowid({}, -1, false);
  REQUIRE(by_rowid.choose() == SQLITE_OK);
  CHECK_FALSE(
      read_plan(kColumns, by_rowid.info().idxNum, by_rowid.info().idxStr, {})->order_column.has_value());
}

}  // namespace
}  // namespace sqbackup
