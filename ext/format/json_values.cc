#include "format/json_values.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "base/utf8.h"
#include "codec/base64.h"

namespace sqbackup {
namespace {

// Beyond these a double, which is what jq and JavaScript make of a number, cannot hold every integer.
constexpr std::int64_t kMaxPlainInteger = (std::int64_t{1} << 53) - 1;

constexpr std::uint64_t kEveryByte = 0x0101010101010101U;
constexpr std::uint64_t kHighBits = 0x8080808080808080U;

std::uint64_t eight_bytes(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

// Nonzero if a byte of `word`, none of whose high bits matter, is less than `limit` (at most 128).
constexpr std::uint64_t has_less(std::uint64_t word, std::uint64_t limit) {
  return (word - kEveryByte * limit) & ~word & kHighBits;
}

constexpr std::uint64_t has_byte(std::uint64_t word, std::uint64_t byte) {
  return has_less(word ^ (kEveryByte * byte), 1);
}

bool must_be_escaped(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

// How many bytes from `at` on stand for themselves.
std::size_t plain_run(std::string_view text, std::size_t at) {
  const std::size_t begin = at;
  for (; at + 8 <= text.size(); at += 8) {
    const std::uint64_t word = eight_bytes(text.data() + at);
    if ((has_less(word, 0x20) | has_byte(word, '"') | has_byte(word, '\\')) != 0) break;
  }
  while (at < text.size() && !must_be_escaped(text[at])) ++at;
  return at - begin;
}

void append_escape(std::string& out, char c) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  static constexpr std::string_view kShort = "\"\"\\\\\bb\ff\nn\rr\tt";
  out += '\\';
  for (std::size_t i = 0; i < kShort.size(); i += 2) {
    if (kShort[i] == c) {
      out += kShort[i + 1];
      return;
    }
  }
  const auto byte = static_cast<unsigned char>(c);
  out.append("u00");
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

}  // namespace

bool is_utf8(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (at + 8 <= text.size() && (eight_bytes(text.data() + at) & kHighBits) == 0) {
      at += 8;
    } else {
      const CodePoint point = first_code_point(as_bytes(text.substr(at)));
      if (point.bytes == 0) return false;
      at += point.bytes;
    }
  }
  return true;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t run = plain_run(text, at);
    out.append(text, at, run);
    at += run;
    if (at < text.size()) append_escape(out, text[at++]);
  }
  out += '"';
}

void append_integer(std::string& out, std::int64_t value) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  if (value >= -kMaxPlainInteger && value <= kMaxPlainInteger) {
    out.append(text);
  } else {
    out.append("{\"$int\":\"").append(text).append("\"}");
  }
}

void append_real(std::string& out, double value) {
  if (std::isinf(value)) {
    out.append(value > 0 ? "{\"$real\":\"Infinity\"}" : "{\"$real\":\"-Infinity\"}");
    return;
  }
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  out.append(text);
  if (text.find_first_of(".e") == std::string_view::npos) out.append(".0");
}

void append_text(std::string& out, std::string_view text) {
  if (is_utf8(text)) {
    append_json_string(out, text);
  } else {
    out.append("{\"$text\":\"").append(base64_encode(as_bytes(text))).append("\"}");
  }
}

}  // namespace sqbackup
