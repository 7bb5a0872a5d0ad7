// FaultEnv: a FileEnv that counts the operations on another one and fails one of them on demand.
//
//   FaultEnv env(posix_file_env());
//   for (std::uint64_t n = 1; ; ++n) {
//     env.inject({.nth = n, .error_number = ENOSPC});
//     ... the operation under test: fails cleanly ...
//     if (!env.fired()) break;  // n is past its last operation
//   }
#pragma once

#include <cerrno>
#include <memory>
#include <optional>

#include "base/file_env.h"

namespace sqbackup_test {

enum class FileOp {
  kOpen,
  kCreate,
  kRead,
  kAppend,
  kWriteAt,
  kTruncate,
  kSync,
  kRename,
  kRenameNew,
  kRemove,
  kMakeDirectory,
  kSyncDirectory,
  kList,
  kInfo,  // of a path, of an open file, and is_open_here
  kFreeSpace,
  kAccess,
  kCanonical,
  kLock,
  kClone,
};
inline constexpr std::size_t kFileOps = 19;

const char* name_of(FileOp op);

struct Fault {
  std::optional<FileOp> kind = {};  // which operations count for `nth`; nullopt: all
  std::uint64_t nth = 1;            // counted from inject()
  int error_number = EIO;
  bool sticky = false;       // this one and all that count after it; else this one alone
  bool short_write = false;  // if it is an append, half of the bytes are written first
};

// May be used by several threads. File objects may outlive it.
class FaultEnv : public sqbackup::FileEnv {
 public:
  explicit FaultEnv(sqbackup::FileEnv& real);
  ~FaultEnv() override;

  void inject(const Fault& fault);  // replaces the one before; counts and fired() begin anew
  void clear();                     // no fault any more; counts and fired() stay
  bool fired() const;
  std::uint64_t count() const;  // operations since construction or inject()
  std::uint64_t count(FileOp op) const;

  // clone_from() copies, and says that it has cloned.
  void fake_clones(bool on);

  sqbackup::Result<std::unique_ptr<sqbackup::ReadableFile>> open(const std::string& path,
                                                                 bool follow) override;
  sqbackup::Result<std::unique_ptr<sqbackup::WritableFile>> create(const std::string& path) override;
  sqbackup::Status rename(const std::string& from, const std::string& to) override;
  sqbackup::Status rename_new(const std::string& from, const std::string& to) override;
  sqbackup::Status remove(const std::string& path) override;
  sqbackup::Status remove_directory(const std::string& path) override;
  sqbackup::Status make_directory(const std::string& path) override;
  sqbackup::Status sync_directory(const std::string& path) override;
  sqbackup::Result<std::vector<sqbackup::DirectoryEntry>> list(const std::string& path) override;
  sqbackup::Result<sqbackup::FileInfo> info(const std::string& path, bool follow) override;
  sqbackup::Result<std::uint64_t> free_space(const std::string& path) override;
  sqbackup::Status copy_access(const std::string& from, const std::string& to) override;
  sqbackup::Result<std::string> canonical(const std::string& path) override;
  bool descriptor_is(int descriptor, const sqbackup::FileId& id) override;
  sqbackup::Result<bool> is_open_here(const sqbackup::FileId& id) override;
  sqbackup::Result<std::unique_ptr<sqbackup::FileLock>> lock(const std::string& path, std::uint64_t byte,
                                                             sqbackup::LockMode mode) override;

  class State;

 private:
  sqbackup::FileEnv& real_;
  std::shared_ptr<State> state_;
};

}  // namespace sqbackup_test
