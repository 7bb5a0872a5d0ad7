// The bytes of SQLite's files: a database header, and a write-ahead log walked frame by frame.
#include <bit>
#include <cstdlib>

#include "format/sqlite_header.h"
#include "format/wal_format.h"

namespace {

using sqbackup::ByteView;

bool is_page_size(std::uint32_t size) { return size >= 512 && size <= 65536 && std::has_single_bit(size); }

void walk_wal(ByteView bytes) {
  const auto header = sqbackup::parse_wal_header(bytes);
  if (!header.has_value()) return;
  if (!is_page_size(header->page_size)) std::abort();
  sqbackup::WalChecksum sum = header->checksum;
  const std::size_t frame_size = sqbackup::kWalFrameHeaderSize + header->page_size;
  for (bytes = bytes.subspan(sqbackup::kWalHeaderSize); bytes.size() >= frame_size;
       bytes = bytes.subspan(frame_size)) {
    const auto frame = sqbackup::parse_wal_frame_header(bytes);
    sum = sqbackup::wal_frame_checksum(header->big_endian, sum, bytes,
                                       bytes.subspan(sqbackup::kWalFrameHeaderSize, header->page_size));
    if (frame.checksum != sum) return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  if (const auto header = sqbackup::parse_sqlite_header(bytes); header.has_value()) {
    if (!is_page_size(header->page_size) || header->page_size - header->reserved_bytes < 480) std::abort();
  }
  walk_wal(bytes);
  return 0;
}
