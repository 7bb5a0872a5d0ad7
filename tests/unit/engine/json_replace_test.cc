#include "engine/json_replace.h"

#include "support/fault_vfs.h"
#include "unit/engine/json_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

constexpr const char* kShop =
    "PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON;"
    "CREATE TABLE users(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);"
    "CREATE TABLE orders(id INTEGER PRIMARY KEY, user INTEGER REFERENCES users(id) ON DELETE CASCADE);"
    "CREATE INDEX orders_by_user ON orders(user);"
    "CREATE VIEW names AS SELECT name FROM users;"
    "CREATE TABLE log(what);"
    "CREATE TRIGGER logged AFTER INSERT ON users BEGIN INSERT INTO log VALUES(new.name); END;"
    "CREATE TRIGGER lost AFTER DELETE ON users BEGIN INSERT INTO log VALUES('lost '||old.name); END;"
    "CREATE VIRTUAL TABLE docs USING fts5(body);"
    "INSERT INTO users VALUES(1,'ann'),(2,'bob'); INSERT INTO orders VALUES(10,1),(11,2);"
    "INSERT INTO docs VALUES('red apple')";

struct Shop : JsonFixture {
  App app{database};
  Shop() { app.run(kShop); }
  std::string rows(const char* sql) {
    return app.text("SELECT group_concat(x, ' ') FROM (" + std::string(sql) + ")");
  }
  void must_replace(const std::string& text) {
    const Status status = replace(text);
    INFO(status.to_string());
    REQUIRE(status.ok());
    REQUIRE(soundness(database) == "ok");
  }
};

}  // namespace

TEST_CASE("a live restore brings back the rows of each table, without any trigger") {
  Shop f;
  const auto before = exact_content(f.database);
  const std::string text = f.dump();
  f.app.run(
      "DELETE FROM users; INSERT INTO users VALUES(50,'eve'); INSERT INTO docs VALUES('green pear');"
      "DELETE FROM docs WHERE docs MATCH 'apple'; INSERT INTO log VALUES('later')");
  REQUIRE(exact_content(f.database) != before);
  f.must_replace(text);
  CHECK(exact_content(f.database) == before);
  CHECK(f.app.text("SELECT body FROM docs WHERE docs MATCH 'apple'") == "red apple");
  CHECK(f.app.integer("SELECT count(*) FROM docs WHERE docs MATCH 'pear'") == 0);
}

TEST_CASE("tables that the snapshot does not have stay what they are") {
  Shop f;
  const std::string text = f.dump({{"log", "docs"}});
  f.app.run(
      "UPDATE users SET name='changed'; CREATE TABLE mine(x); CREATE INDEX my_index ON users(name);"
      "CREATE TRIGGER my_trigger AFTER INSERT ON orders BEGIN DELETE FROM mine; END;"
      "INSERT INTO mine VALUES(1); INSERT INTO log VALUES('kept'); PRAGMA user_version=9;"
      "CREATE TABLE counted(a INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO counted VALUES(33);"
      "INSERT INTO users VALUES(900,'z')");
  f.must_replace(text);
  CHECK(f.rows("SELECT name AS x FROM users") == "ann bob");
  CHECK(f.rows("SELECT what AS x FROM log WHERE what='kept'") == "kept");
  CHECK(f.app.integer("SELECT count(*) FROM mine") == 1);
  CHECK(f.app.integer("PRAGMA user_version") == 9);
  CHECK(f.app.integer("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'my\\_%' ESCAPE '\\'") == 2);
  CHECK(f.app.integer("SELECT seq FROM sqlite_sequence WHERE name='users'") == 2);
  CHECK(f.app.integer("SELECT seq FROM sqlite_sequence WHERE name='counted'") == 33);
}

TEST_CASE("a table that is STRICT in only one of the two is refused, for values would change") {
  JsonFixture f;
  App app(f.database);
  app.run("CREATE TABLE t(a ANY) STRICT; INSERT INTO t VALUES('007')");
  const std::string text = f.dump();
  app.run("DROP TABLE t; CREATE TABLE t(a ANY)");
  CHECK(f.replace(text).is(Error::kTableDiffers));
}

TEST_CASE("two objects or tables of one name are refused") {
  Shop f;
  const std::string text = f.dump();
  const auto refused = [&](const std::string& from, const std::string& to) {
    std::string changed = text;
    const auto at = changed.find(from);
    REQUIRE(at != std::string::npos);
    changed.replace(at, from.size(), to);
    return f.replace(changed).is(Error::kManifestDamaged);
  };
  CHECK(refused("\"key\":\"users\",\"name\":\"users\"", "\"key\":\"users\",\"name\":\"Orders\""));
  CHECK(refused("{\"type\":\"table\",\"name\":\"users\"", "{\"type\":\"table\",\"name\":\"ORDERS\""));
}

