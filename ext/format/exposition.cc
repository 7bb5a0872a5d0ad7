#include "format/exposition.h"

#include <array>
#include <charconv>

#include "base/utf8.h"

namespace sqbackup {
namespace {

void append_escaped(std::string& text, char c) {
  switch (c) {
    case '\\':
      text += "\\\\";
      return;
    case '"':
      text += "\\\"";
      return;
    case '\n':
      text += "\\n";
      return;
    default:
      text += c;
  }
}

// A reader refuses the whole page for one byte that is no UTF-8, and file names may be any bytes.
void append_label_value(std::string& text, std::string_view value) {
  while (!value.empty()) {
    const std::size_t bytes = first_code_point(as_bytes(value)).bytes;
    if (bytes == 0) {
      text.append("\\\\x").append(to_hex(as_bytes(value.substr(0, 1))));
    } else {
      for (const char c : value.substr(0, bytes)) append_escaped(text, c);
    }
    value.remove_prefix(bytes == 0 ? 1 : bytes);
  }
}

// Not by printf(), which writes the decimal comma of the host's locale.
void append_number(std::string& text, double value) {
  std::array<char, 400> digits;  // the largest double has 309
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), value, std::chars_format::fixed).ptr;
  text.append(digits.data(), end);
}

}  // namespace

void Exposition::begin_gauge(std::string_view name, std::string_view help) {
  name_ = name;
  head_ = "# HELP ";
  head_.append(name).append(" ").append(help);
  head_.append("\n# TYPE ").append(name).append(" gauge\n");
}

void Exposition::add(std::initializer_list<Label> labels, double value) {
  text_ += head_;
  head_.clear();
  text_ += name_;
  const char* separator = "{";
  for (const Label& label : labels) {
    text_.append(separator).append(label.name).append("=\"");
    append_label_value(text_, label.value);
    text_ += '"';
    separator = ",";
  }
  text_ += labels.size() == 0 ? " " : "} ";
  append_number(text_, value);
  text_ += '\n';
}

}  // namespace sqbackup
