// JsonLexer: JSON text (RFC 8259) of any length, read piece by piece, in memory that is bounded by its
// longest string.
//
// Errors are kStoredBytesDamaged and name the byte, counted from 0, unless reading itself failed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_stream.h"
#include "base/status.h"

namespace sqbackup {

class JsonLexer {
 public:
  explicit JsonLexer(ByteSource& source);

  // The next byte that is no blank, which stays; 0 at the end of the text.
  Status peek(char& next);
  Status expect(char wanted);  // takes that byte, after blanks
  Status expect_end();         // nothing but blanks may follow
  // Takes `text` if it is exactly what comes next, without blanks before it.
  bool skip_if(std::string_view text);

  // Appends the bytes that a string stands for. Those of one string are at most `limit`.
  Status string(std::string& out, std::size_t limit);
  // Appends the text of a number; `is_real`: it has a fraction or an exponent.
  Status number(std::string& out, bool& is_real);
  Status literal(std::string_view word);  // true, false, null
  Status skip_value();                    // whatever it is, at most kMaxJsonDepth deep

  std::uint64_t offset() const { return base_ + at_; }
  Status error(const std::string& what) const;  // at the byte that comes next

 private:
  // False: the text ends before, or reading failed.
  bool available(std::size_t bytes) { return filled_ - at_ >= bytes || refill(bytes); }
  bool refill(std::size_t bytes);
  Status missing(const std::string& what) const;
  Status escape(std::string& out);
  Status utf16_escape(std::uint32_t& unit);
  Status digits(std::string& out);
  Status skip_value(int depth);
  Status skip_members(int depth);

  ByteSource& source_;
  std::vector<char> buffer_;
  std::size_t at_ = 0;      // in `buffer_`: what comes next
  std::size_t filled_ = 0;  // in `buffer_`
  std::uint64_t base_ = 0;  // where the buffer begins in the text
  Status read_error_;
};

}  // namespace sqbackup
