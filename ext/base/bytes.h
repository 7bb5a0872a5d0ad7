// Bytes: views of raw memory, and the big-endian integers of SQLite's file formats.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace sqbackup {

using ByteView = std::span<const std::uint8_t>;
using ByteSpan = std::span<std::uint8_t>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::uint32_t read_be16(const std::uint8_t* p) { return (std::uint32_t{p[0]} << 8) | p[1]; }

inline std::uint32_t read_be32(const std::uint8_t* p) {
  return (std::uint32_t{p[0]} << 24) | (std::uint32_t{p[1]} << 16) | (std::uint32_t{p[2]} << 8) | p[3];
}

inline std::uint32_t read_le32(const std::uint8_t* p) {
  return (std::uint32_t{p[3]} << 24) | (std::uint32_t{p[2]} << 16) | (std::uint32_t{p[1]} << 8) | p[0];
}

std::string to_hex(ByteView bytes);  // lower case

}  // namespace sqbackup
