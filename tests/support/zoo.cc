#include "support/zoo.h"

#include <algorithm>
#include <cstring>

#include "support/test.h"

namespace sqbackup_test {
namespace {

constexpr const char* kTables = R"sql(
CREATE TABLE users(id INTEGER PRIMARY KEY AUTOINCREMENT, email TEXT UNIQUE COLLATE NOCASE, score REAL,
  boss INTEGER REFERENCES users(id) ON DELETE CASCADE, extra);
INSERT INTO users VALUES(1,'a@b.c',1.5,NULL,NULL), (7,'',2,1,x''), (9,'q"\/''',-0.0,1,9223372036854775807);
CREATE TABLE gone(id INTEGER PRIMARY KEY AUTOINCREMENT);
INSERT INTO gone VALUES(77); DELETE FROM gone;
CREATE TABLE any_value(v);
INSERT INTO any_value(rowid,v) VALUES(-9223372036854775808,NULL),(-1,-9223372036854775808),
  (3,9007199254740993),(4,-9007199254740993),(5,9e999),(6,-9e999),(7,-0.0),(8,5.0),(9,1e300),(10,4.9e-324),
  (11,0.1),(12,'5'),(13,'5.0'),(14,'{"$int":"5"}'),(15,x'00ff00'),(16,char(0)||'a'||char(0)),(17,'  '),
  (18,char(233,8364,128512,1,31,127,8232)),(19,zeroblob(70000)),(9223372036854775807,'last');
INSERT INTO any_value(rowid,v) SELECT 20, group_concat(x'c3a9') FROM (SELECT 1 FROM any_value a, any_value b);
CREATE TABLE affinities(a INTEGER, b REAL, c TEXT, d NUMERIC, e BLOB);
INSERT INTO affinities VALUES('x',5,5,'5','5'),(1e300,9223372036854775807,x'01',9e999,5.0),(NULL,NULL,NULL,NULL,NULL);
CREATE TABLE without(a, b TEXT, c, PRIMARY KEY(b DESC, a)) WITHOUT ROWID;
INSERT INTO without VALUES(1,'x',2),(2,'x',x'00'),('1','a',NULL);
CREATE TABLE strictly(i INT, t TEXT, a ANY, r REAL DEFAULT (1+1), CHECK(i>0)) STRICT;
INSERT INTO strictly VALUES(1,'1','1',1),(2,'2',2,2);
CREATE TABLE generated(a INT, "b c" INT AS (a*2) STORED, d AS (a+1) VIRTUAL, e TEXT);
INSERT INTO generated(a,e) VALUES(1,'e'),(2,NULL);
CREATE TABLE rowid_taken(rowid, v); INSERT INTO rowid_taken(_rowid_,rowid,v) VALUES(44,'r','v'),(50,1,2);
CREATE TABLE all_taken(rowid, _rowid_, oid); INSERT INTO all_taken VALUES(1,2,3);
CREATE TABLE not_an_alias(id INTEGER PRIMARY KEY DESC, x); INSERT INTO not_an_alias(rowid,id,x) VALUES(8,3,4);
CREATE TABLE "odd ""name"", [x]"("a ""b""" TEXT, "ünïcode" INT, "select" BLOB, [$blob], '');
INSERT INTO "odd ""name"", [x]" VALUES('x',1,2,3,4);
CREATE TABLE empty(a, b DEFAULT 'x');
CREATE TABLE late(a); INSERT INTO late VALUES(1); ALTER TABLE late ADD COLUMN b DEFAULT 'default';
CREATE TABLE on_conflict(a UNIQUE ON CONFLICT REPLACE, b NOT NULL ON CONFLICT IGNORE);
INSERT INTO on_conflict VALUES(1,2),(NULL,3),(NULL,4);
CREATE TABLE renamed_once(a); ALTER TABLE renamed_once RENAME TO renamed; ALTER TABLE renamed RENAME a TO b;
CREATE TABLE copied AS SELECT * FROM users;
)sql";

constexpr const char* kRest = R"sql(
CREATE INDEX by_score ON users(score DESC, lower(email)) WHERE score>0;
CREATE UNIQUE INDEX "odd index" ON generated(d, "b c");
CREATE INDEX quoted_literal ON any_value(length("v"));
CREATE VIEW names(n) AS SELECT email FROM users;
CREATE VIEW broken AS SELECT * FROM nowhere;
CREATE TRIGGER log AFTER INSERT ON users BEGIN DELETE FROM any_value; UPDATE users SET extra='t'; END;
CREATE TRIGGER through INSTEAD OF INSERT ON names BEGIN INSERT INTO users(email) VALUES(new.n); END;
CREATE VIRTUAL TABLE docs USING fts5(title, body, tokenize='porter');
INSERT INTO docs VALUES('one','running horses'),('two','a horse runs');
DELETE FROM docs WHERE title='one';
CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1); INSERT INTO boxes VALUES(1,0,5),(2,3,9);
ANALYZE;
PRAGMA user_version=-3; PRAGMA application_id=1234567;
)sql";

