// Listing: order, ranges, pages, and what they cost with many rows.
#include <algorithm>

#include "catalog/backup_rows.h"
#include "unit/catalog/catalog_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

// Rows as they are after many backups, without their files.
void fill(Fixture& fixture, int rows) {
  fixture.open().reset();
  fixture.execute("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < " +
                  std::to_string(rows) +
                  ") INSERT INTO backups (name, created_at, trigger, format, status, size, pinned, "
                  "manifest_time, marks_time,"
                  " data_size, data_time) SELECT printf('backup-%06d.sqlite', i),"
                  " strftime('%Y-%m-%d %H:%M:%f', 1700000000 + i / 2 * 600, 'unixepoch'),"
                  " CASE i % 3 WHEN 0 THEN 'pre_restore' ELSE 'manual' END, 'sqlite',"
                  " CASE i % 5 WHEN 0 THEN 'damaged' ELSE 'completed' END, i, 0, 1, 0, 1, 0 FROM n");
}

std::vector<BackupRecord> paged(Catalog& catalog, const BackupQuery& query, int limit) {
  std::vector<BackupRecord> all;
  while (true) {
    const auto page = catalog.list(query, all.empty() ? nullptr : &all.back(), limit);
    REQUIRE(page.ok());
    REQUIRE(page->size() <= static_cast<std::size_t>(limit));
    all.insert(all.end(), page->begin(), page->end());
    if (page->empty()) return all;
  }
}

// A catalog whose files nobody looks at: the rows of fill() have none.
class Rows {
 public:
  explicit Rows(int rows) {
    fill(fixture_, rows);
    fixture_.let_time_pass();
    const auto info = posix_file_env().info(fixture_.path(), true);
    fixture_.execute("INSERT OR REPLACE INTO meta VALUES ('scanned', '" + std::to_string(info->modified_ns) +
                     "')");
    catalog_ = fixture_.open();
  }
  Catalog& catalog() { return *catalog_; }
  std::string path_of(const char* name) const { return fixture_.path_of(name); }

 private:
  Fixture fixture_;
  std::unique_ptr<Catalog> catalog_;
};

std::vector<BackupQuery> all_queries() {
  std::vector<BackupQuery> queries;
  for (const auto order : {BackupQuery::Order::kCreated, BackupQuery::Order::kName}) {
    for (const bool descending : {false, true}) {
      for (int conditions = 0; conditions < 16; ++conditions) {
        BackupQuery query;
        query.order = order;
        query.descending = descending;
        if ((conditions & 1) != 0) query.created_from = "2024-01-01 00:00:00.000";
        if ((conditions & 2) != 0) query.created_to = "2024-06-01";
        if ((conditions & 4) != 0) query.name_from = "backup-000100.sqlite";
        if ((conditions & 8) != 0) query.name_to = "backup-009000.sqlite";
        queries.push_back(query);
      }
    }
  }
  return queries;
}

std::string plan_of(Connection& connection, const std::string& sql) {
  auto statement = connection.prepare("EXPLAIN QUERY PLAN " + sql);
  INFO(sql);
  REQUIRE(statement.ok());
  std::string plan;
  while (*statement->step()) plan += statement->text(3) + "\n";
  return plan;
}

// How many virtual machine steps of SQLite `statement` takes.
int steps_of(Connection& connection, const ListQuery& query) {
  auto statement = connection.prepare(query.sql);
  REQUIRE(statement.ok());
  int index = 0;
  for (const auto& text : query.texts) statement->bind(++index, std::string_view(text));
  while (*statement->step()) continue;
  return sqlite3_stmt_status(statement->handle(), SQLITE_STMTSTATUS_VM_STEP, 0);
}

Connection beside(Rows& rows) {
  auto connection = Connection::open(rows.path_of("catalog.db"), SQLITE_OPEN_READWRITE);
  REQUIRE(connection.ok());
  return std::move(*connection);
}

}  // namespace

