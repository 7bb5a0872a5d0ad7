#include "support/fault_vfs.h"

#include <sqlite3.h>

#include <array>
#include <cstddef>
#include <mutex>
#include <stdexcept>

namespace sqbackup_test {
namespace {

constexpr const char* kName = "unix-fault";
constexpr std::array<const char*, kVfsOps> kNames = {"open",   "read", "write", "sync",  "truncate",
                                                     "delete", "lock", "size",  "access"};
constexpr std::array<int, kVfsOps> kCodes = {SQLITE_CANTOPEN,    SQLITE_IOERR_READ,     SQLITE_IOERR_WRITE,
                                             SQLITE_IOERR_FSYNC, SQLITE_IOERR_TRUNCATE, SQLITE_IOERR_DELETE,
                                             SQLITE_IOERR_LOCK,  SQLITE_IOERR_FSTAT,    SQLITE_IOERR_ACCESS};

std::size_t index_of(VfsOp op) { return static_cast<std::size_t>(op); }

}  // namespace

const char* name_of(VfsOp op) { return kNames[index_of(op)]; }

class FaultVfs::State {
 public:
  sqlite3_vfs* real = nullptr;
  sqlite3_vfs vfs = {};

  void inject(const std::optional<VfsFault>& fault) {
    const std::lock_guard lock(mutex_);
    fault_ = fault;
    if (!fault) return;
    counts_ = {};
    fired_ = false;
  }

  // SQLITE_OK, or the error with which this operation is to fail.
  int enter(VfsOp op) {
    const std::lock_guard lock(mutex_);
    ++counts_[index_of(op)];
    if (!fault_ || (fault_->kind && *fault_->kind != op)) return SQLITE_OK;
    const std::uint64_t number = fault_->kind ? counts_[index_of(op)] : total();
    if (fault_->sticky ? number < fault_->nth : number != fault_->nth) return SQLITE_OK;
    fired_ = true;
    if (fault_->full && op == VfsOp::kWrite) return SQLITE_FULL;
    if (fault_->read_only && op == VfsOp::kOpen) return SQLITE_READONLY;
    return kCodes[index_of(op)];
  }

  bool fired() {
    const std::lock_guard lock(mutex_);
    return fired_;
  }
  std::uint64_t count(std::optional<VfsOp> op) {
    const std::lock_guard lock(mutex_);
    return op ? counts_[index_of(*op)] : total();
  }

 private:
  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (std::uint64_t count : counts_) sum += count;
    return sum;
  }

  std::mutex mutex_;
  std::optional<VfsFault> fault_;
  std::array<std::uint64_t, kVfsOps> counts_ = {};
  bool fired_ = false;
};

namespace {

using State = FaultVfs::State;

// The real file lies behind it.
struct FaultFile {
  sqlite3_file base;
  State* state;
};
static_assert(sizeof(FaultFile) % alignof(std::max_align_t) == 0);

State& state_of(sqlite3_file* file) { return *reinterpret_cast<FaultFile*>(file)->state; }
State& state_of(sqlite3_vfs* vfs) { return *static_cast<State*>(vfs->pAppData); }
sqlite3_file* real_of(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<FaultFile*>(file) + 1);
}
const sqlite3_io_methods& methods_of(sqlite3_file* file) { return *real_of(file)->pMethods; }

int close_file(sqlite3_file* file) {
  const int code = methods_of(file).xClose(real_of(file));
  file->pMethods = nullptr;
  return code;
}

int read_file(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  const int fault = state_of(file).enter(VfsOp::kRead);
  return fault != SQLITE_OK ? fault : methods_of(file).xRead(real_of(file), out, size, offset);
}

int write_file(sqlite3_file* file, const void* bytes, int size, sqlite3_int64 offset) {
  const int fault = state_of(file).enter(VfsOp::kWrite);
  if (fault == SQLITE_OK) return methods_of(file).xWrite(real_of(file), bytes, size, offset);
  if (fault == SQLITE_FULL) methods_of(file).xWrite(real_of(file), bytes, size / 2, offset);
  return fault;
}

int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  const int fault = state_of(file).enter(VfsOp::kTruncate);
  return fault != SQLITE_OK ? fault : methods_of(file).xTruncate(real_of(file), size);
}

int sync_file(sqlite3_file* file, int flags) {
  const int fault = state_of(file).enter(VfsOp::kSync);
  return fault != SQLITE_OK ? fault : methods_of(file).xSync(real_of(file), flags);
}

int size_of_file(sqlite3_file* file, sqlite3_int64* size) {
  const int fault = state_of(file).enter(VfsOp::kSize);
  return fault != SQLITE_OK ? fault : methods_of(file).xFileSize(real_of(file), size);
}

int lock_file(sqlite3_file* file, int level) {
  const int fault = state_of(file).enter(VfsOp::kLock);
  return fault != SQLITE_OK ? fault : methods_of(file).xLock(real_of(file), level);
}