constexpr const char* kNoUtf8 = R"sql(
INSERT INTO any_value(rowid,v) VALUES(30,CAST(x'ff00c3' AS TEXT)),(31,CAST(x'eda080' AS TEXT)),(32,CAST(x'c0' AS TEXT));
)sql";

std::string hex(const void* bytes, std::size_t size) {
  return sqbackup::to_hex({static_cast<const std::uint8_t*>(bytes), size});
}

std::string value_of(sqlite3_stmt* statement, int column) {
  const int type = sqlite3_column_type(statement, column);
  std::string text = std::to_string(type) + ":";
  if (type == SQLITE_INTEGER) return text + std::to_string(sqlite3_column_int64(statement, column));
  if (type == SQLITE_FLOAT) {
    const double value = sqlite3_column_double(statement, column);
    return text + hex(&value, sizeof(value));
  }
  const void* bytes =
      type == SQLITE_TEXT ? sqlite3_column_text(statement, column) : sqlite3_column_blob(statement, column);
  return text + hex(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
}

void add_rows(App& app, const std::string& sql, const std::string& label, std::vector<std::string>& lines) {
  sqlite3_stmt* statement = nullptr;
  INFO(sql << ": " << sqlite3_errmsg(app.handle()));
  REQUIRE(sqlite3_prepare_v2(app.handle(), sql.c_str(), -1, &statement, nullptr) == SQLITE_OK);
  while (sqlite3_step(statement) == SQLITE_ROW) {
    std::string line = label;
    for (int i = 0; i < sqlite3_column_count(statement); ++i) line += " " + value_of(statement, i);
    lines.push_back(line);
  }
  REQUIRE(sqlite3_finalize(statement) == SQLITE_OK);
}

}  // namespace

void make_zoo(const std::string& path, const std::string& encoding, int page_size, int auto_vacuum) {
  App app(path);
  app.run("PRAGMA page_size=" + std::to_string(page_size) + "; PRAGMA encoding='" + encoding +
          "'; PRAGMA auto_vacuum=" + std::to_string(auto_vacuum));
  app.run(kTables);
  app.run(kRest);
  if (encoding != "UTF-8") return;
  app.run(kNoUtf8);
  app.run("CREATE TABLE \"bytes\xff\"(\"c\xfe\" INT, x); INSERT INTO \"bytes\xff\" VALUES(1,2)");
}

std::vector<std::string> exact_content(const std::string& path) {
  App app(path, SQLITE_OPEN_READWRITE);
  std::vector<std::string> lines;
  for (const char* pragma : {"user_version", "application_id", "page_size", "encoding", "auto_vacuum"}) {
    lines.push_back(std::string(pragma) + "=" + app.text(std::string("PRAGMA ") + pragma));
  }
  add_rows(app, "SELECT type, name, tbl_name, sql, rootpage>0 FROM sqlite_schema", "schema", lines);
  sqlite3_stmt* tables = nullptr;
  REQUIRE(sqlite3_prepare_v2(app.handle(), "SELECT name FROM sqlite_schema WHERE type='table' AND rootpage>0",
                             -1, &tables, nullptr) == SQLITE_OK);
  while (sqlite3_step(tables) == SQLITE_ROW) {
    const std::string name = reinterpret_cast<const char*>(sqlite3_column_text(tables, 0));
    std::string from = " FROM \"";
    for (const char c : name) from += c == '"' ? "\"\"" : std::string(1, c);
    from += '"';
    std::string what = "*";
    for (const char* rowid : {"oid", "_rowid_", "rowid"}) {  // where a column is called so, it says no more
      if (app.try_run("SELECT " + std::string(rowid) + from + " LIMIT 0") == SQLITE_OK)
        what = std::string(rowid) + "," + what;
    }
    add_rows(app, "SELECT " + what + from, name, lines);
  }
  sqlite3_finalize(tables);
  std::sort(lines.begin(), lines.end());
  return lines;
}

}  // namespace sqbackup_test
