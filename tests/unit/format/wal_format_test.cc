#include "format/wal_format.h"

#include <sqlite3.h>

#include <bit>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;

namespace {

using Bytes = std::vector<std::uint8_t>;

// The definition in the file format's own words, one word at a time.
WalChecksum reference_checksum(bool big_endian, WalChecksum sum, ByteView bytes) {
  const auto word = big_endian ? read_be32 : read_le32;
  for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) {
    sum.s0 += word(&bytes[i]) + sum.s1;
    sum.s1 += word(&bytes[i + 4]) + sum.s0;
  }
  return sum;
}

Bytes random_bytes(std::size_t size) {
  static std::mt19937 random(1);
  Bytes bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

void put_be32(Bytes& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}

// The log that SQLite leaves while 50 transactions have been committed and none checkpointed.
Bytes wal_of_sqlite(int page_size) {
  const sqbackup_test::TempDir directory;
  sqlite3* raw = nullptr;
  REQUIRE(sqlite3_open(directory.path_of("a.db").c_str(), &raw) == SQLITE_OK);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database(raw, sqlite3_close);
  const std::string sql = "PRAGMA page_size=" + std::to_string(page_size) +
                          "; PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0; CREATE TABLE t(x);";
  REQUIRE(sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  for (int i = 0; i < 50; ++i) {
    REQUIRE(sqlite3_exec(raw, "INSERT INTO t VALUES(randomblob(5000))", nullptr, nullptr, nullptr) ==
            SQLITE_OK);
  }
  const std::string wal = sqbackup_test::read_whole_file(directory.path_of("a.db-wal"));
  return {wal.begin(), wal.end()};
}

Bytes header_with(std::uint32_t magic, std::uint32_t version, std::uint32_t page_size) {
  Bytes bytes = random_bytes(kWalHeaderSize);
  put_be32(bytes, 0, magic);
  put_be32(bytes, 4, version);
  put_be32(bytes, 8, page_size);
  const WalChecksum sum = reference_checksum((magic & 1) != 0, {}, ByteView(bytes).first(24));
  put_be32(bytes, 24, sum.s0);
  put_be32(bytes, 28, sum.s1);
  return bytes;
}

}  // namespace

TEST_CASE("every frame of a log that SQLite wrote has the checksum we compute") {
  const int page_size = GENERATE(512, 4096, 65536);
  const Bytes wal = wal_of_sqlite(page_size);
  const auto header = parse_wal_header(wal);
  REQUIRE(header.has_value());
  CHECK(header->page_size == static_cast<std::uint32_t>(page_size));
  const std::size_t frame_size = kWalFrameHeaderSize + header->page_size;
  const std::size_t frames = (wal.size() - kWalHeaderSize) / frame_size;
  CHECK(frames >= 51);

  WalChecksum sum = header->checksum;
  std::size_t commits = 0;
  for (std::size_t i = 0; i < frames; ++i) {
    const ByteView frame = ByteView(wal).subspan(kWalHeaderSize + i * frame_size, frame_size);
    const WalFrameHeader frame_header = parse_wal_frame_header(frame);
    sum = wal_frame_checksum(header->big_endian, sum, frame, frame.subspan(kWalFrameHeaderSize));
    REQUIRE(frame_header.checksum == sum);
    CHECK(frame_header.salt1 == header->salt1);
    CHECK(frame_header.salt2 == header->salt2);
    CHECK(frame_header.page >= 1);
    if (frame_header.database_pages != 0) ++commits;
  }
  CHECK(commits >= 51);
}

TEST_CASE("the checksum follows its definition in both byte orders, for every length and alignment") {
  for (std::size_t size = 0; size <= 200; size += 8) {
    const Bytes bytes = random_bytes(size + 3);
    for (std::size_t shift = 0; shift < 4; ++shift) {
      const ByteView view = ByteView(bytes).subspan(shift, size);
      const WalChecksum start = {static_cast<std::uint32_t>(size * 77777777), 0xfffffff0};
      for (const bool big_endian : {false, true}) {
        REQUIRE(wal_checksum(big_endian, start, view) == reference_checksum(big_endian, start, view));
      }
    }
  }
}

TEST_CASE("a log's header is read in both byte orders") {
  for (const std::uint32_t magic : {0x377f0682U, 0x377f0683U}) {
    const Bytes bytes = header_with(magic, 3007000, 65536);
    const auto header = parse_wal_header(bytes);
    REQUIRE(header.has_value());
    CHECK(header->big_endian == (magic == 0x377f0683));
    CHECK(header->page_size == 65536);
    CHECK(header->checkpoint_sequence == read_be32(&bytes[12]));
    CHECK(header->salt1 == read_be32(&bytes[16]));
    CHECK(header->salt2 == read_be32(&bytes[20]));
  }
}

TEST_CASE("a log's header with any flipped bit is refused") {
  const Bytes good = header_with(0x377f0682, 3007000, 4096);
  REQUIRE(parse_wal_header(good).has_value());
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes bytes = good;
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    INFO(bit);
    CHECK_FALSE(parse_wal_header(bytes).has_value());
  }
}

