#include "codec/sha256.h"

#include "support/test.h"

using namespace sqbackup;

namespace {

std::string hash_of(std::string_view text) {
  Result<std::string> hash = sha256_hex(as_bytes(text));
  REQUIRE(hash.ok());
  return *hash;
}

}  // namespace

TEST_CASE("SHA-256 agrees with the vectors of FIPS 180-4") {
  CHECK(hash_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hash_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hash_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(hash_of("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmn"
                "hijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu") ==
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  CHECK(hash_of(std::string(1000000, 'a')) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("SHA-256 does not depend on how the stream is cut") {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += static_cast<char>(i * 7);
  const std::string whole = hash_of(text);
  for (std::size_t piece : {1U, 3U, 63U, 64U, 65U, 999U}) {
    Result<Sha256> hash = Sha256::create();
    REQUIRE(hash.ok());
    for (std::size_t at = 0; at < text.size(); at += piece) {
      hash->update(as_bytes(std::string_view(text).substr(at, piece)));
    }
    CHECK(hash->finish_hex() == whole);
  }
}

TEST_CASE("a SHA-256 in the making can be moved") {
  Result<Sha256> first = Sha256::create();
  Result<Sha256> second = Sha256::create();
  REQUIRE((first.ok() && second.ok()));
  first->update(as_bytes("ab"));
  *second = std::move(*first);
  second->update(as_bytes("c"));
  CHECK(second->finish_hex() == hash_of("abc"));
}
