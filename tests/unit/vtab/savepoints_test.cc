#include "vtab/savepoints.h"

#include "support/test.h"

namespace sqbackup {
namespace {

TEST_CASE("going back to a savepoint gives the length at it, and the savepoint stays") {
  Savepoints savepoints;
  savepoints.add(0, 2);
  savepoints.add(1, 5);
  CHECK(savepoints.roll_back_to(1) == 5);
  CHECK(savepoints.roll_back_to(0) == 2);
  CHECK(savepoints.roll_back_to(0) == 2);
}

TEST_CASE("a savepoint that is older than the list's part in the transaction means an empty list") {
  Savepoints savepoints;
  savepoints.add(1, 0);  // joined inside a statement
  savepoints.release(1);
  CHECK(savepoints.roll_back_to(0) == 0);
}

TEST_CASE("of two reports of one savepoint the first is the true one") {
  Savepoints savepoints;
  savepoints.add(0, 1);
  savepoints.add(0, 3);  // the second table joined later
  CHECK(savepoints.roll_back_to(0) == 1);
}

TEST_CASE("a released savepoint may be set again") {
  Savepoints savepoints;
  savepoints.add(0, 1);
  savepoints.add(1, 2);
  savepoints.release(0);
  savepoints.add(0, 4);
  CHECK(savepoints.roll_back_to(0) == 4);
}

}  // namespace
}  // namespace sqbackup
