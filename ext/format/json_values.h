// SQLite's values as JSON text, without loss (docs/format/json.md, "Values").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace sqbackup {

// One value of SQLite. `bytes` of texts and BLOBs belongs to whoever made the value.
struct SnapshotValue {
  enum class Type { kNull, kInteger, kReal, kText, kBlob };

  Type type = Type::kNull;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view bytes;
};

bool is_utf8(std::string_view text);  // as RFC 3629 has it: no overlong forms, no surrogates

// `text`, of any bytes, in quotes. What is no UTF-8 stays what it is: see append_text() for such.
void append_json_string(std::string& out, std::string_view text);

void append_integer(std::string& out, std::int64_t value);  // 5, {"$int":"9223372036854775807"}
void append_real(std::string& out, double value);           // 5.0, 1e+300, {"$real":"-Infinity"}; not NaN
void append_text(std::string& out, std::string_view text);  // "...", {"$text":"<base64>"}

}  // namespace sqbackup
