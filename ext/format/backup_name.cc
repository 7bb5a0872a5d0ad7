#include "format/backup_name.h"

namespace sqbackup {
namespace {

constexpr std::string_view kPrefix = "backup-";
constexpr std::size_t kTimeSize = 23;  // "2026-11-20 10:30:00.000", as format_sql_time() writes it
constexpr std::size_t kStemSize = kPrefix.size() + kTimeSize + 1;

}  // namespace

std::string backup_name(UnixMillis created_at, std::string_view extension) {
  std::string time = format_sql_time(created_at);
  for (char& c : time) {
    if (c == ' ') c = 'T';
    if (c == ':' || c == '.') c = '-';
  }
  std::string name(kPrefix);
  name.append(time).append("Z").append(extension);
  return name;
}

std::optional<UnixMillis> time_of_backup_name(std::string_view name) {
  if (name.size() < kStemSize || !name.starts_with(kPrefix)) return std::nullopt;
  const std::string_view extension = name.substr(kStemSize);
  if (!extension.empty() && extension.front() != '.') return std::nullopt;

  std::string time(name.substr(kPrefix.size(), kTimeSize));
  time[13] = time[16] = ':';
  time[19] = '.';
  const std::optional<UnixMillis> result = parse_time(time);
  // The exact form is what backup_name() makes of the time that was read.
  if (!result.has_value() || backup_name(*result, extension) != name) return std::nullopt;
  return result;
}

}  // namespace sqbackup
