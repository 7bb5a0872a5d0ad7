#include "format/sealed_json.h"

#include "codec/sha256.h"
#include "format/json_shape.h"
#include "support/test.h"

using namespace sqbackup;

namespace {

std::string sealed(std::string_view object) {
  auto text = seal_json(object);
  REQUIRE(text.ok());
  return *text;
}

}  // namespace

TEST_CASE("the seal is a last line with the hash of all bytes before it") {
  const std::string text = sealed("{\n  \"a\": 1\n}");
  const std::string body = "{\n  \"a\": 1,\n";
  CHECK(text == body + "  \"checksum\": \"" + *sha256_hex(as_bytes(body)) + "\"\n}\n");
  CHECK(check_seal(text).ok());
}

TEST_CASE("every flipped bit, cut and addition breaks the seal") {
  const std::string text = sealed("{\n  \"version\": 1,\n  \"note\": \"a b c\"\n}");
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string other = text;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << (bit % 8)));
    REQUIRE(check_seal(other).is(Error::kManifestDamaged));
  }
  for (std::size_t size = 0; size < text.size(); ++size) {
    REQUIRE(check_seal(text.substr(0, size)).is(Error::kManifestDamaged));
    REQUIRE(check_seal(text.substr(text.size() - size)).is(Error::kManifestDamaged));
  }
  CHECK_FALSE(check_seal(text + "\n").ok());
  CHECK_FALSE(check_seal(" " + text).ok());
  CHECK_FALSE(check_seal(text + text).ok());
}

TEST_CASE("a seal alone is none") {
  const std::string empty = *sha256_hex({});
  CHECK_FALSE(check_seal("  \"checksum\": \"" + empty + "\"\n}\n").ok());
}

TEST_CASE("a checksum in upper case is refused, so that one text has one form") {
  std::string text = sealed("{\n  \"a\": 1\n}");
  for (std::size_t i = text.size() - 70; i < text.size(); ++i) {
    if (text[i] >= 'a' && text[i] <= 'f') text[i] = static_cast<char>(text[i] - 32);
  }
  CHECK_FALSE(check_seal(text).ok());
}

TEST_CASE("only the text of an object with members is sealed") {
  for (const char* text : {"", "{}", "[\n1\n]", "{\n\"a\": 1}", "\n}"}) {
    INFO(text);
    CHECK(seal_json(text).status().is(Error::kInternal));
  }
}

TEST_CASE("JSON that nests too deep or has too many members in one object is out of bounds") {
  const std::string deepest = std::string(kMaxJsonDepth, '[') + std::string(kMaxJsonDepth, ']');
  CHECK(within_json_bounds(deepest, 0));
  CHECK_FALSE(within_json_bounds("[" + deepest + "]", 0));
  CHECK_FALSE(within_json_bounds(std::string(1000000, '{'), 0));
  CHECK_FALSE(within_json_bounds(deepest, 1));
  CHECK(within_json_bounds(deepest.substr(1, deepest.size() - 2), 1));
  std::string members;
  for (int i = 0; i < kMaxJsonMembers; ++i) members += "\"k\":[{\"x\":1}],";
  CHECK(within_json_bounds("{" + members + "}", 0));
  CHECK_FALSE(within_json_bounds("{" + members + "\"last\":1}", 0));
}

TEST_CASE("brackets and colons inside strings count for nothing") {
  CHECK(within_json_bounds("{\"" + std::string(1000, '[') + std::string(1000, ':') + "\":1}", 0));
  CHECK(within_json_bounds("\"a\\\"" + std::string(1000, '[') + "\"", 0));
  CHECK_FALSE(within_json_bounds("\"a\\\\\"" + std::string(1000, '['), 0));
  CHECK(within_json_bounds("\"open", 0));
  CHECK(within_json_bounds("\"open\\", 0));
  CHECK(within_json_bounds(std::string(1000, ']') + ":", 0));
}
