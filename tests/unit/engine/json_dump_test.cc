#include "engine/json_dump.h"

#include <random>

#include "unit/engine/json_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

int compare_backwards(void*, int size_a, const void* a, int size_b, const void* b) {
  return std::string_view(static_cast<const char*>(b), static_cast<std::size_t>(size_b))
      .compare(std::string_view(static_cast<const char*>(a), static_cast<std::size_t>(size_a)));
}

void twice(sqlite3_context* context, int, sqlite3_value** values) {
  sqlite3_result_int64(context, 2 * sqlite3_value_int64(values[0]));
}

void give_own_code(App& app) {
  sqlite3_create_collation_v2(app.handle(), "backwards", SQLITE_UTF8, nullptr, &compare_backwards, nullptr);
  sqlite3_create_function_v2(app.handle(), "twice", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr, &twice,
                             nullptr, nullptr, nullptr);
}

std::string random_literal(std::mt19937& random) {
  switch (random() % 7) {
    case 0:
      return "NULL";
    case 1:
      return std::to_string(static_cast<std::int64_t>(random()) << (random() % 33));
    case 2:
      return std::to_string(random() % 1000) + "." + std::to_string(random()) + "e" +
             std::to_string(int(random() % 600) - 300);
    case 3:
      return "CAST(randomblob(" + std::to_string(random() % 20) + ") AS TEXT)";
    case 4:
      return "randomblob(" + std::to_string(random() % 30) + ")";
    case 5:
      return "'" + std::to_string(random() % 100) + (random() % 2 == 0 ? ".0'" : "'");
    default:
      return "char(abs(random()) % 55000, 0, 34, 92, 128512)";
  }
}

void make_random_database(const std::string& path, unsigned seed) {
  std::mt19937 random(seed);
  App app(path);
  app.run("PRAGMA page_size=" + std::to_string(512 << (random() % 4)) + "; BEGIN");
  const char* const types[] = {"", "INTEGER", "REAL", "TEXT", "BLOB", "NUMERIC", "INT8 NOT NULL DEFAULT 0"};
  for (unsigned table = 0; table < 6; ++table) {
    const std::string name = "\"t " + std::to_string(table) + "\"";
    const auto columns = 1 + random() % 6;
    const bool without_rowid = random() % 3 == 0;
    std::string sql = "CREATE TABLE " + name + "(";
    for (unsigned c = 0; c < columns; ++c) {
      sql += (c > 0 ? "," : "") + ("c" + std::to_string(c)) + " " + types[random() % 7];
      if (c > 0 && random() % 5 == 0) sql += " UNIQUE";
    }
    if (random() % 3 == 0) sql += ", g AS (c0||'x')";
    if (without_rowid || random() % 3 == 0) sql += ", PRIMARY KEY(c0)";
    app.run(sql + (without_rowid ? ") WITHOUT ROWID" : ")"));
    for (auto row = random() % 40; row > 0; --row) {
      std::string insert = "INSERT OR IGNORE INTO " + name + " VALUES(";
      for (unsigned c = 0; c < columns; ++c) insert += (c > 0 ? "," : "") + random_literal(random);
      static_cast<void>(app.try_run(insert + ")"));  // an INTEGER PRIMARY KEY takes no text
    }
    if (random() % 2 == 0)
      app.run("CREATE INDEX \"i" + std::to_string(table) + "\" ON " + name + "(c0 DESC)");
    app.run("DELETE FROM " + name + " WHERE abs(random()) % 5=0");
  }
  app.run("COMMIT");
}

}  // namespace

TEST_CASE("a database with everything comes back out of its JSON snapshot") {
  struct Kind {
    const char* encoding;
    int page_size;
    int auto_vacuum;
  };
  for (const Kind kind : {Kind{"UTF-8", 4096, 0}, Kind{"UTF-16le", 1024, 1}, Kind{"UTF-16be", 65536, 2}}) {
    JsonFixture f;
    INFO(kind.encoding);
    make_zoo(f.database, kind.encoding, kind.page_size, kind.auto_vacuum);
    const std::string text = f.dump();
    CHECK(f.load(text).reindex.empty());
    CHECK(soundness(f.copy) == "ok");
    const auto wanted = exact_content(f.database);
    REQUIRE(wanted.size() > 100);
    CHECK(exact_content(f.copy) == wanted);
    CHECK(fingerprint(f.copy) == fingerprint(f.database));
    App app(f.copy);
    CHECK(app.text("SELECT title FROM docs WHERE docs MATCH 'horses'") == "two");
    CHECK(app.text("SELECT id FROM boxes WHERE x0<1") == "1");
    CHECK(app.text("SELECT d FROM generated WHERE a=2") == "3");
    app.run("INSERT INTO gone VALUES(NULL)");
    CHECK(app.integer("SELECT id FROM gone") == 78);

    MemorySource source(text);
    const auto checked = check_json(source, f.progress);
    REQUIRE(checked.ok());
    App original(f.database);
    CHECK(total_rows(*checked) > original.integer("SELECT count(*) FROM users"));
    f.database = f.copy;
    CHECK(f.dump() != text);  // "gone" got a row
    app.run("DELETE FROM gone; UPDATE sqlite_sequence SET seq=77 WHERE name='gone'");
    CHECK(f.dump() == text);
  }
}