TEST_CASE("into an empty database come user_version and application_id too") {
  Shop f;
  f.app.run("PRAGMA user_version=42; PRAGMA application_id=7");
  const std::string text = f.dump();
  JsonFixture empty;
  App app(empty.database);
  app.run("PRAGMA journal_mode=wal");
  const Status status = empty.replace(text);
  INFO(status.to_string());
  REQUIRE(status.ok());
  CHECK(app.integer("PRAGMA user_version") == 42);
  CHECK(app.integer("PRAGMA application_id") == 7);
  CHECK(app.integer("SELECT count(*) FROM users") == 2);
}

TEST_CASE("tables, virtual tables and views that are gone are created again, with what belongs to them") {
  Shop f;
  const auto before = exact_content(f.database);
  const std::string text = f.dump();
  f.app.run("PRAGMA foreign_keys=OFF; DROP TABLE users; DROP TABLE orders; DROP VIEW names; DROP TABLE docs");
  f.must_replace(text);
  CHECK(exact_content(f.database) == before);
  // A connection that was open all the time finds the virtual table.
  CHECK(f.app.text("SELECT body FROM docs WHERE docs MATCH 'apple'") == "red apple");
  f.app.run("INSERT INTO users(name) VALUES('new')");
  CHECK(f.app.integer("SELECT max(id) FROM users") == 3);
  CHECK(f.rows("SELECT what AS x FROM log WHERE what='new'") == "new");
}

TEST_CASE("a virtual table without tables of its own is created where all connections find it") {
  Shop f;
  f.app.run("CREATE VIRTUAL TABLE words USING fts5vocab('docs', 'row')");
  const std::string text = f.dump();
  f.app.run("DROP TABLE words");
  f.must_replace(text);
  CHECK(f.app.integer("SELECT count(*) FROM words") == 2);
}

TEST_CASE("a table with other columns is refused, and nothing changes") {
  struct Change {
    const char* sql;
    const char* message;
  };
  for (const Change change : {
           Change{"ALTER TABLE orders ADD COLUMN note", "table 'orders'|column 'note' is not in the backup"},
           Change{"ALTER TABLE users RENAME name TO title",
                  "table 'users'|column 'name' is only in the backup"},
           Change{"DROP TABLE log; CREATE TABLE log(what INT)",
                  "table 'log'|'' in the backup and 'INT' here"},
           Change{"DROP TABLE log; CREATE TABLE log(what PRIMARY KEY) WITHOUT ROWID",
                  "table 'log'|primary key"},
           Change{"DROP TABLE log; CREATE VIEW log(what) AS SELECT 1", "table 'log'|something else"},
           Change{"DROP TABLE docs; CREATE VIRTUAL TABLE docs USING fts5(body, title)",
                  "table 'docs'|definition"},
           Change{"DROP TABLE docs; CREATE TABLE docs(body)", "table 'docs'|something else"},
       }) {
    Shop f;
    const std::string text = f.dump();
    f.app.run("DROP TRIGGER logged; DROP TRIGGER lost; UPDATE orders SET user=NULL");
    f.app.run(change.sql);
    const auto before = exact_content(f.database);
    const Status status = f.replace(text);
    INFO(status.to_string());
    REQUIRE(status.is(Error::kTableDiffers));
    const std::string wanted = change.message;
    CHECK_THAT(status.message(), Catch::Contains(wanted.substr(0, wanted.find('|'))) &&
                                     Catch::Contains(wanted.substr(wanted.find('|') + 1)));
    CHECK(exact_content(f.database) == before);
  }
}

TEST_CASE("a foreign key that the restore would violate is an error, one that was violated before is not") {
  Shop f;
  const std::string without_orders = f.dump({{"orders"}});
  const std::string without_users = f.dump({{"users"}});
  f.app.run("INSERT INTO users VALUES(3,'cy'); INSERT INTO orders VALUES(12,3)");
  auto before = exact_content(f.database);
  const Status status = f.replace(without_orders);
  REQUIRE(status.is(Error::kForeignKeys));
  CHECK_THAT(status.message(), Catch::Contains("table 'orders'") && Catch::Contains("of 'users'"));
  CHECK(exact_content(f.database) == before);

  // 12 refers to nobody now; that is not the restore's doing.
  f.app.run("PRAGMA foreign_keys=OFF; DELETE FROM users WHERE id=3");
  CHECK(f.replace(without_orders).ok());
  CHECK(f.app.integer("SELECT count(*) FROM pragma_foreign_key_check") == 1);
  f.app.run("DELETE FROM users WHERE id=2");
  CHECK(f.replace(without_users).ok());  // order 11 was without its user before
  f.app.run("DELETE FROM orders");
  before = exact_content(f.database);
  CHECK(f.replace(without_users).is(Error::kForeignKeys));
  CHECK(exact_content(f.database) == before);
}

