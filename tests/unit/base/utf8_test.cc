#include "base/utf8.h"

#include "support/test.h"

using namespace sqbackup;

TEST_CASE("the first code point of a text is told, and what is no UTF-8") {
  const auto is = [](std::string_view text, std::uint32_t value, std::size_t bytes) {
    const CodePoint first = first_code_point(as_bytes(text));
    return first.value == value && first.bytes == bytes;
  };
  CHECK(is("ab", 'a', 1));
  CHECK(is("\xc3\xa4x", 0xe4, 2));
  CHECK(is("\xe2\x82\xac", 0x20ac, 3));
  CHECK(is("\xf0\x9f\x92\xbe", 0x1f4be, 4));
  for (const char* wrong : {"\x80", "\xff", "\xc3", "\xc3x", "\xc0\x80", "\xe0\x80\xaf", "\xed\xa0\x80",
                            "\xf4\x90\x80\x80", "\xe2\x82"}) {
    CHECK(first_code_point(as_bytes(wrong)).bytes == 0);
  }
}
