#include "base/secret.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>
#include <type_traits>

#include "support/test.h"

using namespace sqbackup;

namespace {

// What the process has at `address`, be it freed: the kernel looks.
std::string memory_at(std::uintptr_t address, std::size_t size) {
  std::ifstream memory("/proc/self/mem", std::ios::binary);
  memory.seekg(static_cast<std::streamoff>(address));
  std::string bytes(size, '?');
  memory.read(bytes.data(), static_cast<std::streamsize>(size));
  REQUIRE(memory.gcount() == static_cast<std::streamsize>(size));
  return bytes;
}

const std::string kText(200, 'k');

std::uintptr_t address_of(const Secret& secret) {
  return reinterpret_cast<std::uintptr_t>(secret.bytes().data());
}

bool is_still_at(std::uintptr_t address) {
  // The allocator keeps notes of its own in freed memory.
  const std::string found = memory_at(address, kText.size());
  return std::count(found.begin(), found.end(), 'k') > 50;
}

}  // namespace

TEST_CASE("a secret is wiped when it goes, and when another takes its place") {
  std::uintptr_t address = 0;
  {
    const Secret secret{as_bytes(kText)};
    address = address_of(secret);
    CHECK(is_still_at(address));
  }
  CHECK_FALSE(is_still_at(address));

  Secret first{as_bytes(kText)};
  address = address_of(first);
  first = Secret(as_bytes("another"));
  CHECK_FALSE(is_still_at(address));
  CHECK(first.text() == "another");
}

TEST_CASE("a secret is moved without a copy, and leaves nothing behind") {
  static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
  static_assert(std::is_nothrow_move_constructible_v<Secret>);
  Secret from{as_bytes(kText)};
  const std::uintptr_t address = address_of(from);
  Secret to = std::move(from);
  CHECK(address_of(to) == address);
  CHECK(to.text() == kText);
  CHECK(from.empty());  // NOLINT: moved from
  CHECK(from.bytes().empty());
  Secret& same = to;
  to = std::move(same);
  CHECK(to.text() == kText);
}

TEST_CASE("a secret begins as zeros, or empty") {
  CHECK(Secret().empty());
  CHECK(Secret().text().empty());
  CHECK(Secret(3).text() == std::string(3, '\0'));
  std::string bytes = "secret";
  wipe({reinterpret_cast<std::uint8_t*>(bytes.data()), 4});
  CHECK(bytes == std::string(4, '\0') + "et");
}
