// Each allocation of OpenSSL fails in turn, alone and with all that follow, while age files are written, read
// and given new keys: the answer is right, or it is that there is no memory. The allocations of C++ throw,
// and are not what this is about.
#include <openssl/crypto.h>

#include <cstdlib>

#include "codec/age/in_memory.h"
#include "support/test.h"

using namespace sqbackup;

namespace {

bool armed = false;
bool sticky = false;
bool fired = false;
std::uint64_t left = 0;

bool strikes() {
  if (!armed || --left > 0) return false;
  if (sticky) left = 1;
  fired = true;
  armed = sticky;
  return true;
}

void* allocate(std::size_t size, const char*, int) { return strikes() ? nullptr : std::malloc(size); }
void* reallocate(void* block, std::size_t size, const char*, int) {
  return strikes() ? nullptr : std::realloc(block, size);
}
void release(void* block, const char*, int) { std::free(block); }

// Before the first allocation of OpenSSL.
const int installed = CRYPTO_set_mem_functions(allocate, reallocate, release);

const std::string kIdentity = "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0";
const std::string kRecipient = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

AgeLock lock_with(std::string_view passphrase) {
  AgeLock lock;
  lock.passphrase = Secret(as_bytes(passphrase));
  lock.log2_work = 4;
  return lock;
}

// There and back by an identity, by a passphrase, and by new keys.
Result<std::string> everything(const std::string& plain) {
  SQB_ASSIGN(AgeIdentity identity, AgeIdentity::parse(kIdentity));
  SQB_ASSIGN(const AgeRecipient other, AgeRecipient::parse(kRecipient));
  AgeLock lock;
  lock.recipients = {other, identity.recipient()};
  AgeKeys keys;
  keys.identities.push_back(std::move(identity));
  SQB_ASSIGN(const std::string sealed, age_seal(as_bytes(plain), lock));
  SQB_ASSIGN(const AgeHeader header, AgeHeader::parse(as_bytes(sealed)));
  SQB_ASSIGN(const AgeFileKey key, age_file_key(header, keys));
  SQB_ASSIGN(std::string rewrapped, age_rewrap(header, key, lock_with("horse")));
  rewrapped += sealed.substr(header.size());
  keys.passphrase = Secret(as_bytes("horse"));
  SQB_ASSIGN(const std::string opened, age_open(as_bytes(sealed), keys));
  SQB_ASSIGN(const std::string again, age_open(as_bytes(rewrapped), keys));
  REQUIRE(opened == again);
  return opened;
}

}  // namespace

TEST_CASE("age files are written and read right, or there is no memory for it") {
  REQUIRE(installed == 1);
  const std::string plain(3 * kAgeChunk + 5, 'x');
  REQUIRE(everything(plain).ok());  // OpenSSL has made what it makes once
  for (const bool all_that_follow : {false, true}) {
    std::uint64_t nth = 0;
    std::uint64_t no_memory = 0;
    do {
      ++nth;
      CAPTURE(nth, all_that_follow);
      left = nth;
      sticky = all_that_follow;
      fired = false;
      armed = true;
      const auto result = everything(plain);
      armed = false;
      if (result.ok()) {
        REQUIRE(*result == plain);
      } else {
        CAPTURE(result.status().message());
        REQUIRE(result.status().is(Error::kNoMemory));
        ++no_memory;
      }
    } while (fired);
    CHECK(nth > 100);
    CHECK(no_memory > nth / 2);
  }
}
