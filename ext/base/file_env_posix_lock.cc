#include "base/file_env_posix_lock.h"

#include <fcntl.h>

#include <array>
#include <atomic>
#include <mutex>

#include "base/thread.h"

namespace sqbackup {
namespace {

// Open-file-description locks: unlike POSIX locks they exclude other holders in this process too.
// The descriptors of all locks, plus one, so that zero is a free place. A lock belongs to the open file
// description, which a forked child shares: as long as the child has its descriptor open, the death of the
// parent lets nothing go. So each child closes them first of all.
constexpr std::size_t kMostLocks = 8192;  // those beyond are not closed
constinit std::array<std::atomic<int>, kMostLocks> lock_descriptors{};

void close_inherited_locks() {
  for (auto& place : lock_descriptors) {
    const int descriptor = place.exchange(0, std::memory_order_relaxed) - 1;
    if (descriptor >= 0) ::close(descriptor);
  }
}

std::atomic<int>* remember_lock(int descriptor) {
  static std::once_flag once;
  std::call_once(once, [] { call_around_fork(nullptr, nullptr, close_inherited_locks); });
  for (auto& place : lock_descriptors) {
    int free = 0;
    if (place.compare_exchange_strong(free, descriptor + 1)) return &place;
  }
  return nullptr;
}

class PosixFileLock : public FileLock {
 public:
  PosixFileLock(Descriptor file, std::string path)
      : file_(std::move(file)), path_(std::move(path)), place_(remember_lock(file_.get())) {}

  // A forked child must not release its parent's lock, nor close a descriptor that is closed already.
  ~PosixFileLock() override {
    if (::getpid() != owner_) {
      if (place_ != nullptr) file_.release();
      return;
    }
    set(F_UNLCK, 0, 0);
    if (place_ != nullptr) place_->store(0);
  }

  Status add(std::uint64_t byte, LockMode mode) override {
    if (set(mode == LockMode::kShared ? F_RDLCK : F_WRLCK, byte, 1)) return {};
    if (errno != EAGAIN && errno != EACCES) return errno_status("lock", path_, errno);
    return {Error::kInUse, "'" + path_ + "' is locked by another job; try again when it has finished"};
  }

  void drop(std::uint64_t byte) override { set(F_UNLCK, byte, 1); }

 private:
  // A length of 0 reaches to the end of everything.
  bool set(short type, std::uint64_t start, std::uint64_t length) {
    struct flock range = {};
    range.l_type = type;
    range.l_whence = SEEK_SET;
    range.l_start = static_cast<off_t>(start);
    range.l_len = static_cast<off_t>(length);
    return retry([&] { return ::fcntl(file_.get(), F_OFD_SETLK, &range); }) == 0;
  }

  Descriptor file_;
  std::string path_;
  std::atomic<int>* place_;
  pid_t owner_ = ::getpid();
};

}  // namespace

std::unique_ptr<FileLock> make_file_lock(Descriptor file, std::string path) {
  return std::make_unique<PosixFileLock>(std::move(file), std::move(path));
}

}  // namespace sqbackup
