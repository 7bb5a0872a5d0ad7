#include "store/lock_bytes.h"

#include <limits>
#include <set>
#include <string>

#include "support/test.h"

using namespace sqbackup;

TEST_CASE("locks of runs and of names never share a byte, and a file may have them all") {
  CHECK(run_lock_byte(1) == (std::uint64_t{1} << 32) + 1);
  CHECK(run_lock_byte(std::numeric_limits<std::int32_t>::max()) < name_lock_byte(""));
  std::set<std::uint64_t> bytes;
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t byte = name_lock_byte("backup-" + std::to_string(i));
    REQUIRE(byte >= std::uint64_t{1} << 62);
    REQUIRE(byte < std::uint64_t{1} << 63);
    bytes.insert(byte);
  }
  CHECK(bytes.size() == 10'000);
}
