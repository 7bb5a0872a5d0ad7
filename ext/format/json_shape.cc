#include "format/json_shape.h"

#include <array>

namespace sqbackup {
namespace {

// The index of the quote that closes the string opened at `open`, or the text's size.
std::size_t end_of_string(std::string_view text, std::size_t open) {
  for (std::size_t i = open + 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i;
    }
  }
  return text.size();
}

}  // namespace

bool within_json_bounds(std::string_view text, int outer_depth) {
  std::array<int, kMaxJsonDepth + 1> members = {};
  const std::size_t bottom = static_cast<std::size_t>(outer_depth);
  std::size_t depth = bottom;
  for (std::size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
      case '"':
        i = end_of_string(text, i);
        break;
      case '{':
      case '[':
        if (++depth > kMaxJsonDepth) return false;
        members[depth] = 0;
        break;
      case '}':
      case ']':
        if (depth > bottom) --depth;
        break;
      case ':':
        if (++members[depth] > kMaxJsonMembers) return false;
        break;
      default:
        break;
    }
  }
  return true;
}

}  // namespace sqbackup
