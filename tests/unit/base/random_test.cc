#include "base/random.h"

#include <algorithm>
#include <set>
#include <vector>

#include "support/test.h"

using namespace sqbackup;

TEST_CASE("random bytes fill all of the buffer") {
  // 100,000 bytes leave out one of the 256 values with a chance of 10^-168.
  std::vector<std::uint8_t> bytes(100'000, 0);
  REQUIRE(fill_random(bytes).ok());
  CHECK(std::set<std::uint8_t>(bytes.begin(), bytes.end()).size() == 256);
  CHECK(std::any_of(bytes.end() - 16, bytes.end(), [](std::uint8_t byte) { return byte != 0; }));
  CHECK(fill_random({}).ok());
}

TEST_CASE("a UUID is of version 4 in its RFC's form") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const auto uuid = random_uuid();
    REQUIRE(uuid.ok());
    REQUIRE(uuid->size() == 36);
    for (std::size_t at = 0; at < 36; ++at) {
      const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
      REQUIRE(std::string_view(dash ? "-" : "0123456789abcdef").find((*uuid)[at]) != std::string_view::npos);
    }
    REQUIRE((*uuid)[14] == '4');
    REQUIRE(std::string_view("89ab").find((*uuid)[19]) != std::string_view::npos);
    seen.insert(*uuid);
  }
  CHECK(seen.size() == 1000);
}
