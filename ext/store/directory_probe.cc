// Trying out a backup directory: probe_locks() and probe_files() of backup_directory.h.
#include <algorithm>
#include <array>

#include "base/random.h"
#include "store/backup_directory.h"
#include "store/backup_files.h"
#include "store/lock_bytes.h"

namespace sqbackup {
namespace {

constexpr std::size_t kProbeSize = 4096;

// No two are alike, so that two processes may probe at a time.
Result<std::string> probe_name() {
  SQB_ASSIGN(const std::string uuid, random_uuid());
  return "backup-probe-" + uuid + ".sqlite";
}

Status check_content(FileEnv& files, const std::string& path, ByteView written) {
  SQB_ASSIGN(const auto file, files.open(path, /*follow_symlink=*/false));
  std::array<std::uint8_t, kProbeSize + 1> found{};
  SQB_ASSIGN(const std::size_t size, file->read_at(0, found));
  if (std::equal(written.begin(), written.end(), found.begin(), found.begin() + static_cast<long>(size)))
    return {};
  return {Error::kIoError, "what was written to '" + path +
                               "' does not read back the same; check the disk, or choose another directory"};
}

}  // namespace

Status BackupDirectory::probe_locks() {
  SQB_ASSIGN(const std::string name, probe_name());
  SQB_ASSIGN(const auto first, lock_name(name, LockMode::kExclusive));
  const auto second = lock_name(name, LockMode::kExclusive);
  if (second.status().is(Error::kInUse)) return {};
  if (!second.ok()) return second.status();
  return {Error::kIoError, "locks of '" + join_path(path_, kLockFileName) +
                               "' do not keep others out; choose a directory on a file system with locks"};
}

// The file never has a name that a list would show: it goes from one partial name of a backup that does not
// exist to another. So whatever is left of a probe that was killed is cleared as any leftover.
Status BackupDirectory::probe_files() {
  std::array<std::uint8_t, kProbeSize> content{};
  SQB_TRY(fill_random(content));
  SQB_ASSIGN(const std::string name, probe_name());
  SQB_ASSIGN(const auto pending, begin(name));  // removes it, whatever fails
  const BackupFiles probe(files_, path_, name);
  SQB_TRY(pending->file().append(content));
  SQB_TRY(pending->file().sync());
  SQB_TRY(files_.sync_directory(path_));
  SQB_TRY(files_.rename_new(probe.data_partial, probe.manifest_partial));
  SQB_TRY(files_.sync_directory(path_));
  SQB_TRY(check_content(files_, probe.manifest_partial, content));
  SQB_TRY(files_.remove(probe.manifest_partial));
  return files_.sync_directory(path_);
}

}  // namespace sqbackup
