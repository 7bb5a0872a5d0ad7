#include "format/json_lexer.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/utf8.h"
#include "format/json_shape.h"

namespace sqbackup {
namespace {

constexpr std::size_t kBufferSize = std::size_t{256} << 10;
constexpr std::size_t kMaxNumber = 1024;

// Bytes of a string that stand for themselves and are a character each.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < 0x80; ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(std::string& out, std::uint32_t point) {
  const auto add = [&out](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (point < 0x80) {
    add(point);
  } else if (point < 0x800) {
    add(0xc0 | point >> 6);
    add(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    add(0xe0 | point >> 12);
    add(0x80 | (point >> 6 & 0x3f));
    add(0x80 | (point & 0x3f));
  } else {
    add(0xf0 | point >> 18);
    add(0x80 | (point >> 12 & 0x3f));
    add(0x80 | (point >> 6 & 0x3f));
    add(0x80 | (point & 0x3f));
  }
}

}  // namespace

JsonLexer::JsonLexer(ByteSource& source) : source_(source), buffer_(kBufferSize) {}

Status JsonLexer::error(const std::string& what) const {
  return {Error::kStoredBytesDamaged, what + " at byte " + std::to_string(offset())};
}

// Why `what` is not what comes next.
Status JsonLexer::missing(const std::string& what) const {
  if (!read_error_.ok()) return read_error_;
  return error(at_ == filled_ ? "the text ends where " + what + " is expected" : "no " + what);
}

bool JsonLexer::refill(std::size_t bytes) {
  if (!read_error_.ok()) return false;
  std::memmove(buffer_.data(), buffer_.data() + at_, filled_ - at_);
  base_ += at_;
  filled_ -= at_;
  at_ = 0;
  while (filled_ < bytes) {
    auto* const free = reinterpret_cast<std::uint8_t*>(buffer_.data() + filled_);
    const auto read = source_.read_at(base_ + filled_, {free, buffer_.size() - filled_});
    if (!read.ok()) read_error_ = read.status();
    if (!read.ok() || *read == 0) return false;
    filled_ += *read;
  }
  return true;
}

Status JsonLexer::peek(char& next) {
  next = 0;
  while (available(1) && is_blank(buffer_[at_])) ++at_;
  if (!available(1)) return read_error_;
  next = buffer_[at_];
  return next == 0 ? error("a NUL") : Status();
}

Status JsonLexer::expect(char wanted) {
  char next = 0;
  SQB_TRY(peek(next));
  if (next != wanted) return missing(std::string("'") + wanted + "'");
  ++at_;
  return {};
}

Status JsonLexer::expect_end() {
  char next = 0;
  SQB_TRY(peek(next));
  return next == 0 ? Status() : error("text follows the end");
}

bool JsonLexer::skip_if(std::string_view text) {
  if (!available(text.size()) || std::memcmp(buffer_.data() + at_, text.data(), text.size()) != 0) {
    return false;
  }
  at_ += text.size();
  return true;
}

Status JsonLexer::literal(std::string_view word) {
  return skip_if(word) ? Status() : missing("'" + std::string(word) + "'");
}

Status JsonLexer::string(std::string& out, std::size_t limit) {
  SQB_TRY(expect('"'));
  const std::size_t begin = out.size();
  while (available(1)) {
    std::size_t end = at_;
    while (end < filled_ && kPlain[static_cast<unsigned char>(buffer_[end])]) ++end;
    if (out.size() - begin + (end - at_) > limit) return error("a string is too long");
    out.append(buffer_.data() + at_, end - at_);
    at_ = end;
    if (at_ == filled_) continue;
    const char c = buffer_[at_];
    if (c == '"') {
      ++at_;
      return {};
    }
    if (c == '\\') {
      SQB_TRY(escape(out));
      continue;
    }
    if (static_cast<unsigned char>(c) < 0x20) return error("a control character in a string");
    static_cast<void>(available(4));  // fewer are enough for most characters
    const CodePoint point =
        first_code_point({reinterpret_cast<const std::uint8_t*>(buffer_.data() + at_), filled_ - at_});
    if (point.bytes == 0) return read_error_.ok() ? error("bytes that are no UTF-8") : read_error_;
    out.append(buffer_.data() + at_, point.bytes);
    at_ += point.bytes;
  }
  return missing("the end of a string");
}

Status JsonLexer::escape(std::string& out) {
  static constexpr std::string_view kShort = "\"\"\\\\//b\bf\fn\nr\rt\t";
  if (!available(2)) return missing("an escaped character");
  const char c = buffer_[at_ + 1];
  for (std::size_t i = 0; i < kShort.size(); i += 2) {
    if (kShort[i] != c) continue;
    out += kShort[i + 1];
    at_ += 2;
    return {};
  }
  std::uint32_t unit = 0;
  SQB_TRY(utf16_escape(unit));
  if (unit >= 0xd800 && unit <= 0xdbff) {
    std::uint32_t low = 0;
    SQB_TRY(utf16_escape(low));
    if (low < 0xdc00 || low > 0xdfff) return error("half a surrogate pair before");
    unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
  } else if (unit >= 0xdc00 && unit <= 0xdfff) {
    return error("half a surrogate pair before");
  }
  append_utf8(out, unit);
  return {};
}

// \u and four digits.
Status JsonLexer::utf16_escape(std::uint32_t& unit) {
  if (!available(6) || buffer_[at_] != '\\' || buffer_[at_ + 1] != 'u') return missing("known escape");
  unit = 0;
  for (std::size_t i = 2; i < 6; ++i) {
    const char c = buffer_[at_ + i];
    const char lower = static_cast<char>(c | 0x20);
    if (!is_digit(c) && (lower < 'a' || lower > 'f')) return error("an escape without four digits");
    unit = unit << 4 | static_cast<std::uint32_t>(is_digit(c) ? c - '0' : lower - 'a' + 10);
  }
  at_ += 6;
  return {};
}

Status JsonLexer::digits(std::string& out) {
  const std::size_t begin = out.size();
  for (; available(1) && is_digit(buffer_[at_]); ++at_) {
    out += buffer_[at_];
    if (out.size() - begin > kMaxNumber) return error("a number is too long");
  }
  return out.size() > begin ? Status() : missing("digit");
}

Status JsonLexer::number(std::string& out, bool& is_real) {
  char next = 0;
  SQB_TRY(peek(next));
  is_real = false;
  const auto take = [&](std::string_view set) {
    if (!available(1) || set.find(buffer_[at_]) == std::string_view::npos) return false;
    out += buffer_[at_++];
    return true;
  };
  static_cast<void>(take("-"));
  if (!take("0")) SQB_TRY(digits(out));
  if (take(".")) {
    is_real = true;
    SQB_TRY(digits(out));
  }
  if (take("eE")) {
    is_real = true;
    static_cast<void>(take("+-"));
    SQB_TRY(digits(out));
  }
  return read_error_;
}

Status JsonLexer::skip_value() { return skip_value(0); }

Status JsonLexer::skip_value(int depth) {
  char next = 0;
  SQB_TRY(peek(next));
  std::string ignored;
  bool is_real = false;
  switch (next) {
    case '{':
    case '[':
      return depth < kMaxJsonDepth ? skip_members(depth + 1) : error("nested too deeply");
    case '"':
      return string(ignored, kBufferSize);
    case 't':
      return literal("true");
    case 'f':
      return literal("false");
    case 'n':
      return literal("null");
    default:
      return number(ignored, is_real);
  }
}

Status JsonLexer::skip_members(int depth) {
  const bool object = buffer_[at_++] == '{';
  const char close = object ? '}' : ']';
  char next = 0;
  SQB_TRY(peek(next));
  if (next == close) return expect(close);
  while (true) {
    if (object) {
      std::string key;
      SQB_TRY(string(key, kBufferSize));
      SQB_TRY(expect(':'));
    }
    SQB_TRY(skip_value(depth));
    SQB_TRY(peek(next));
    if (next != ',') return expect(close);
    SQB_TRY(expect(','));
  }
}

}  // namespace sqbackup
