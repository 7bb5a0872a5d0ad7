#include "surface/result.h"

#include <memory>

#include "support/test.h"

namespace sqbackup {
namespace {

struct CloseConnection {
  void operator()(sqlite3* connection) const { sqlite3_close(connection); }
};
using OwnConnection = std::unique_ptr<sqlite3, CloseConnection>;

const Status kFailures[] = {
    {Error::kRestoreNotAllowed, "refused"},
    {Error::kStoredBytesDamaged, "two\nlines"},
    {Error::kDiskFull, "full"},
    {Error::kIoError, "reason"},
};

// SELECT fail(i) fails with kFailures[i].
OwnConnection connection_with_fail() {
  sqlite3* connection = nullptr;
  REQUIRE(sqlite3_open(":memory:", &connection) == SQLITE_OK);
  const auto fail = [](sqlite3_context* context, int, sqlite3_value** values) {
    set_error(context, "fail", kFailures[sqlite3_value_int(values[0])]);
  };
  REQUIRE(sqlite3_create_function_v2(connection, "fail", 1, SQLITE_UTF8, nullptr, fail, nullptr, nullptr,
                                     nullptr) == SQLITE_OK);
  REQUIRE(sqlite3_exec(connection, "CREATE TABLE t(x)", nullptr, nullptr, nullptr) == SQLITE_OK);
  return OwnConnection(connection);
}

int run(const OwnConnection& connection, const char* sql) {
  return sqlite3_exec(connection.get(), sql, nullptr, nullptr, nullptr);
}

TEST_CASE("every kind of error has its SQLite result code") {
  const auto code = [](Error error) { return sqlite_code({error, "x"}, false); };
  CHECK(code(Error::kBadOption) == SQLITE_MISUSE);
  CHECK(code(Error::kRestoreNotAllowed) == SQLITE_AUTH);
  CHECK(code(Error::kNoSuchBackup) == SQLITE_NOTFOUND);
  CHECK(code(Error::kAlreadyExists) == SQLITE_ERROR);
  CHECK(code(Error::kInUse) == SQLITE_BUSY);
  CHECK(code(Error::kNotADatabase) == SQLITE_NOTADB);
  CHECK(code(Error::kStoredBytesDamaged) == SQLITE_CORRUPT);
  CHECK(code(Error::kDiskFull) == SQLITE_FULL);
  CHECK(code(Error::kIoError) == SQLITE_IOERR);
  CHECK(code(Error::kNoPermission) == SQLITE_READONLY);
  CHECK(code(Error::kInterrupted) == SQLITE_INTERRUPT);
  CHECK(code(Error::kNoMemory) == SQLITE_NOMEM);
  CHECK(code(Error::kDrillFailed) == SQLITE_ERROR);
  CHECK(code(Error::kInternal) == SQLITE_INTERNAL);
}

TEST_CASE("an error that SQLite reported keeps its own code where that fits the kind") {
  CHECK(sqlite_code({Error::kSqliteFailed, "x", SQLITE_TOOBIG}, false) == SQLITE_TOOBIG);
  CHECK(sqlite_code({Error::kSqliteFailed, "x"}, false) == SQLITE_ERROR);
  CHECK(sqlite_code({Error::kIoError, "x", SQLITE_IOERR_READ}, false) == SQLITE_IOERR_READ);
  CHECK(sqlite_code({Error::kIoError, "x", SQLITE_CANTOPEN}, false) == SQLITE_IOERR);
}

TEST_CASE("inside a transaction no code is one that makes SQLite roll it back") {
  for (const Error error : {Error::kDiskFull, Error::kIoError, Error::kStoredBytesDamaged}) {
    CHECK(sqlite_code({error, "x"}, true) == SQLITE_ERROR);
  }
  CHECK(sqlite_code({Error::kSqliteFailed, "x", SQLITE_IOERR_READ}, true) == SQLITE_ERROR);
  CHECK(sqlite_code({Error::kRestoreNotAllowed, "x"}, true) == SQLITE_AUTH);
}

TEST_CASE("text and code of an error both reach the caller") {
  const OwnConnection connection = connection_with_fail();
  CHECK(run(connection, "SELECT fail(0)") == SQLITE_AUTH);
  CHECK(std::string(sqlite3_errmsg(connection.get())) == "fail: refused [SQB-AUTH-01]");
  CHECK(run(connection, "SELECT fail(2)") == SQLITE_FULL);
  CHECK(std::string(sqlite3_errmsg(connection.get())) == "fail: full [SQB-FULL-01]");
}

TEST_CASE("an error text is one line") {
  const OwnConnection connection = connection_with_fail();
  CHECK(run(connection, "SELECT fail(1)") == SQLITE_CORRUPT);
  CHECK(std::string(sqlite3_errmsg(connection.get())) == "fail: two?lines [SQB-CORRUPT-02]");
}

TEST_CASE("a user's transaction survives every error of a call inside it, and can go on writing") {
  const OwnConnection connection = connection_with_fail();
  REQUIRE(run(connection, "BEGIN; INSERT INTO t VALUES (1)") == SQLITE_OK);
  for (const char* sql :
       {"SELECT fail(1) FROM t", "SELECT fail(2) FROM t", "INSERT INTO t SELECT fail(3) FROM t"}) {
    CHECK(run(connection, sql) == SQLITE_ERROR);
    CHECK(sqlite3_get_autocommit(connection.get()) == 0);
  }
  CHECK(run(connection, "INSERT INTO t VALUES (2); COMMIT") == SQLITE_OK);
}

}  // namespace
}  // namespace sqbackup