TEST_CASE("random databases come back out of their JSON snapshots") {
  for (unsigned seed = 0; seed < 40; ++seed) {
    JsonFixture f;
    INFO("seed " << seed);
    make_random_database(f.database, seed);
    f.load(f.dump());
    REQUIRE(soundness(f.copy) == "ok");
    REQUIRE(exact_content(f.copy) == exact_content(f.database));
  }
}

TEST_CASE("an empty database is a snapshot too") {
  JsonFixture f;
  App(f.database).run("PRAGMA user_version=5");
  f.load(f.dump());
  CHECK(exact_content(f.copy) == exact_content(f.database));
}

TEST_CASE("a connection inside a read transaction is dumped as it was when that began") {
  JsonFixture f;
  App app(f.database);
  app.run("PRAGMA journal_mode=WAL; CREATE TABLE t(a); INSERT INTO t VALUES('old')");
  auto reader = Connection::open(f.database, SQLITE_OPEN_READWRITE);
  REQUIRE(reader.ok());
  REQUIRE(reader->execute("BEGIN; SELECT * FROM t").ok());
  app.run("UPDATE t SET a='new'; CREATE TABLE u(b)");
  MemorySink sink;
  REQUIRE(dump_json(*reader, {}, sink, f.progress).ok());
  CHECK_THAT(sink.text,
             Catch::Contains("\"old\"") && !Catch::Contains("\"new\"") && !Catch::Contains("\"u\""));
}

TEST_CASE("an excluded table goes with its indexes, triggers, counters and statistics") {
  JsonFixture f;
  make_zoo(f.database, "UTF-8", 4096, 0);
  const std::string text = f.dump({{"USERS", "docs"}});
  f.load(text);
  CHECK(soundness(f.copy) == "ok");
  App app(f.copy);
  CHECK(app.integer("SELECT count(*) FROM sqlite_schema WHERE tbl_name='users' OR name LIKE 'docs%'") == 0);
  CHECK(app.text("SELECT group_concat(name) FROM sqlite_sequence") == "gone");
  CHECK(app.integer("SELECT count(*) FROM sqlite_stat1 WHERE tbl='users' OR tbl LIKE 'docs%'") == 0);
  CHECK(app.integer("SELECT count(*) FROM sqlite_stat1") > 0);
  CHECK(app.integer("SELECT count(*) FROM boxes") == 2);

  std::string ignored;
  const auto refused = [&](const char* table) {
    const Status status = f.try_dump({{table}}, ignored);
    REQUIRE(status.is(Error::kBadOption));
    return status.message();
  };
  CHECK_THAT(refused("nowhere"), Catch::Contains("there is no table 'nowhere'"));
  CHECK_THAT(refused("names"), Catch::Contains("there is no table 'names'"));
  CHECK_THAT(refused("sqlite_sequence"), Catch::Contains("SQLite's own"));
  CHECK_THAT(refused("Docs_Data"), Catch::Contains("belongs to the virtual table 'docs'"));
}

TEST_CASE("what only the application can order is carried, and said to need REINDEX") {
  JsonFixture f;
  {
    App app(f.database);
    give_own_code(app);
    app.run(
        "CREATE TABLE t(a TEXT COLLATE backwards UNIQUE, b INT CHECK(twice(b)>0), c AS (twice(b)));"
        "CREATE INDEX i ON t(twice(b)); CREATE TABLE plain(a UNIQUE);"
        "INSERT INTO t VALUES('a',1),('b',2),('c',3); INSERT INTO plain VALUES(1)");
  }
  CHECK(f.load(f.dump()).reindex == std::vector<std::string>{"t"});
  App app(f.copy);
  give_own_code(app);
  CHECK(app.text("PRAGMA integrity_check") != "ok");
  app.run("REINDEX t");
  CHECK(app.text("PRAGMA integrity_check") == "ok");
  CHECK(app.text("SELECT group_concat(a) FROM (SELECT a FROM t ORDER BY a)") == "c,b,a");
  CHECK(app.integer("SELECT c FROM t WHERE twice(b)=6") == 6);
}

