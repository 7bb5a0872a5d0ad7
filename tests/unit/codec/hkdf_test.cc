#include "codec/hkdf.h"

#include "support/test.h"

using namespace sqbackup;

namespace {

std::string range(int first, int last) {
  std::string bytes;
  for (int i = first; i <= last; ++i) bytes += static_cast<char>(i);
  return bytes;
}

std::string derived(std::string_view key, std::string_view salt, std::string_view info) {
  const auto result = hkdf_sha256(as_bytes(key), as_bytes(salt), info);
  REQUIRE(result.ok());
  return to_hex(result->bytes());
}

}  // namespace

TEST_CASE("HKDF-SHA256 agrees with the first 32 bytes of the vectors of RFC 5869") {
  CHECK(derived(std::string(22, '\x0b'), range(0, 0x0c), range(0xf0, 0xf9)) ==
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
  CHECK(derived(range(0, 0x4f), range(0x60, 0xaf), range(0xb0, 0xff)) ==
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c");
  CHECK(derived(std::string(22, '\x0b'), "", "") ==
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d");
}