TEST_CASE("a log's header of another version, page size or length is refused") {
  CHECK_FALSE(parse_wal_header(header_with(0x377f0684, 3007000, 4096)).has_value());
  CHECK_FALSE(parse_wal_header(header_with(0x377f0682, 3007001, 4096)).has_value());
  for (const std::uint32_t size : {0U, 1U, 256U, 513U, 4095U, 131072U}) {
    INFO(size);
    CHECK_FALSE(parse_wal_header(header_with(0x377f0682, 3007000, size)).has_value());
  }
  const Bytes good = header_with(0x377f0682, 3007000, 4096);
  CHECK_FALSE(parse_wal_header(ByteView(good).first(31)).has_value());
  CHECK_FALSE(parse_wal_header({}).has_value());
}

namespace {

void put_native(Bytes& bytes, std::size_t at, std::uint32_t value) { std::memcpy(&bytes[at], &value, 4); }

Bytes index_header(std::uint32_t version, bool initialised, std::uint32_t max_frame) {
  Bytes bytes = random_bytes(kWalIndexHeaderSize);
  put_native(bytes, 0, version);
  bytes[12] = initialised ? 1 : 0;
  put_native(bytes, 16, max_frame);
  const WalChecksum sum =
      reference_checksum(std::endian::native == std::endian::big, {}, ByteView(bytes).first(40));
  put_native(bytes, 40, sum.s0);
  put_native(bytes, 44, sum.s1);
  return bytes;
}

}  // namespace

TEST_CASE("the header of a log's index is read in this machine's byte order") {
  const Bytes bytes = index_header(3007000, true, 0x01020304);
  const auto header = parse_wal_index_header(bytes);
  REQUIRE(header.has_value());
  CHECK(header->max_frame == 0x01020304);
  CHECK(header->salt1 == read_be32(&bytes[32]));
  CHECK(header->salt2 == read_be32(&bytes[36]));
}

TEST_CASE("the header of a log's index that is not valid is refused") {
  const Bytes good = index_header(3007000, true, 7);
  REQUIRE(parse_wal_index_header(good).has_value());
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    Bytes bytes = good;
    bytes[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    INFO(bit);
    CHECK_FALSE(parse_wal_index_header(bytes).has_value());
  }
  CHECK_FALSE(parse_wal_index_header(index_header(3007001, true, 7)).has_value());
  CHECK_FALSE(parse_wal_index_header(index_header(3007000, false, 7)).has_value());
  CHECK_FALSE(parse_wal_index_header(Bytes(kWalIndexHeaderSize)).has_value());
  CHECK_FALSE(parse_wal_index_header(ByteView(good).first(47)).has_value());
}
