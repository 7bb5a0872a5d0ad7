// Which names files may have: is_plain_name() of backup_directory.h, is_description() of backup_files.h.
#include "base/utf8.h"
#include "store/backup_directory.h"
#include "store/backup_files.h"

namespace sqbackup {
namespace {

constexpr std::size_t kLongestName = 200;  // leaves room for ".", ".marks.json" and ".partial" in 255 bytes

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

bool is_description(std::string_view file) {
  if (!file.ends_with(kManifestSuffix)) return false;
  file.remove_suffix(kManifestSuffix.size());
  return file.empty() || file.find('.') != std::string_view::npos;
}

std::string manifest_file_of(std::string_view name) {
  std::string file(name);
  if (name.find('.') == std::string_view::npos) file += ".manifest";  // which nobody writes
  return file.append(kManifestSuffix);
}

bool is_plain_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestName || name.front() == '.') return false;
  if (name.find('/') != std::string_view::npos || name.starts_with(kCatalogFileName)) return false;
  for (std::string_view ending : {".marks", ".partial"}) {
    if (name.ends_with(ending)) return false;
  }
  return !is_description(name) && is_printable_utf8(as_bytes(name));
}

}  // namespace sqbackup
