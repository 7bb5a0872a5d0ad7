// The first 100 bytes of an SQLite database (https://sqlite.org/fileformat2.html, section 1.3).
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace sqbackup {

inline constexpr std::size_t kSqliteHeaderSize = 100;
inline constexpr std::size_t kWriteVersionOffset = 18;  // 1: rollback journal, 2: WAL
inline constexpr std::size_t kReadVersionOffset = 19;

struct SqliteHeader {
  std::uint32_t page_size = 0;  // 512 .. 65536
  std::uint8_t write_version = 0;
  std::uint8_t read_version = 0;
  std::uint8_t reserved_bytes = 0;
  std::uint32_t change_counter = 0;
  std::uint32_t page_count = 0;  // valid only if counted()
  std::uint32_t version_valid_for = 0;
  std::uint32_t user_version = 0;
  std::uint32_t application_id = 0;

  // Whether page_count may be believed (writers before 3.7.0 did not keep it).
  bool counted() const { return page_count != 0 && change_counter == version_valid_for; }
};

// nullopt: `bytes` (at least kSqliteHeaderSize) are not the beginning of a plain SQLite database.
std::optional<SqliteHeader> parse_sqlite_header(ByteView bytes);

}  // namespace sqbackup
