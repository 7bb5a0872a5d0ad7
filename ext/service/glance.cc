#include "service/glance.h"

namespace sqbackup {
namespace {

// Two writes within one step of the file system's time look like one: a few milliseconds on most, a second on
// old ones, two on FAT.
constexpr std::int64_t kRacyNanos = 3'000'000'000;
constexpr std::int64_t kNanosPerMilli = 1'000'000;

}  // namespace

bool same_file(const FileInfo& one, const FileInfo& other) {
  return one.id == other.id && one.size == other.size && one.modified_ns == other.modified_ns;
}

std::optional<Glance> glance_at(const Env& env, const std::string& database_path) {
  const std::int64_t racy = env.clock->now() * kNanosPerMilli - kRacyNanos;
  const auto file = env.files->info(database_path, /*follow_symlink=*/true);
  if (!file.ok() || file->modified_ns > racy) return std::nullopt;
  Glance glance{*file, std::nullopt};
  const auto log = env.files->info(database_path + "-wal", /*follow_symlink=*/true);
  if (log.ok()) {
    if (log->modified_ns > racy) return std::nullopt;
    glance.log = *log;
  } else if (!log.status().is(Error::kNoSuchFile)) {
    return std::nullopt;
  }
  return glance;
}

bool unchanged(const std::optional<Glance>& before, const std::optional<Glance>& now) {
  if (!before || !now || !same_file(before->file, now->file)) return false;
  if (before->log.has_value() != now->log.has_value()) return false;
  return !before->log || same_file(*before->log, *now->log);
}

}  // namespace sqbackup
