#include "service/leadership.h"

#include "store/lock_bytes.h"

namespace sqbackup {
namespace {

std::optional<FileId> lock_file(FileEnv& files, const std::string& directory) {
  const auto info = files.info(join_path(directory, kLockFileName), /*follow_symlink=*/false);
  return info.ok() ? std::optional(info->id) : std::nullopt;
}

}  // namespace

bool Leadership::stands() const { return held() && lock_file(*database_.env().files, directory_) == file_; }

Result<bool> Leadership::take() {
  FileEnv& files = *database_.env().files;
  SQB_ASSIGN(auto place, database_.directory());
  if (directory_ == place.path() && stands()) return true;
  std::unique_ptr<FileLock> lock;
  // Who follows asks every few seconds: where somebody holds the lock that is all it costs.
  if (!held() && lock_file(files, place.path())) {
    auto free = place.lock_leader();
    if (free.status().is(Error::kInUse)) return false;
    if (free.ok()) lock = std::move(*free);
  }
  SQB_TRY(place.ensure());
  // Whose directory it is, is asked before it is led: in another database's there is nothing to lead.
  SQB_TRY(database_.open_catalog(place, Catalog::Access::kWrite).status());
  if (!lock) {
    lock_.reset();
    auto taken = place.lock_leader();
    if (taken.status().is(Error::kInUse)) return false;
    if (!taken.ok()) return taken.status();
    lock = std::move(*taken);
  }
  lock_ = std::move(lock);
  directory_ = place.path();
  file_ = lock_file(files, directory_);
  return true;
}

}  // namespace sqbackup
