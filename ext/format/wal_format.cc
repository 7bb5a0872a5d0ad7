#include "format/wal_format.h"

#include <bit>
#include <cstring>

namespace sqbackup {
namespace {

constexpr std::uint32_t kMagic = 0x377f0682;  // the lowest bit set: big-endian checksums
constexpr std::uint32_t kVersion = 3007000;
constexpr std::size_t kChecksummedHeaderBytes = 24;
constexpr std::size_t kChecksummedFrameHeaderBytes = 8;
constexpr std::size_t kChecksummedIndexHeaderBytes = 40;
constexpr bool kNativeIsBig = std::endian::native == std::endian::big;

template <bool swap>
std::uint32_t load(const std::uint8_t* p) {
  std::uint32_t word;
  std::memcpy(&word, p, sizeof word);
  return swap ? __builtin_bswap32(word) : word;
}

// The parentheses keep one addition per word on the chain of dependencies: this runs over gigabytes.
template <bool swap>
void add_pair(const std::uint8_t* p, std::uint32_t& s0, std::uint32_t& s1) {
  s0 = (s0 + load<swap>(p)) + s1;
  s1 = (s1 + load<swap>(p + 4)) + s0;
}

template <bool swap>
WalChecksum sum(WalChecksum start, ByteView bytes) {
  std::uint32_t s0 = start.s0;
  std::uint32_t s1 = start.s1;
  const std::uint8_t* p = bytes.data();
  std::size_t pairs = bytes.size() / 8;
  for (; pairs >= 8; pairs -= 8, p += 64) {
    add_pair<swap>(p, s0, s1);
    add_pair<swap>(p + 8, s0, s1);
    add_pair<swap>(p + 16, s0, s1);
    add_pair<swap>(p + 24, s0, s1);
    add_pair<swap>(p + 32, s0, s1);
    add_pair<swap>(p + 40, s0, s1);
    add_pair<swap>(p + 48, s0, s1);
    add_pair<swap>(p + 56, s0, s1);
  }
  for (; pairs > 0; --pairs, p += 8) add_pair<swap>(p, s0, s1);
  return {s0, s1};
}

bool is_page_size(std::uint32_t size) { return size >= 512 && size <= 65536 && std::has_single_bit(size); }

}  // namespace

std::optional<WalHeader> parse_wal_header(ByteView bytes) {
  if (bytes.size() < kWalHeaderSize) return std::nullopt;
  const std::uint8_t* p = bytes.data();
  const std::uint32_t magic = read_be32(p);
  if ((magic & ~std::uint32_t{1}) != kMagic || read_be32(p + 4) != kVersion) return std::nullopt;

  WalHeader header;
  header.big_endian = (magic & 1) != 0;
  header.page_size = read_be32(p + 8);
  header.checkpoint_sequence = read_be32(p + 12);
  header.salt1 = read_be32(p + 16);
  header.salt2 = read_be32(p + 20);
  header.checksum = {read_be32(p + 24), read_be32(p + 28)};
  if (!is_page_size(header.page_size)) return std::nullopt;
  if (wal_checksum(header.big_endian, {}, bytes.first(kChecksummedHeaderBytes)) != header.checksum) {
    return std::nullopt;
  }
  return header;
}

WalFrameHeader parse_wal_frame_header(ByteView bytes) {
  const std::uint8_t* p = bytes.data();
  return {.page = read_be32(p),
          .database_pages = read_be32(p + 4),
          .salt1 = read_be32(p + 8),
          .salt2 = read_be32(p + 12),
          .checksum = {read_be32(p + 16), read_be32(p + 20)}};
}

std::optional<WalIndexHeader> parse_wal_index_header(ByteView bytes) {
  if (bytes.size() < kWalIndexHeaderSize) return std::nullopt;
  const std::uint8_t* p = bytes.data();
  constexpr std::size_t kInitialised = 12;
  if (load<false>(p) != kVersion || p[kInitialised] == 0) return std::nullopt;
  if (wal_checksum(kNativeIsBig, {}, bytes.first(kChecksummedIndexHeaderBytes)) !=
      WalChecksum{load<false>(p + 40), load<false>(p + 44)}) {
    return std::nullopt;
  }
  // The salts are a copy of the log's bytes, whatever this machine's byte order.
  return WalIndexHeader{
      .max_frame = load<false>(p + 16), .salt1 = read_be32(p + 32), .salt2 = read_be32(p + 36)};
}

WalChecksum wal_checksum(bool big_endian, WalChecksum start, ByteView bytes) {
  return big_endian == kNativeIsBig ? sum<false>(start, bytes) : sum<true>(start, bytes);
}

WalChecksum wal_frame_checksum(bool big_endian, WalChecksum before, ByteView frame_header, ByteView page) {
  const WalChecksum middle =
      wal_checksum(big_endian, before, frame_header.first(kChecksummedFrameHeaderBytes));
  return wal_checksum(big_endian, middle, page);
}

}  // namespace sqbackup
