// FaultVfs: SQLite's own file operations, counted, and one of them failing on demand: what FaultEnv is for
// ours.
//
//   FaultVfs vfs;                          // before the connections that it is meant for are opened
//   vfs.inject({.nth = n, .full = true});
//   ... the operation under test ...
//   if (!vfs.fired()) break;
//
// While it lives it is the process's default VFS, by a name that begins with "unix", over the real "unix".
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

namespace sqbackup_test {

enum class VfsOp { kOpen, kRead, kWrite, kSync, kTruncate, kDelete, kLock, kSize, kAccess };
inline constexpr std::size_t kVfsOps = 9;

const char* name_of(VfsOp op);

struct VfsFault {
  std::optional<VfsOp> kind = {};  // which operations count for `nth`; nullopt: all
  std::uint64_t nth = 1;           // counted from inject()
  bool sticky = false;             // this one and all that count after it; else this one alone
  bool full = false;       // a write, of which half was done, fails with SQLITE_FULL; else SQLITE_IOERR_...
  bool read_only = false;  // an open succeeds, but for reading only
};

class FaultVfs {
 public:
  FaultVfs();
  ~FaultVfs();  // all connections opened through it are closed by then
  FaultVfs(const FaultVfs&) = delete;
  FaultVfs& operator=(const FaultVfs&) = delete;

  void inject(const VfsFault& fault);  // replaces the one before; counts and fired() begin anew
  void clear();                        // no fault any more; counts and fired() stay
  bool fired() const;
  std::uint64_t count() const;
  std::uint64_t count(VfsOp op) const;

  class State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace sqbackup_test
