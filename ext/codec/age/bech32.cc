#include "codec/age/bech32.h"

#include <algorithm>
#include <array>

namespace sqbackup {
namespace {

constexpr std::string_view kAlphabet = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr std::size_t kChecksumSize = 6;  // characters

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

// The checksum's polynomial, fed five bits at a time.
class Checksum {
 public:
  // The prefix counts in lower case, whatever it is in the text.
  explicit Checksum(std::string_view prefix) {
    for (const char c : prefix) add(static_cast<std::uint8_t>(lower(c)) >> 5);
    add(0);
    for (const char c : prefix) add(static_cast<std::uint8_t>(lower(c)) & 31);
  }

  void add(std::uint32_t five_bits) {
    constexpr std::array<std::uint32_t, 5> kGenerator = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                                         0x2a1462b3};
    const std::uint32_t top = value_ >> 25;
    value_ = (value_ & 0x1ffffff) << 5 ^ five_bits;
    for (std::size_t i = 0; i < kGenerator.size(); ++i) {
      if (top >> i & 1) value_ ^= kGenerator[i];
    }
  }

  std::uint32_t value() const { return value_; }

 private:
  std::uint32_t value_ = 1;
};

Status refused(const char* what) { return {Error::kBadKey, what}; }

// The characters' values as bytes; what is left over must be less than a character, and zeros.
Result<Secret> bytes_of(ByteView values) {
  Secret data(values.size() * 5 / 8);
  std::uint32_t bits = 0;
  unsigned count = 0;  // how many of `bits` are not in `data` yet
  std::size_t at = 0;
  for (const std::uint8_t value : values) {
    bits = (bits << 5 | value) & 0xfff;
    count += 5;
    if (count < 8) continue;
    count -= 8;
    data.span()[at++] = static_cast<std::uint8_t>(bits >> count);
  }
  if (count >= 5 || (bits & ((1U << count) - 1)) != 0) return refused("has a length that no key has");
  return data;
}

}  // namespace

Result<Bech32> bech32_decode(std::string_view text) {
  if (std::any_of(text.begin(), text.end(), is_lower) && std::any_of(text.begin(), text.end(), is_upper)) {
    return refused("has capital and small letters, where one kind is allowed");
  }
  const std::size_t one = text.rfind('1');
  if (one == std::string_view::npos || one == 0 || text.size() - one - 1 < kChecksumSize) {
    return refused("is too short to be a key");
  }
  const std::string_view prefix = text.substr(0, one);
  const auto printable = [](char c) { return c > ' ' && c < '\x7f'; };
  if (!std::all_of(prefix.begin(), prefix.end(), printable))
    return refused("has a character that no key has");

  Checksum checksum(prefix);
  Secret values(text.size() - one - 1);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const std::size_t value = kAlphabet.find(lower(text[one + 1 + i]));
    if (value == std::string_view::npos) return refused("has a character that no key has");
    values.span()[i] = static_cast<std::uint8_t>(value);
    checksum.add(values.bytes()[i]);
  }
  if (checksum.value() != 1) return refused("has a wrong checksum: it is mistyped or cut");
  SQB_ASSIGN(Secret data, bytes_of(values.bytes().first(values.size() - kChecksumSize)));
  return Bech32{std::string(prefix), std::move(data)};
}

std::string bech32_encode(std::string_view prefix, ByteView data) {
  Checksum checksum(prefix);
  std::string text = std::string(prefix) + '1';
  const auto put = [&](std::uint32_t value) {
    checksum.add(value);
    text += kAlphabet[value];
  };
  std::uint32_t bits = 0;
  unsigned count = 0;  // how many of `bits` are not in `text` yet
  for (const std::uint8_t byte : data) {
    bits = (bits << 8 | byte) & 0xfff;
    count += 8;
    while (count >= 5) {
      count -= 5;
      put(bits >> count & 31);
    }
  }
  if (count > 0) put(bits << (5 - count) & 31);
  for (std::size_t i = 0; i < kChecksumSize; ++i) checksum.add(0);
  const std::uint32_t end = checksum.value() ^ 1;
  for (std::size_t i = 0; i < kChecksumSize; ++i) text += kAlphabet[end >> 5 * (5 - i) & 31];
  return text;
}

}  // namespace sqbackup
