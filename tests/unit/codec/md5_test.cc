#include "codec/md5.h"

#include "support/test.h"

using namespace sqbackup;

TEST_CASE("MD5 is that of RFC 1321") {
  const auto hex = [](std::string_view text) { return to_hex(as_bytes(md5(as_bytes(text)))); };
  CHECK(hex("") == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(hex("message digest") == "f96b697d7cb7938d525a2f31aaf161d0");
}
