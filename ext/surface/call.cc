#include "surface/call.h"

namespace sqbackup {
namespace {

const char* type_name(sqlite3_value* value) {
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
    case SQLITE_FLOAT:
      return "a number";
    case SQLITE_TEXT:
      return "a text";
    case SQLITE_BLOB:
      return "a blob";
    default:
      return "NULL";
  }
}

}  // namespace

std::string text_of(sqlite3_value* value) {
  const auto* text = sqlite3_value_text(value);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

Result<std::string> Call::text(std::size_t index, const char* what) const {
  sqlite3_value* argument = value(index);
  if (sqlite3_value_type(argument) == SQLITE_TEXT) return text_of(argument);
  return Status(Error::kBadArgument, std::string(what) + " must be a text, not " + type_name(argument));
}

Result<Options> Call::options(std::size_t index, std::span<const OptionSpec> legal) const {
  if (index >= count() || sqlite3_value_type(value(index)) == SQLITE_NULL) return Options();
  if (sqlite3_value_type(value(index)) != SQLITE_TEXT) {
    return Status(Error::kBadOption,
                  std::string("options must be the text of one JSON object, not ") + type_name(value(index)));
  }
  return Options::parse(text_of(value(index)), legal);
}

void Call::return_text(std::string_view text) {
  sqlite3_result_text64(context_, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void Call::return_integer(std::int64_t value) { sqlite3_result_int64(context_, value); }

}  // namespace sqbackup
