#include "surface/call_progress.h"

#include "support/test.h"

namespace sqbackup {
namespace {

class StillClock : public Clock {
 public:
  UnixMillis now() override { return 0; }
  double monotonic_seconds() override { return seconds; }
  double seconds = 100;
};

struct Watched {
  StillClock clock;
  bool before_the_first = false;  // it is interrupted then already
  Status first, at_once, later;
};

// SELECT watch(): a call that is interrupted after its first look.
void watch(sqlite3_context* context, int, sqlite3_value**) {
  auto& watched = *static_cast<Watched*>(sqlite3_user_data(context));
  sqlite3* connection = sqlite3_context_db_handle(context);
  CallProgress progress(connection, watched.clock);
  progress.begin_phase("copying", 10);
  if (watched.before_the_first) sqlite3_interrupt(connection);
  watched.first = progress.advance(1);
  sqlite3_interrupt(connection);
  watched.at_once = progress.advance(2);
  watched.clock.seconds += 0.06;
  watched.later = progress.advance(3);
}

TEST_CASE("an interrupt of the caller's connection stops the call, looked for at most every 50 ms") {
  Watched watched;
  sqlite3* connection = nullptr;
  REQUIRE(sqlite3_open(":memory:", &connection) == SQLITE_OK);
  REQUIRE(sqlite3_create_function_v2(connection, "watch", 0, SQLITE_UTF8, &watched, watch, nullptr, nullptr,
                                     nullptr) == SQLITE_OK);
  sqlite3_exec(connection, "SELECT watch()", nullptr, nullptr, nullptr);
  CHECK(watched.first.ok());
  CHECK(watched.at_once.ok());
  CHECK(watched.later.is(Error::kInterrupted));
  CHECK(sqlite3_exec(connection, "SELECT 1", nullptr, nullptr, nullptr) == SQLITE_OK);
  CHECK(sqlite3_close(connection) == SQLITE_OK);
}

TEST_CASE("a call that is interrupted before its first look stops too") {
  Watched watched;
  watched.before_the_first = true;
  sqlite3* connection = nullptr;
  REQUIRE(sqlite3_open(":memory:", &connection) == SQLITE_OK);
  REQUIRE(sqlite3_create_function_v2(connection, "watch", 0, SQLITE_UTF8, &watched, watch, nullptr, nullptr,
                                     nullptr) == SQLITE_OK);
  sqlite3_exec(connection, "SELECT watch()", nullptr, nullptr, nullptr);
  CHECK(watched.first.is(Error::kInterrupted));
  CHECK(watched.later.is(Error::kInterrupted));
  CHECK(sqlite3_close(connection) == SQLITE_OK);
}

}  // namespace
}  // namespace sqbackup
