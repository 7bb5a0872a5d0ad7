// ScratchCopy: a file in the backup directory that is gone when the operation ends. Its name is locked while
// it is in use, so that what a dead process left is recognised and cleared (store/backup_directory.h).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/byte_stream.h"
#include "base/file_env.h"
#include "base/status.h"
#include "engine/stored_writer.h"
#include "store/backup_directory.h"

namespace sqbackup {

class ScratchCopy {
 public:
  // An empty file. `sealed`: what goes into it through begin() is encrypted, with a key that is nowhere else.
  static Result<std::unique_ptr<ScratchCopy>> make(BackupDirectory& directory, bool sealed = false);
  ~ScratchCopy();
  ScratchCopy(const ScratchCopy&) = delete;
  ScratchCopy& operator=(const ScratchCopy&) = delete;

  const std::string& path() const { return path_; }
  WritableFile& file() { return *file_; }

  // Where the content goes, from its beginning; then that it is complete; then the content again.
  Result<ByteSink*> begin();
  Status finish();
  Result<std::unique_ptr<ByteSource>> content();

 private:
  ScratchCopy(FileEnv& files, std::string path, std::unique_ptr<FileLock> lock)
      : files_(files), path_(std::move(path)), lock_(std::move(lock)) {}
  FileEnv& files_;
  std::string path_;
  std::unique_ptr<FileLock> lock_;
  std::unique_ptr<WritableFile> file_;
  std::optional<StoredWriter> writer_;
  StoredForm form_;
  std::optional<AgeFileKey> key_;
};

}  // namespace sqbackup