TEST_CASE("pages of any size put together are the whole list in its order") {
  Rows rows(300);
  for (const BackupQuery& query : all_queries()) {
    const auto whole = rows.catalog().list(query, nullptr, 1000);
    REQUIRE(whole.ok());
    std::vector<BackupRecord> expected;
    const auto everything = rows.catalog().list({}, nullptr, 1000);
    REQUIRE(everything->size() == 300);
    for (const BackupRecord& row : *everything) {
      const std::string created = format_sql_time(row.created_at);
      if (query.created_from && created < *query.created_from) continue;
      if (query.created_to && created > *query.created_to) continue;
      if (query.name_from && row.name < *query.name_from) continue;
      if (query.name_to && row.name > *query.name_to) continue;
      expected.push_back(row);
    }
    if (query.descending) std::reverse(expected.begin(), expected.end());
    REQUIRE(whole->size() == expected.size());
    for (const int limit : {1, 7, 300}) {
      const auto pages = paged(rows.catalog(), query, limit);
      REQUIRE(pages.size() == expected.size());
      for (std::size_t i = 0; i < pages.size(); ++i) REQUIRE(pages[i].name == expected[i].name);
    }
  }
}

TEST_CASE("a list can be walked while rows come and go") {
  Rows rows(100);
  const auto first = rows.catalog().list({}, nullptr, 50);
  REQUIRE(first.ok());
  REQUIRE(rows.catalog().forget(first->back().name).ok());
  const auto rest = rows.catalog().list({}, &first->back(), 100);
  REQUIRE(rest->size() == 50);
  CHECK(rest->front().name == "backup-000050.sqlite");
}

TEST_CASE("a name is found exactly, and only with the other conditions it fits") {
  Rows rows(100);
  BackupQuery query;
  query.name = "backup-000042.sqlite";
  CHECK(rows.catalog().list(query, nullptr, 10)->size() == 1);
  query.created_from = "2030-01-01";
  CHECK(rows.catalog().list(query, nullptr, 10)->empty());
  CHECK(!rows.catalog().find("backup-000042.sqlit")->has_value());
  CHECK(!rows.catalog().find("BACKUP-000042.sqlite")->has_value());
  CHECK(!rows.catalog().find("' OR 1=1 --")->has_value());
}

TEST_CASE("the newest is the last one made, at a time or at all, with or without those of restores") {
  Rows rows(100);
  const auto last = found(rows.catalog(), "backup-000099.sqlite");  // i % 3 == 0: pre_restore
  CHECK((*rows.catalog().newest(std::nullopt, true))->name == "backup-000099.sqlite");
  CHECK((*rows.catalog().newest(std::nullopt, false))->name == "backup-000098.sqlite");
  CHECK((*rows.catalog().newest(last.created_at - 1, true))->name == "backup-000097.sqlite");
  CHECK((*rows.catalog().newest(last.created_at, true))->name == "backup-000099.sqlite");
  CHECK(!rows.catalog().newest(0, true)->has_value());
  CHECK(rows.catalog().count_restorable()->whole == 80);
}

TEST_CASE("no listing of 100,000 backups sorts them or looks at those it does not want") {
  Rows many(100'000);
  Rows few(100);
  Connection connection = beside(many);
  Connection small = beside(few);
  const auto some = many.catalog().list({}, nullptr, 500);
  std::vector<ListQuery> newest_and_named;
  for (const BackupQuery& query : all_queries()) {
    for (const BackupRecord* last : {static_cast<const BackupRecord*>(nullptr), &some->back()}) {
      const ListQuery list = list_query(query, last, 10);
      const std::string plan = plan_of(connection, list.sql);
      INFO(list.sql << "\n" << plan);
      CHECK(plan.find("TEMP B-TREE") == std::string::npos);
      CHECK(plan.find("USING INDEX") != std::string::npos);
      const bool by_name = query.order == BackupQuery::Order::kName;
      const bool other_range =
          by_name ? query.created_from || query.created_to : query.name_from || query.name_to;
      if (!other_range) CHECK(steps_of(connection, list) < 1000);
    }
  }
  BackupQuery named;
  named.name = "backup-000042.sqlite";
  BackupQuery newest;
  newest.descending = true;
  for (const BackupQuery& query : {named, newest}) {
    const ListQuery list = list_query(query, nullptr, 10);
    CHECK(steps_of(connection, list) <= 2 * steps_of(small, list));
  }
  CHECK_THAT(plan_of(connection, list_query(named, nullptr, 1).sql),
             Catch::StartsWith("SEARCH backups USING INDEX"));
  CHECK_THAT(plan_of(connection,
                     "SELECT name FROM backups WHERE manifest_time = 0 ORDER BY created_at DESC LIMIT 100"),
             Catch::Contains("backups_imported") && !Catch::Contains("TEMP B-TREE"));
  CHECK_THAT(plan_of(connection, "SELECT id FROM runs WHERE status = 'running' ORDER BY id"),
             Catch::Contains("runs_running"));
}