TEST_CASE("what only the application could build is refused before it passes for a backup") {
  for (const char* schema :
       {"CREATE TABLE t(a TEXT COLLATE backwards PRIMARY KEY) WITHOUT ROWID",
        "CREATE TABLE t(a INT, b AS (twice(a)) STORED)", "CREATE TABLE t(a INT, b AS (twice(a)) NOT NULL)"}) {
    JsonFixture f;
    {
      App app(f.database);
      give_own_code(app);
      app.run(schema);
      app.run("CREATE TABLE other(x); INSERT INTO other VALUES(1); INSERT INTO t(a) VALUES(1),(2)");
    }
    std::string text;
    const Status status = f.try_dump({}, text);
    INFO(schema << ": " << status.to_string());
    REQUIRE(status.is(Error::kBadOption));
    CHECK_THAT(status.message(), Catch::Contains("table 't'") && Catch::Contains("exclude"));
    CHECK(text.empty());
    CHECK_THAT(f.dump({{"t"}}), Catch::Contains("\"other\""));
  }
}

TEST_CASE("a dump can be stopped whenever it asks, and a full disk ends it") {
  JsonFixture f;
  make_zoo(f.database, "UTF-8", 4096, 0);
  f.dump();
  const std::uint64_t questions = f.progress.asked;
  REQUIRE(questions > 10);
  std::string text;
  for (f.progress.stop_at = 1; f.progress.stop_at <= questions; ++f.progress.stop_at) {
    f.progress.asked = 0;
    REQUIRE(f.try_dump({}, text).is(Error::kInterrupted));
  }
  f.progress.stop_at = 0;
  const std::string whole = f.dump();
  for (std::size_t room = 0; room < whole.size(); room += whole.size() / 20) {
    auto image = open_image(f.database);
    REQUIRE(image.ok());
    MemorySink sink;
    sink.room = room;
    REQUIRE(dump_json(*image, {}, sink, f.progress).status().is(Error::kDiskFull));
  }
}

TEST_CASE("a damaged database is no JSON snapshot") {
  JsonFixture f;
  {
    App app(f.database);
    app.run(
        "CREATE TABLE t(a); WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<2000)"
        " INSERT INTO t SELECT randomblob(50) FROM s");
  }
  std::string bytes = read_whole_file(f.database);
  bytes.replace(4096 * 3, 4096, std::string(4096, 'x'));
  write_whole_file(f.database, bytes);
  std::string text;
  CHECK(f.try_dump({}, text).is(Error::kDatabaseDamaged));
}

TEST_CASE("with a virtual table go its own tables, and none that only look like them") {
  JsonFixture f;
  {
    App app(f.database);
    app.run(
        "CREATE VIRTUAL TABLE docs USING fts5(x); CREATE TABLE docs_stat(a); INSERT INTO docs_stat VALUES(1);"
        "CREATE VIRTUAL TABLE v /* using rtree( */ USING \"fts5vocab\"(docs, 'row'); CREATE TABLE "
        "v_data(imp);"
        "INSERT INTO v_data VALUES('precious')");
  }
  const std::string without = f.dump({{"docs", "v"}});
  CHECK(without.find("docs_content") == std::string::npos);
  CHECK(without.find("\"docs_stat\":[\n{") != std::string::npos);
  CHECK(without.find("precious") != std::string::npos);
  std::string text;
  CHECK(f.try_dump({{"docs_data"}}, text).is(Error::kBadOption));
  CHECK(f.try_dump({{"docs_stat"}}, text).ok());
}

TEST_CASE("text of a UTF-16 database that is no UTF-16 is refused, not changed") {
  const std::string encoding = GENERATE("UTF-16le", "UTF-16be");
  const auto dumps = [&](const std::string& value) {
    JsonFixture f;
    App(f.database)
        .run("PRAGMA encoding='" + encoding + "'; CREATE TABLE t(\"a\"\"b\", c); INSERT INTO t VALUES(1, " +
             value + ")");
    std::string text;
    const Status status = f.try_dump({}, text);
    INFO(value << ": " << status.to_string());
    CHECK((status.ok() || status.is(Error::kBadOption)));
    return status.ok();
  };
  CHECK(dumps("'text'"));
  CHECK(dumps("'nul' || char(0) || 'inside'"));
  CHECK(dumps("char(0x1F600, 0xFFFD, 0xE000, 0x10FFFF)"));
  CHECK(dumps("x'00d8'"));  // a BLOB may hold anything
  const bool little = encoding == "UTF-16le";
  CHECK_FALSE(dumps(little ? "CAST(x'00d800d8' AS TEXT)" : "CAST(x'd800d800' AS TEXT)"));
  CHECK_FALSE(dumps(little ? "CAST(x'feff6100' AS TEXT)" : "CAST(x'fffe0061' AS TEXT)"));
}
