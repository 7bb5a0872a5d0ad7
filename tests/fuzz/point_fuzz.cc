// Points, times and names as users type them.
#include <cstdlib>

#include "format/backup_name.h"
#include "format/point.h"
#include "store/backup_directory.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr sqbackup::UnixMillis kNow = 1795170600000;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto point = sqbackup::parse_point(text, kNow);
  if (point.ok() && point->kind == sqbackup::Point::Kind::kName) {
    if (point->name != text || !sqbackup::is_plain_name(text)) std::abort();
  }
  if (!point.ok() && point.status().message().find('\n') != std::string::npos) std::abort();
  if (const auto time = sqbackup::time_of_backup_name(text); time.has_value()) {
    const std::size_t dot = text.find('.');
    const std::string_view extension = dot == std::string_view::npos ? std::string_view() : text.substr(dot);
    if (sqbackup::backup_name(*time, extension) != text) std::abort();
  }
  return 0;
}
