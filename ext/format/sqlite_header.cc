#include "format/sqlite_header.h"

#include <bit>
#include <cstring>

namespace sqbackup {
namespace {

constexpr char kMagic[16] = "SQLite format 3";
constexpr std::uint8_t kPayloadFractions[3] = {64, 32, 32};  // at offset 21; the format fixes them
constexpr std::uint32_t kLeastUsableSize = 480;

std::uint32_t decode_page_size(const std::uint8_t* p) {
  const std::uint32_t stored = read_be16(p);
  return stored == 1 ? 65536 : stored;
}

bool is_version(std::uint8_t version) { return version == 1 || version == 2; }

}  // namespace

std::optional<SqliteHeader> parse_sqlite_header(ByteView bytes) {
  if (bytes.size() < kSqliteHeaderSize) return std::nullopt;
  const std::uint8_t* p = bytes.data();
  if (std::memcmp(p, kMagic, sizeof kMagic) != 0) return std::nullopt;
  if (std::memcmp(p + 21, kPayloadFractions, sizeof kPayloadFractions) != 0) return std::nullopt;

  SqliteHeader header;
  header.page_size = decode_page_size(p + 16);
  header.write_version = p[kWriteVersionOffset];
  header.read_version = p[kReadVersionOffset];
  header.reserved_bytes = p[20];
  if (header.page_size < 512 || !std::has_single_bit(header.page_size)) return std::nullopt;
  if (header.page_size - header.reserved_bytes < kLeastUsableSize) return std::nullopt;
  if (!is_version(header.write_version) || !is_version(header.read_version)) return std::nullopt;

  header.change_counter = read_be32(p + 24);
  header.page_count = read_be32(p + 28);
  header.user_version = read_be32(p + 60);
  header.application_id = read_be32(p + 68);
  header.version_valid_for = read_be32(p + 92);
  return header;
}

}  // namespace sqbackup
