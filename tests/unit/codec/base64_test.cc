#include "codec/base64.h"

#include "support/test.h"

using namespace sqbackup;

TEST_CASE("base64 agrees with the vectors of RFC 4648, there and back") {
  const char* const vectors[][2] = {{"", ""},
                                    {"f", "Zg=="},
                                    {"fo", "Zm8="},
                                    {"foo", "Zm9v"},
                                    {"foob", "Zm9vYg=="},
                                    {"fooba", "Zm9vYmE="},
                                    {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    CHECK(base64_encode(as_bytes(bytes)) == text);
    CHECK(base64_decode(text) == std::string(bytes));
  }
}

TEST_CASE("base64 carries every byte at every place") {
  std::string bytes;
  for (int i = 0; i < 256 * 3; ++i) bytes += static_cast<char>(i * 7);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string part = bytes.substr(bytes.size() - size);
    REQUIRE(base64_decode(base64_encode(as_bytes(part))) == part);
    REQUIRE(base64_decode_unpadded(base64_encode_unpadded(as_bytes(part))) == part);
  }
}

TEST_CASE("base64 that is not canonical is refused") {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Zm8=Zm8=", "=", "====", "Z===", "Zm 9",
                           "Zm9v\n", "Zm-_", "Zg==Zg==", "\xc3\xa9g="}) {
    CAPTURE(text);
    CHECK_FALSE(base64_decode(text).has_value());
  }
}

TEST_CASE("base64 without padding has none, and is refused with any or where it is not canonical") {
  CHECK(base64_encode_unpadded(as_bytes("f")) == "Zg");
  CHECK(base64_encode_unpadded(as_bytes("fo")) == "Zm8");
  CHECK(base64_encode_unpadded(as_bytes("foo")) == "Zm9v");
  for (const char* text :
       {"Z", "A", "AAAAA", "Zh", "Zm9", "Zg==", "Zg=", "=", "Zm9vZ", "Zm 9", "Zm9v\n", "Zm-_"}) {
    CAPTURE(text);
    CHECK_FALSE(base64_decode_unpadded(text).has_value());
  }
}
