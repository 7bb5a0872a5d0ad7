#include "codec/base64.h"

#include <array>
#include <cstdint>

namespace sqbackup {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// What each character stands for; kNothing: none of the alphabet.
constexpr std::uint8_t kNothing = 64;
constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNothing);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

std::uint32_t value_of(char c) { return kValues[static_cast<unsigned char>(c)]; }

}  // namespace

std::string base64_encode_unpadded(ByteView bytes) {
  std::string text((bytes.size() / 3 + 1) * 4, '\0');
  char* out = text.data();
  std::size_t at = 0;
  for (; at + 3 <= bytes.size(); at += 3) {
    const std::uint32_t bits =
        std::uint32_t{bytes[at]} << 16 | std::uint32_t{bytes[at + 1]} << 8 | bytes[at + 2];
    for (int shift = 18; shift >= 0; shift -= 6) *out++ = kAlphabet[bits >> shift & 63];
  }
  const std::size_t rest = bytes.size() - at;
  if (rest > 0) {
    const std::uint32_t bits =
        std::uint32_t{bytes[at]} << 16 | (rest == 2 ? std::uint32_t{bytes[at + 1]} << 8 : 0);
    for (std::size_t i = 0; i <= rest; ++i) *out++ = kAlphabet[bits >> (18 - 6 * i) & 63];
  }
  text.resize(static_cast<std::size_t>(out - text.data()));
  return text;
}

std::string base64_encode(ByteView bytes) {
  std::string text = base64_encode_unpadded(bytes);
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  return base64_decode_unpadded(text);
}

std::optional<std::string> base64_decode_unpadded(std::string_view text) {
  std::string bytes((text.size() / 4 + 1) * 3, '\0');
  char* out = bytes.data();
  std::size_t at = 0;
  for (; at + 4 <= text.size(); at += 4) {
    const std::uint32_t a = value_of(text[at]), b = value_of(text[at + 1]), c = value_of(text[at + 2]),
                        d = value_of(text[at + 3]);
    if (((a | b | c | d) & kNothing) != 0) return std::nullopt;
    const std::uint32_t bits = a << 18 | b << 12 | c << 6 | d;
    for (int shift = 16; shift >= 0; shift -= 8) *out++ = static_cast<char>(bits >> shift & 0xff);
  }
  // Two or three characters hold one or two bytes, and zeros behind them; one alone would hold no byte.
  const std::size_t rest = text.size() - at;
  if (rest == 1) return std::nullopt;
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < rest; ++i) {
    const std::uint32_t value = value_of(text[at + i]);
    if (value == kNothing) return std::nullopt;
    bits |= value << (18 - 6 * i);
  }
  for (std::size_t i = 0; i + 1 < rest; ++i) *out++ = static_cast<char>(bits >> (16 - 8 * i) & 0xff);
  if (rest > 0 && (bits & (rest == 2 ? 0xffffU : 0xffU)) != 0) return std::nullopt;
  bytes.resize(static_cast<std::size_t>(out - bytes.data()));
  return bytes;
}

}  // namespace sqbackup
