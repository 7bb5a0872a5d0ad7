// PowerLossEnv: a FileEnv over a real directory that knows what of it is durable, so that it can put the real
// files into a state that a power loss might have left.
//
//   TempDir root;
//   for (std::uint64_t n = 0; ; ++n) {
//     PowerLossEnv env(posix_file_env(), root.path());
//     env.crash_after(n);
//     ... the operation under test on `env`; fails once the process is "dead" ...
//     env.lose_power(seed);
//     ... env.restart_process(), or posix_file_env(): recover, check ...
//     if (!env.crashed()) break;
//   }
//
// What is durable: the content and size that a file had at its last sync(), the entries that a directory had
// at its last sync_directory(). Of later changes each may be lost: a file is cut anywhere behind what was
// synced, its torn tail may be zeros or garbage, bytes overwritten in place are old or new; and of the
// created, renamed and removed entries any subset may be undone (or, as a journal does it, the latest ones).
// What was there before the env, or was made past it, counts as durable. Knows nothing of SQLite's own files.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/file_env.h"
#include "support/volatile_disk.h"

namespace sqbackup_test {

// For one thread. File objects may outlive it, and belong to the dead process after lose_power().
class PowerLossEnv : public sqbackup::FileEnv {
 public:
  // `root`: the directory below which all happens. A directory `root`.aside holds what may come back.
  PowerLossEnv(sqbackup::FileEnv& real, const std::string& root);
  ~PowerLossEnv() override;

  // After `operations` more operations that change something, the process is dead: every further one of any
  // kind fails.
  void crash_after(std::uint64_t operations);
  bool crashed() const;              // whether an operation has met its death
  std::uint64_t operations() const;  // that changed something so far
  // A new process begins: all may be called again. What is not durable yet stays so, without a loss of power
  // before.
  void restart_process();
  void lose_power(std::uint32_t seed);  // everything fails from now on; the files are in a legal state

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

  class Process;

 private:
  sqbackup::FileEnv& real_;
  std::shared_ptr<Process> process_;
  VolatileDisk disk_;
};

}  // namespace sqbackup_test
