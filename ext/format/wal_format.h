// The write-ahead log file (https://sqlite.org/fileformat2.html, section 4): header, frames, cumulative
// checksum; and the header of its index in shared memory (https://sqlite.org/walformat.html, section 2).
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace sqbackup {

inline constexpr std::size_t kWalHeaderSize = 32;
inline constexpr std::size_t kWalFrameHeaderSize = 24;
inline constexpr std::size_t kWalIndexHeaderSize = 48;

struct WalChecksum {
  std::uint32_t s0 = 0;
  std::uint32_t s1 = 0;
  bool operator==(const WalChecksum&) const = default;
};

struct WalHeader {
  bool big_endian = false;  // byte order of the checksum's words
  std::uint32_t page_size = 0;
  std::uint32_t checkpoint_sequence = 0;
  std::uint32_t salt1 = 0;
  std::uint32_t salt2 = 0;
  WalChecksum checksum;  // of the header itself: where the frames' cumulative checksum starts
};

// nullopt: not a valid header (magic, version, page size or checksum), so the log holds nothing.
std::optional<WalHeader> parse_wal_header(ByteView bytes);

struct WalFrameHeader {
  std::uint32_t page = 0;
  std::uint32_t database_pages = 0;  // after the commit; 0: not a commit frame
  std::uint32_t salt1 = 0;
  std::uint32_t salt2 = 0;
  WalChecksum checksum;
};

WalFrameHeader parse_wal_frame_header(ByteView bytes);

// What every reader of the log is bounded by.
struct WalIndexHeader {
  std::uint32_t max_frame = 0;  // the last frame of the newest commit; 0: the main file holds everything
  std::uint32_t salt1 = 0;      // of the log's header, if max_frame > 0
  std::uint32_t salt2 = 0;
  bool operator==(const WalIndexHeader&) const = default;
};

// One of the two copies, in this machine's byte order. nullopt: not a valid one (length, version, not
// initialised, or checksum).
std::optional<WalIndexHeader> parse_wal_index_header(ByteView bytes);

// Adds `bytes` (a multiple of 8) to the cumulative checksum.
WalChecksum wal_checksum(bool big_endian, WalChecksum start, ByteView bytes);

// The cumulative checksum after a frame: over the first 8 bytes of its header, then its page.
WalChecksum wal_frame_checksum(bool big_endian, WalChecksum before, ByteView frame_header, ByteView page);

}  // namespace sqbackup