TEST_CASE("a reader sees the old rows until the commit, and a writer keeps the restore out") {
  Shop f;
  const std::string text = f.dump();
  f.app.run("UPDATE users SET name='changed'");
  App reader(f.database);
  reader.run("BEGIN");
  REQUIRE(reader.text("SELECT name FROM users") == "changed");
  App other(f.database);
  JsonReplaceHooks hooks;
  int asked = 0;
  hooks.before_writing = [&]() -> Status {
    ++asked;
    sqlite3_busy_timeout(other.handle(), 0);
    CHECK(other.try_run("UPDATE log SET what=1") == SQLITE_BUSY);
    return {};
  };
  hooks.before_commit = [&]() -> Status {
    ++asked;
    CHECK(other.text("SELECT name FROM users") == "changed");
    return {};
  };
  REQUIRE(f.replace(text, hooks).ok());
  CHECK(asked == 2);
  CHECK(other.text("SELECT name FROM users") == "ann");
  CHECK(reader.text("SELECT name FROM users") == "changed");
  reader.run("COMMIT");
  CHECK(reader.text("SELECT name FROM users") == "ann");

  other.run("BEGIN IMMEDIATE");
  CHECK(f.replace(text).is(Error::kDatabaseBusy));
}

TEST_CASE("a live restore that is stopped, refused by a hook or cut changes nothing") {
  Shop f;
  const std::string text = f.dump();
  f.app.run("UPDATE users SET name='changed'; DROP TABLE docs; DROP TABLE log");
  const auto before = exact_content(f.database);
  const auto refuse = [] { return Status(Error::kPinned, "no"); };
  CHECK(f.replace(text, {refuse, {}}).is(Error::kPinned));
  CHECK(f.replace(text, {{}, refuse}).is(Error::kPinned));
  CHECK(f.replace(text.substr(0, text.size() - 3)).is(Error::kStoredBytesDamaged));
  f.progress.stop_at = f.progress.asked + 1;
  CHECK(exact_content(f.database) == before);
  f.progress.stop_at = 0;
  f.must_replace(text);
}

TEST_CASE("a disk that is full or fails during a live restore changes nothing") {
  FaultVfs vfs;
  JsonFixture f;
  App(f.database)
      .run(
          "CREATE TABLE t(a, b UNIQUE); CREATE TABLE u(c); WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL"
          " SELECT i+1 FROM s WHERE i<500) INSERT INTO t SELECT i, hex(randomblob(30)) FROM s");
  const std::string text = f.dump();
  const auto wanted = exact_content(f.database);
  App(f.database).run("DELETE FROM t WHERE a%2=0; UPDATE t SET b=b||'x'; DROP TABLE u");
  const auto before = exact_content(f.database);
  for (std::uint64_t nth = 1;; ++nth) {
    vfs.inject({.kind = VfsOp::kWrite, .nth = nth, .sticky = nth % 2 == 0, .full = nth % 3 == 0});
    const Status status = f.replace(text);
    const bool fired = vfs.fired();
    vfs.clear();
    INFO(nth << ": " << status.to_string());
    if (!fired) {
      REQUIRE(status.ok());
      REQUIRE(nth > 20);
      break;
    }
    REQUIRE(status.is(nth % 3 == 0 ? Error::kDiskFull : Error::kIoError));
    REQUIRE(exact_content(f.database) == before);
  }
  CHECK(exact_content(f.database) == wanted);
}

TEST_CASE("a table that needs the application's own code is not restored live") {
  JsonFixture f;
  App app(f.database);
  sqlite3_create_collation_v2(
      app.handle(), "own", SQLITE_UTF8, nullptr,
      [](void*, int size_a, const void* a, int, const void* b) {
        return std::memcmp(b, a, static_cast<std::size_t>(size_a));
      },
      nullptr);
  app.run(
      "CREATE TABLE plain(x); CREATE TABLE t(a TEXT COLLATE own UNIQUE); INSERT INTO t VALUES('a'),('b')");
  const std::string text = f.dump();
  app.run("INSERT INTO t VALUES('c'); INSERT INTO plain VALUES(1)");
  const Status status = f.replace(text);
  INFO(status.to_string());
  REQUIRE(status.is(Error::kTableDiffers));
  CHECK_THAT(status.message(), Catch::Contains("table 't'") && Catch::Contains("own"));
  CHECK(app.integer("SELECT count(*) FROM t") == 3);
  CHECK(app.integer("SELECT count(*) FROM plain") == 1);
  CHECK(f.replace(f.dump({{"t"}})).ok());
  CHECK(app.text("PRAGMA integrity_check") == "ok");
}

TEST_CASE("SQL of a snapshot can do no more in a live database") {
  Shop f;
  std::string text = f.dump();
  f.app.run("DROP TABLE log");
  const std::string sql = "CREATE TABLE log(what)";
  text.replace(text.find(sql), sql.size(), "DROP TABLE users");
  const auto before = exact_content(f.database);
  CHECK(f.replace(text).is(Error::kStoredBytesDamaged));
  CHECK(exact_content(f.database) == before);
}
