// Which names a backup may have: is_plain_name() of backup_directory.h.
#include "base/bytes.h"
#include "store/backup_directory.h"

namespace sqbackup {
namespace {

constexpr std::size_t kLongestName = 200;  // leaves room for ".", ".marks.json" and ".partial" in 255 bytes

struct CodePoint {
  std::uint32_t value;
  std::size_t bytes;  // 0: not UTF-8
};

constexpr CodePoint kNotUtf8 = {0, 0};

CodePoint first_code_point(ByteView text) {
  const std::uint8_t lead = text[0];
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return kNotUtf8;
  std::uint32_t value = lead & (0xffU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((text[i] & 0xc0) != 0x80) return kNotUtf8;
    value = (value << 6) | (text[i] & 0x3fU);
  }
  const bool overlong = value < (bytes == 4 ? 0x10000U : bytes == 3 ? 0x800U : 0x80U);
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (overlong || surrogate || value > 0x10ffff) return kNotUtf8;
  return {value, bytes};
}

bool is_control(std::uint32_t value) { return value < 0x20 || (value >= 0x7f && value < 0xa0); }

bool is_printable_utf8(ByteView text) {
  while (!text.empty()) {
    const CodePoint first = first_code_point(text);
    if (first.bytes == 0 || is_control(first.value)) return false;
    text = text.subspan(first.bytes);
  }
  return true;
}

}  // namespace

bool is_plain_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestName || name.front() == '.') return false;
  if (name.find('/') != std::string_view::npos || name.starts_with(kCatalogFileName)) return false;
  for (std::string_view ending : {".json", ".marks", ".partial"}) {
    if (name.ends_with(ending)) return false;
  }
  return is_printable_utf8(as_bytes(name));
}

}  // namespace sqbackup
