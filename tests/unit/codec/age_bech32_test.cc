#include <algorithm>
#include <cctype>

#include "codec/age/bech32.h"
#include "support/test.h"

using namespace sqbackup;

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

// BIP 173, test vectors.
const std::string kLongPrefix =
    "an83characterlonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio";

}  // namespace

TEST_CASE("bech32 reads the valid vectors of BIP 173, and writes them again") {
  const std::pair<std::string, std::string> vectors[] = {
      {"A12UEL5L", "A"},
      {"a12uel5l", "a"},
      {kLongPrefix + "1tt5tgs", kLongPrefix},
      {"abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw", "abcdef"},
      {"11" + std::string(82, 'q') + "c8247j", "1"},
      {"split1checkupstagehandshakeupstreamerranterredcaperred2y9e3w", "split"},
      {"?1ezyfcl", "?"},
      // Invalid there for its length alone, which age does not limit.
      {"an84characterslonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio1569pvx",
       "an84characterslonghumanreadablepartthatcontainsthenumber1andtheexcludedcharactersbio"}};
  for (const auto& [text, prefix] : vectors) {
    CAPTURE(text);
    const auto decoded = bech32_decode(text);
    REQUIRE(decoded.ok());
    CHECK(decoded->prefix == prefix);
    CHECK(bech32_encode(lower(prefix), decoded->data.bytes()) == lower(text));
  }
  const auto bytes = bech32_decode("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw");
  CHECK(to_hex(bytes->data.bytes()) == "00443214c74254b635cf84653a56d7c675be77df");
}

TEST_CASE("bech32 refuses the invalid vectors of BIP 173 without showing them") {
  for (const std::string text : {" 1nwldj5",
                                 "\x7f"
                                 "1axkwrx",
                                 "\x80"
                                 "1eym55h",
                                 "pzry9x0s0muk", "1pzry9x0s0muk", "x1b4n0q5v", "li1dgmt3", "de1lg7wt\xff",
                                 "A1G7SGD8", "10a06t8", "1qzzfhee", "A12uel5l", "", "1", "a1"}) {
    CAPTURE(text);
    const auto decoded = bech32_decode(text);
    REQUIRE_FALSE(decoded.ok());
    CHECK(decoded.status().is(Error::kBadKey));
    if (text.size() > 2) CHECK(decoded.status().message().find(text) == std::string::npos);
  }
}

TEST_CASE("bech32 carries any number of bytes, and finds each changed character") {
  std::string bytes;
  for (int i = 0; i < 80; ++i) {
    const auto decoded = bech32_decode(bech32_encode("age", as_bytes(bytes)));
    REQUIRE(decoded.ok());
    REQUIRE(decoded->data.text() == bytes);
    bytes += static_cast<char>(i * 37);
  }
  const std::string text = bech32_encode("age", as_bytes(bytes.substr(0, 32)));
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (const char c : {'q', 'p', '0', 'l', '1', 'b', 'Q'}) {
      std::string changed = text;
      changed[at] = c;
      if (changed != text) REQUIRE_FALSE(bech32_decode(changed).ok());
    }
  }
}

TEST_CASE("bech32 with a right checksum is refused where bits are left over that are not 0, or too many") {
  CHECK(bech32_encode("age", as_bytes("x")) == "age10qxxpykl");
  for (const char* text : {"age10pms43td", "age10na5u2dn", "age10qq6w8nzk", "age10jqzgl3"}) {
    CAPTURE(text);
    const auto decoded = bech32_decode(text);
    REQUIRE_FALSE(decoded.ok());
    CHECK_THAT(decoded.status().message(), Catch::Contains("length"));
  }
}
