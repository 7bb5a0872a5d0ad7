#include "surface/loaded.h"

#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

namespace sqbackup {
namespace {

TEST_CASE("a connection is loaded from mark to unmark, in this process only") {
  char storage;
  auto* connection = reinterpret_cast<sqlite3*>(&storage);
  CHECK_FALSE(is_loaded(connection));
  mark_loaded(connection);
  CHECK(is_loaded(connection));
  const pid_t child = fork();
  if (child == 0) _exit(is_loaded(connection) ? 1 : 0);
  int outcome = -1;
  REQUIRE(waitpid(child, &outcome, 0) == child);
  CHECK(outcome == 0);
  mark_unloaded(connection);
  CHECK_FALSE(is_loaded(connection));
}

}  // namespace
}  // namespace sqbackup
