// ScratchCopy: a file in the backup directory that is gone when the operation ends. Its name is locked while
// it is in use, so that what a dead process left is recognised and cleared (store/backup_directory.h).
#pragma once

#include <memory>
#include <string>

#include "base/file_env.h"
#include "base/status.h"
#include "store/backup_directory.h"

namespace sqbackup {

class ScratchCopy {
 public:
  // An empty file.
  static Result<std::unique_ptr<ScratchCopy>> make(BackupDirectory& directory);
  ~ScratchCopy();
  ScratchCopy(const ScratchCopy&) = delete;
  ScratchCopy& operator=(const ScratchCopy&) = delete;

  const std::string& path() const { return path_; }
  WritableFile& file() { return *file_; }

 private:
  ScratchCopy(FileEnv& files, std::string path, std::unique_ptr<FileLock> lock)
      : files_(files), path_(std::move(path)), lock_(std::move(lock)) {}
  FileEnv& files_;
  std::string path_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<WritableFile> file_;
};

}  // namespace sqbackup
