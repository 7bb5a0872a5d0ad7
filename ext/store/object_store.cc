#include "store/object_store.h"

#include <algorithm>

#include "base/utf8.h"

namespace sqbackup {
namespace {

constexpr std::size_t kLongestKey = 512;
constexpr std::size_t kLongestName = 230;  // leaves room for what DirectoryStore adds, in 255 bytes

Status bad(std::string_view what) {
  return {Error::kBadArgument, "the key of an object " + std::string(what) + "; give another one"};
}

Status check_name(std::string_view name) {
  if (name.empty()) return bad("holds an empty name: it begins or ends with '/', or holds \"//\"");
  if (name == "." || name == "..") return bad("holds the name \".\" or \"..\"");
  if (name.size() > kLongestName) return bad("holds a name of more than 230 bytes");
  if (name.front() == '.' && name.ends_with(".partial")) return bad("holds the name of an unfinished file");
  return {};
}

}  // namespace

Status check_object_key(std::string_view key) {
  if (key.empty() || key.size() > kLongestKey) return bad("has not 1 to 512 bytes");
  for (ByteView rest = as_bytes(key); !rest.empty();) {
    const CodePoint point = first_code_point(rest);
    if (point.bytes == 0) return bad("is not UTF-8");
    if (point.value < 0x20 || (point.value >= 0x7f && point.value < 0xa0)) {
      return bad("holds a control character");
    }
    rest = rest.subspan(point.bytes);
  }
  for (std::size_t begin = 0; begin <= key.size();) {
    const std::size_t end = std::min(key.find('/', begin), key.size());
    SQB_TRY(check_name(key.substr(begin, end - begin)));
    begin = end + 1;
  }
  return {};
}

}  // namespace sqbackup
