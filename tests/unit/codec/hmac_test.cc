#include "codec/hmac.h"

#include "support/test.h"

using namespace sqbackup;

namespace {

std::string mac_of(std::string_view key, std::string_view message) {
  const auto mac = hmac_sha256(as_bytes(key), as_bytes(message));
  REQUIRE(mac.ok());
  return to_hex(*mac);
}

}  // namespace

TEST_CASE("HMAC-SHA256 agrees with the vectors of RFC 4231") {
  CHECK(mac_of(std::string(20, '\x0b'), "Hi There") ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(mac_of("Jefe", "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(mac_of(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First") ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("HMAC-SHA256 takes an empty key and an empty message, and keeps no key from the last time") {
  const std::string empty = "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad";
  CHECK(mac_of("", "") == empty);
  CHECK(mac_of("a key", "") != empty);
  CHECK(hmac_sha256({}, {}).ok());
  CHECK(mac_of("", "") == empty);
}
