#include "base/bytes.h"

#include <array>

#include "support/test.h"

using namespace sqbackup;

TEST_CASE("integers are read in the byte order that their name says") {
  const std::array<std::uint8_t, 4> bytes = {0x81, 0x02, 0x03, 0xf4};
  CHECK(read_be16(bytes.data()) == 0x8102);
  CHECK(read_be32(bytes.data()) == 0x810203f4U);
  CHECK(read_le32(bytes.data()) == 0xf4030281U);
}

TEST_CASE("hex text is lower case and has two digits a byte") {
  const std::array<std::uint8_t, 3> bytes = {0x00, 0xaf, 0x0b};
  CHECK(to_hex(bytes) == "00af0b");
  CHECK(to_hex({}).empty());
}