int unlock_file(sqlite3_file* file, int level) { return methods_of(file).xUnlock(real_of(file), level); }
int check_reserved(sqlite3_file* file, int* out) {
  return methods_of(file).xCheckReservedLock(real_of(file), out);
}
int control(sqlite3_file* file, int op, void* arg) {
  return methods_of(file).xFileControl(real_of(file), op, arg);
}
int sector_size(sqlite3_file* file) { return methods_of(file).xSectorSize(real_of(file)); }
int characteristics(sqlite3_file* file) { return methods_of(file).xDeviceCharacteristics(real_of(file)); }

int map_shared(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  const int fault = state_of(file).enter(VfsOp::kLock);
  return fault != SQLITE_OK ? SQLITE_IOERR_SHMMAP
                            : methods_of(file).xShmMap(real_of(file), page, size, extend, out);
}

int lock_shared(sqlite3_file* file, int offset, int count, int flags) {
  const bool releases = (flags & SQLITE_SHM_UNLOCK) != 0;
  if (!releases && state_of(file).enter(VfsOp::kLock) != SQLITE_OK) return SQLITE_IOERR_SHMLOCK;
  return methods_of(file).xShmLock(real_of(file), offset, count, flags);
}

void barrier(sqlite3_file* file) { methods_of(file).xShmBarrier(real_of(file)); }
int unmap_shared(sqlite3_file* file, int remove) { return methods_of(file).xShmUnmap(real_of(file), remove); }
int fetch(sqlite3_file* file, sqlite3_int64 offset, int size, void** out) {
  return methods_of(file).xFetch(real_of(file), offset, size, out);
}
int unfetch(sqlite3_file* file, sqlite3_int64 offset, void* page) {
  return methods_of(file).xUnfetch(real_of(file), offset, page);
}

constexpr sqlite3_io_methods kMethods = {
    3,           close_file,  read_file,      write_file, truncate_file, sync_file,       size_of_file,
    lock_file,   unlock_file, check_reserved, control,    sector_size,   characteristics, map_shared,
    lock_shared, barrier,     unmap_shared,   fetch,      unfetch};

int open_file(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
  State& state = state_of(vfs);
  file->pMethods = nullptr;
  const int fault = state.enter(VfsOp::kOpen);
  if (fault == SQLITE_READONLY) {
    flags = (flags & ~SQLITE_OPEN_READWRITE) | SQLITE_OPEN_READONLY;
  } else if (fault != SQLITE_OK) {
    return fault;
  }
  reinterpret_cast<FaultFile*>(file)->state = &state;
  sqlite3_file* real = real_of(file);
  real->pMethods = nullptr;
  const int code = state.real->xOpen(state.real, name, real, flags, out_flags);
  if (real->pMethods != nullptr) file->pMethods = &kMethods;
  return code;
}

int delete_file(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  State& state = state_of(vfs);
  const int fault = state.enter(VfsOp::kDelete);
  return fault != SQLITE_OK ? fault : state.real->xDelete(state.real, name, sync_directory);
}

int access_file(sqlite3_vfs* vfs, const char* name, int flags, int* out) {
  State& state = state_of(vfs);
  const int fault = state.enter(VfsOp::kAccess);
  return fault != SQLITE_OK ? fault : state.real->xAccess(state.real, name, flags, out);
}

int full_path(sqlite3_vfs* vfs, const char* name, int size, char* out) {
  return state_of(vfs).real->xFullPathname(state_of(vfs).real, name, size, out);
}

}  // namespace

FaultVfs::FaultVfs() : state_(std::make_unique<State>()) {
  state_->real = sqlite3_vfs_find("unix");
  if (state_->real == nullptr) throw std::runtime_error("SQLite has no VFS 'unix'");
  sqlite3_vfs& vfs = state_->vfs;
  vfs = *state_->real;  // what needs no file of ours (randomness, time, system calls) stays the real one's
  vfs.pNext = nullptr;
  vfs.zName = kName;
  vfs.szOsFile = static_cast<int>(sizeof(FaultFile)) + state_->real->szOsFile;
  vfs.pAppData = state_.get();
  vfs.xOpen = open_file;
  vfs.xDelete = delete_file;
  vfs.xAccess = access_file;
  vfs.xFullPathname = full_path;
  sqlite3_vfs_register(&vfs, 1);
}

FaultVfs::~FaultVfs() {
  sqlite3_vfs_unregister(&state_->vfs);
  sqlite3_vfs_register(state_->real, 1);
}

void FaultVfs::inject(const VfsFault& fault) { state_->inject(fault); }
void FaultVfs::clear() { state_->inject(std::nullopt); }
bool FaultVfs::fired() const { return state_->fired(); }
std::uint64_t FaultVfs::count() const { return state_->count(std::nullopt); }
std::uint64_t FaultVfs::count(VfsOp op) const { return state_->count(op); }

}  // namespace sqbackup_test
