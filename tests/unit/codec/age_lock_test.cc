#include "codec/age/in_memory.h"
#include "codec/age/lock.h"
#include "codec/age/stanzas.h"
#include "support/test.h"

using namespace sqbackup;
using Catch::Contains;

namespace {

const std::string kIdentities[] = {
    "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0",
    "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX",
    "AGE-SECRET-KEY-143WN7DCXU4G8R5AXQSSYD9AEPYDNT3HXSLWSPK36CDU6E8M59SSSAGZ3KG"};
constexpr int kLittleWork = 4;

AgeIdentity identity(std::size_t number) { return AgeIdentity::parse(kIdentities[number]).value(); }

AgeKeys keys(std::initializer_list<std::size_t> numbers, std::string_view passphrase = "") {
  AgeKeys held;
  for (const std::size_t number : numbers) held.identities.push_back(identity(number));
  held.passphrase = Secret(as_bytes(passphrase));
  return held;
}

AgeLock lock(std::initializer_list<std::size_t> numbers, std::string_view passphrase = "") {
  AgeLock made;
  for (const std::size_t number : numbers) made.recipients.push_back(identity(number).recipient());
  made.passphrase = Secret(as_bytes(passphrase));
  made.log2_work = kLittleWork;
  return made;
}

std::string sealed(const AgeLock& made) {
  auto file = age_seal(as_bytes("bytes"), made);
  REQUIRE(file.ok());
  return *file;
}

std::string opened_with(const std::string& file, const AgeKeys& held) {
  auto plain = age_open(as_bytes(file), held);
  REQUIRE(plain.ok());
  return *plain;
}

std::string why_closed(const std::string& file, const AgeKeys& held) {
  const auto opened = age_open(as_bytes(file), held);
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.status().is(Error::kNoKey));
  for (const std::string& secret :
       {kIdentities[0].substr(17, 10), std::string("horse"), std::string("staple")}) {
    CHECK(opened.status().message().find(secret) == std::string::npos);
  }
  return opened.status().message();
}

Status why_not_locked(const AgeLock& made) {
  const auto header = age_header_for(made, *AgeFileKey::random());
  REQUIRE_FALSE(header.ok());
  return header.status();
}

}  // namespace

TEST_CASE("who lacks the key of an age file is told what it takes") {
  CHECK_THAT(why_closed(sealed(lock({0})), keys({})),
             Contains("to 1 X25519 recipient, and no identity is given"));
  CHECK_THAT(why_closed(sealed(lock({0, 1})), keys({2})),
             Contains("to 2 X25519 recipients") && Contains("none of them"));
  CHECK_THAT(why_closed(sealed(lock({0})), keys({1, 2})), Contains("none of the 2 identities"));
  CHECK_THAT(why_closed(sealed(lock({0})), keys({}, "horse")),
             Contains("X25519") && Contains("no identity is given"));
  CHECK_THAT(why_closed(sealed(lock({}, "horse")), keys({0})), Contains("a passphrase, and none is given"));
  CHECK_THAT(why_closed(sealed(lock({}, "horse")), keys({}, "staple")),
             Contains("the one that is given is not it"));
}

TEST_CASE("a passphrase opens what was written with it") {
  const std::string file = sealed(lock({}, "horse"));
  CHECK(opened_with(file, keys({}, "horse")) == "bytes");
  CHECK(opened_with(file, keys({0, 1}, "horse")) == "bytes");
  const auto header = AgeHeader::parse(as_bytes(file));
  REQUIRE(header.ok());
  CHECK(header->takes_passphrase());
  CHECK(header->x25519_recipients() == 0);
  CHECK(header->stanzas()[0].arguments.at(2) == std::to_string(kLittleWork));
}

TEST_CASE("a header shows without a key how many recipients it has") {
  const auto header = AgeHeader::parse(as_bytes(sealed(lock({0, 1, 2}))));
  REQUIRE(header.ok());
  CHECK_FALSE(header->takes_passphrase());
  CHECK(header->x25519_recipients() == 3);
}

