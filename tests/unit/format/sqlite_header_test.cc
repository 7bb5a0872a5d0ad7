#include "format/sqlite_header.h"

#include <cstring>
#include <vector>

#include "support/test.h"

using namespace sqbackup;

namespace {

std::vector<std::uint8_t> good_header() {
  std::vector<std::uint8_t> bytes(kSqliteHeaderSize);
  std::memcpy(bytes.data(), "SQLite format 3", 16);
  bytes[16] = 0x10;  // page size 4096
  bytes[18] = bytes[19] = 1;
  bytes[21] = 64;
  bytes[22] = bytes[23] = 32;
  bytes[27] = 7;   // change counter
  bytes[31] = 9;   // pages
  bytes[63] = 42;  // user_version
  bytes[68] = 0x12;
  bytes[95] = 7;  // version valid for
  return bytes;
}

}  // namespace

TEST_CASE("an SQLite header is read field by field") {
  const auto header = parse_sqlite_header(good_header());
  REQUIRE(header.has_value());
  CHECK(header->page_size == 4096);
  CHECK(header->write_version == 1);
  CHECK(header->read_version == 1);
  CHECK(header->reserved_bytes == 0);
  CHECK(header->change_counter == 7);
  CHECK(header->page_count == 9);
  CHECK(header->user_version == 42);
  CHECK(header->application_id == 0x12000000);
  CHECK(header->version_valid_for == 7);
  CHECK(header->counted());
}

TEST_CASE("the page count of an SQLite header is believed only when its writer kept it") {
  auto bytes = good_header();
  bytes[95] = 6;
  CHECK_FALSE(parse_sqlite_header(bytes)->counted());
  bytes = good_header();
  bytes[31] = 0;
  CHECK_FALSE(parse_sqlite_header(bytes)->counted());
}

TEST_CASE("an SQLite header has a page size that is a power of two from 512 to 65536") {
  for (std::uint32_t stored = 0; stored < 65536; ++stored) {
    auto bytes = good_header();
    bytes[16] = static_cast<std::uint8_t>(stored >> 8);
    bytes[17] = static_cast<std::uint8_t>(stored);
    const auto header = parse_sqlite_header(bytes);
    const bool legal = stored == 1 || (stored >= 512 && (stored & (stored - 1)) == 0);
    REQUIRE(header.has_value() == legal);
    if (legal) REQUIRE(header->page_size == (stored == 1 ? 65536 : stored));
  }
}

TEST_CASE("what is not the beginning of an SQLite database is refused") {
  struct Edit {
    std::size_t offset;
    std::uint8_t value;
  };
  for (const Edit edit : {Edit{0, 's'}, Edit{15, 1}, Edit{18, 0}, Edit{18, 3}, Edit{19, 0}, Edit{19, 3},
                          Edit{21, 63}, Edit{22, 31}, Edit{23, 33}}) {
    auto bytes = good_header();
    bytes[edit.offset] = edit.value;
    INFO(edit.offset);
    CHECK_FALSE(parse_sqlite_header(bytes).has_value());
  }
  auto bytes = good_header();
  bytes.pop_back();
  CHECK_FALSE(parse_sqlite_header(bytes).has_value());
  CHECK_FALSE(parse_sqlite_header({}).has_value());
}

TEST_CASE("an SQLite header leaves at least 480 usable bytes a page") {
  auto bytes = good_header();
  bytes[16] = 2;  // 512
  bytes[20] = 32;
  CHECK(parse_sqlite_header(bytes).has_value());
  bytes[20] = 33;
  CHECK_FALSE(parse_sqlite_header(bytes).has_value());
  bytes[16] = 4;  // 1024
  bytes[20] = 255;
  CHECK(parse_sqlite_header(bytes).has_value());
}

TEST_CASE("the header of a database in WAL mode is read too") {
  auto bytes = good_header();
  bytes[kWriteVersionOffset] = bytes[kReadVersionOffset] = 2;
  const auto header = parse_sqlite_header(bytes);
  REQUIRE(header.has_value());
  CHECK(header->write_version == 2);
  CHECK(header->read_version == 2);
}
