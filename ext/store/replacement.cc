// Other bytes for a backup that stands: PendingReplacement of backup_directory.h, which has the protocol.
#include <new>

#include "store/backup_directory.h"
#include "store/backup_files.h"

namespace sqbackup {

PendingReplacement::PendingReplacement(FileEnv& files, std::string directory, std::string name)
    : files_(files), directory_(std::move(directory)), name_(std::move(name)) {}

PendingReplacement::~PendingReplacement() {
  if (!file_ || committed_) return;
  try {
    static_cast<void>(BackupFiles(files_, directory_, name_).remove_stale_partials());
  } catch (const std::bad_alloc&) {
  }
  // What could not be cleared is a leftover that clear_leftovers() recognises.
}

Status PendingReplacement::commit(std::string_view manifest_text,
                                  const std::optional<std::string>& marks_text) {
  SQB_TRY(file_->sync());
  SQB_TRY(BackupFiles(files_, directory_, name_).replace(manifest_text, marks_text));
  committed_ = true;
  return {};
}

}  // namespace sqbackup