TEST_CASE("a lock that is none, or two in one, is refused") {
  CHECK(why_not_locked(lock({})).is(Error::kBadKey));
  const Status both = why_not_locked(lock({0}, "horse"));
  CHECK(both.is(Error::kBadKey));
  CHECK(both.message().find("horse") == std::string::npos);
  for (const int work : {-1, 0, kMaxLog2Work + 1, 64}) {
    AgeLock hard = lock({}, "horse");
    hard.log2_work = work;
    CHECK_THAT(why_not_locked(hard).message(), Contains("work factor"));
  }
  AgeLock crowd = lock({0});
  while (crowd.recipients.size() < 1000) crowd.recipients.push_back(crowd.recipients[0]);
  CHECK_THAT(why_not_locked(crowd).message(), Contains("too many recipients: 1000"));
}

TEST_CASE("a header as long as it may be is read again") {
  AgeLock crowd = lock({0});
  while (crowd.recipients.size() < 640) crowd.recipients.push_back(crowd.recipients[0]);
  CHECK(opened_with(sealed(crowd), keys({0})) == "bytes");
}

TEST_CASE("a header that is too long is refused as such") {
  const std::string begun = "age-encryption.org/v1\n-> x\n";
  std::string longer = begun;
  while (longer.size() < 2 * AgeHeader::kMaxSize) longer += std::string(64, 'A') + '\n';
  CHECK_THAT(AgeHeader::parse(as_bytes(longer)).status().message(), Contains("longer than 64 KiB"));
  CHECK_THAT(AgeHeader::parse(as_bytes(begun)).status().message(), Contains("cut short"));
}

TEST_CASE("a header without a stanza, or with a line too long by one, is refused as such") {
  const std::string version = "age-encryption.org/v1\n";
  const std::string mac = "--- " + std::string(43, 'A') + "\n";
  const auto why = [&](const std::string& stanzas) {
    return AgeHeader::parse(as_bytes(version + stanzas + mac)).status();
  };
  CHECK(why("-> x\n" + std::string(64, 'A') + "\n\n").ok());
  CHECK_THAT(why("").message(), Contains("no stanza"));
  CHECK_THAT(why("-> x\n" + std::string(65, 'A') + "\n\n").message(), Contains("longer than 64"));
}

TEST_CASE("no two files have the same salt for a passphrase") {
  const auto one = AgeHeader::parse(as_bytes(sealed(lock({}, "horse"))));
  const auto two = AgeHeader::parse(as_bytes(sealed(lock({}, "horse"))));
  CHECK(one->stanzas()[0].arguments[1] != two->stanzas()[0].arguments[1]);
}

TEST_CASE("unknown stanzas are passed over") {
  const auto key = AgeFileKey::random();
  std::vector<AgeStanza> stanzas = {{{"ssh-ed25519", "AbCd"}, "x"}};
  const auto unknown = AgeHeader::parse(as_bytes(*AgeHeader::write(*key, stanzas)));
  REQUIRE(unknown.ok());
  const auto closed = age_file_key(*unknown, keys({0, 1}));
  REQUIRE_FALSE(closed.ok());
  CHECK(closed.status().is(Error::kNoKey));
  CHECK_THAT(closed.status().message(), Contains("another type"));

  stanzas.push_back(*wrap_for(identity(1).recipient(), *key));
  const auto mixed = AgeHeader::parse(as_bytes(*AgeHeader::write(*key, stanzas)));
  const auto opened = age_file_key(*mixed, keys({0, 1}));
  REQUIRE(opened.ok());
  CHECK(to_hex(opened->bytes()) == to_hex(key->bytes()));
}

TEST_CASE("a file gets new keys without its payload being touched") {
  const std::string file = sealed(lock({0}));
  const auto header = AgeHeader::parse(as_bytes(file));
  const auto key = age_file_key(*header, keys({0}));
  REQUIRE(key.ok());
  for (const bool to_passphrase : {false, true}) {
    const auto changed = age_rewrap(*header, *key, to_passphrase ? lock({}, "horse") : lock({1, 2}));
    REQUIRE(changed.ok());
    const std::string rewrapped = *changed + file.substr(header->size());
    CHECK(opened_with(rewrapped, to_passphrase ? keys({}, "horse") : keys({2})) == "bytes");
    why_closed(rewrapped, keys({0}));
  }
  CHECK(opened_with(*age_reseal(as_bytes(file), keys({0}), lock({2})), keys({2})) == "bytes");
  CHECK(age_reseal(as_bytes(file), keys({1}), lock({2})).status().is(Error::kNoKey));
  const auto wrong = age_rewrap(*header, *AgeFileKey::random(), lock({1}));
  REQUIRE_FALSE(wrong.ok());
  CHECK(wrong.status().is(Error::kStoredBytesDamaged));
}
