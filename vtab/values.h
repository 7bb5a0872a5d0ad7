// Values of ours as SQL values. An empty optional is NULL: no result is set.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "pages/sqlite.h"
#include "surface/call.h"

namespace sqbackup {

inline void put(sqlite3_context* context, std::string_view text) {
  sqlite3_result_text64(context, text.data() != nullptr ? text.data() : "", text.size(), SQLITE_TRANSIENT,
                        SQLITE_UTF8);
}
inline void put(sqlite3_context* context, std::int64_t value) { sqlite3_result_int64(context, value); }
inline void put(sqlite3_context* context, double value) { sqlite3_result_double(context, value); }
inline void put(sqlite3_context* context, bool value) { sqlite3_result_int(context, value ? 1 : 0); }

template <typename T>
void put(sqlite3_context* context, const std::optional<T>& value) {
  if (value) put(context, *value);
}

// For texts whose absence is the empty one.
inline void put_unless_empty(sqlite3_context* context, std::string_view text) {
  if (!text.empty()) put(context, text);
}

inline void put_time(sqlite3_context* context, const std::optional<UnixMillis>& time) {
  if (time) put(context, std::string_view(format_sql_time(*time)));
}

// A value of any type; monostate is NULL.
using Value = std::variant<std::monostate, std::int64_t, double, std::string>;

inline void put(sqlite3_context* context, const Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return put(context, *number);
  if (const auto* real = std::get_if<double>(&value)) return put(context, *real);
  if (const auto* text = std::get_if<std::string>(&value)) return put(context, std::string_view(*text));
}

inline bool equals(const Value& value, sqlite3_value* other) {
  switch (sqlite3_value_type(other)) {
    case SQLITE_NULL:
      return std::holds_alternative<std::monostate>(value);
    case SQLITE_INTEGER:
      return value == Value(std::int64_t{sqlite3_value_int64(other)});
    case SQLITE_FLOAT:
      return value == Value(sqlite3_value_double(other));
    case SQLITE_TEXT:
      return value == Value(text_of(other));
    default:
      return false;
  }
}

}  // namespace sqbackup
