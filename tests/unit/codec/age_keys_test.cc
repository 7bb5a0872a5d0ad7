#include "codec/age/keys.h"
#include "support/test.h"

using namespace sqbackup;
using Catch::Contains;

namespace {

// The example of the specification.
const std::string kIdentity = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";
const std::string kRecipient = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
const std::string kAnother = "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0";

std::string why_no_recipient(std::string_view text) {
  const auto recipient = AgeRecipient::parse(text);
  REQUIRE_FALSE(recipient.ok());
  CHECK(recipient.status().is(Error::kBadKey));
  return recipient.status().message();
}

std::string why_no_identities(std::string_view text) {
  const auto identities = parse_identities(text);
  REQUIRE_FALSE(identities.ok());
  CHECK(identities.status().is(Error::kBadKey));
  return identities.status().message();
}

}  // namespace

TEST_CASE("an identity has the recipient that the specification gives for it") {
  const auto identity = AgeIdentity::parse(kIdentity);
  REQUIRE(identity.ok());
  CHECK(identity->recipient().text() == kRecipient);
  const auto recipient = AgeRecipient::parse(kRecipient);
  REQUIRE(recipient.ok());
  CHECK(*recipient == identity->recipient());
  CHECK(AgeIdentity::parse(kAnother)->recipient() != *recipient);
}

TEST_CASE("what is no recipient is refused, with a message for each kind of mistake") {
  CHECK_THAT(why_no_recipient("age1pq1qqqq"), Contains("post-quantum"));
  CHECK_THAT(why_no_recipient("age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t"),
             Contains("plugin"));
  CHECK_THAT(why_no_recipient("age1tag1qt8lw0ual6avlwmwatk888yqnmdamm7xfd0wak53ut6elz5c4swx2yqdj4e"),
             Contains("plugin"));
  CHECK_THAT(why_no_recipient("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA"), Contains("SSH key"));
  CHECK_THAT(why_no_recipient("ecdsa-sha2-nistp256 AAAA"), Contains("SSH key"));
  std::string mistyped = kRecipient;
  mistyped[20] = mistyped[20] == 'q' ? 'p' : 'q';
  CHECK_THAT(why_no_recipient(mistyped), Contains("'age1zvkyg2lqzraa...'") && Contains("checksum"));
  CHECK_THAT(why_no_recipient(kRecipient.substr(0, 40)), Contains("checksum"));
  CHECK_THAT(why_no_recipient("age10qxxpykl"), Contains("too short"));
  CHECK_THAT(why_no_recipient("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw"), Contains("'age1'"));
  CHECK_THAT(why_no_recipient(" " + kRecipient), Contains("character"));
  for (const char* text : {"", "age", "age1", "me@example.com"}) why_no_recipient(text);
  std::string upper = kRecipient;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  CHECK_THAT(why_no_recipient(upper), Contains("'age1'"));
}

TEST_CASE("a secret given for a recipient is not shown") {
  const std::string message = why_no_recipient(kIdentity);
  CHECK_THAT(message, Contains("identity") && Contains("age-keygen -y"));
  CHECK(message.find("GFPYY") == std::string::npos);
  CHECK(why_no_recipient("correct horse battery staple").find("horse") == std::string::npos);
}

TEST_CASE("a recipient that is a point of low order is refused") {
  // Zero, and one of the points of order 8, each with a right checksum.
  for (const char* text : {"age1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq5cu47z",
                           "age1ur4h5lpmgxu2u9jku0a0r87ydtdqnr0tnsetrlvxvgz3vh6fhqqqzyt4v9"}) {
    CHECK_THAT(why_no_recipient(text), Contains("low order"));
  }
}

TEST_CASE("an identity file is read as age-keygen writes it, and as Windows saves it") {
  const std::string file =
      "# created: 2026-11-20T10:30:00Z\n# public key: " + kRecipient + "\n" + kIdentity + "\n";
  const auto one = parse_identities(file);
  REQUIRE(one.ok());
  REQUIRE(one->size() == 1);
  CHECK(one->front().recipient().text() == kRecipient);

  const auto two = parse_identities("\r\n# two\r\n" + kIdentity + "\r\n\r\n  " + kAnother + " \t");
  REQUIRE(two.ok());
  REQUIRE(two->size() == 2);
  CHECK(two->at(0).recipient().text() == kRecipient);
  CHECK(two->at(1).recipient() == AgeIdentity::parse(kAnother)->recipient());
}

TEST_CASE("an identity file that cannot be used is refused with the line, which is not shown") {
  for (const char* empty : {"", "\n\n", "# nothing\n", "#"})
    CHECK_THAT(why_no_identities(empty), Contains("no identity"));
  CHECK_THAT(why_no_identities(kIdentity + "\nAGE-PLUGIN-YUBIKEY-1QQQQQQQQQQ\n"),
             Contains("line 2: ") && Contains("plugin"));
  CHECK_THAT(why_no_identities("AGE-SECRET-KEY-PQ-1HZLGZUPT"),
             Contains("line 1: ") && Contains("post-quantum"));
  CHECK_THAT(why_no_identities("-----BEGIN OPENSSH PRIVATE KEY-----\n"), Contains("SSH"));
  CHECK_THAT(why_no_identities("-----BEGIN AGE ENCRYPTED FILE-----\n"), Contains("is encrypted itself"));
  CHECK_THAT(why_no_identities("age-encryption.org/v1\n-> scrypt"), Contains("is encrypted itself"));
  CHECK_THAT(why_no_identities("#\n\n" + kRecipient), Contains("line 3: ") && Contains("opens nothing"));
  std::string lower = kIdentity;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  CHECK_THAT(why_no_identities(lower), Contains("AGE-SECRET-KEY-1"));

  for (std::size_t at = 0; at < kIdentity.size(); ++at) {
    std::string changed = kIdentity;
    changed[at] = changed[at] == 'Q' ? 'P' : 'Q';
    const std::string message = why_no_identities(changed);
    CHECK(message.find("line 1: ") == 0);
    CHECK(message.find("GFPYY") == std::string::npos);
  }
}
