#include "engine/scratch_copy.h"

#include <new>

#include "base/random.h"

namespace sqbackup {

Result<std::unique_ptr<ScratchCopy>> ScratchCopy::make(BackupDirectory& directory) {
  SQB_ASSIGN(const std::string uuid, random_uuid());
  const std::string name = "scratch-" + uuid;
  SQB_ASSIGN(auto lock, directory.lock_name(name, LockMode::kExclusive));
  std::unique_ptr<ScratchCopy> copy(new ScratchCopy(
      directory.files(), join_path(directory.path(), "." + name + ".partial"), std::move(lock)));
  SQB_ASSIGN(copy->file_, directory.files().create(copy->path_));
  return copy;
}

ScratchCopy::~ScratchCopy() {
  file_.reset();
  try {
    static_cast<void>(files_.remove(path_));
  } catch (const std::bad_alloc&) {  // no memory to say why it could not be removed
  }
}

}  // namespace sqbackup
