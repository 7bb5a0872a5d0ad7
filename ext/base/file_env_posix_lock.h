// Internal to the FileEnv of a POSIX system: descriptors, and the locks that live on them.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <utility>

#include "base/file_env.h"

namespace sqbackup {

// Calls again what a signal has interrupted.
template <typename Call>
auto retry(Call call) {
  for (;;) {
    const auto result = call();
    if (result != -1 || errno != EINTR) return result;
  }
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  int get() const { return fd_; }
  void release() { fd_ = -1; }  // somebody else closes it, or has

 private:
  int fd_;
};

// Locks on the open file description `file`; `path` is for errors. In a forked child it holds nothing.
std::unique_ptr<FileLock> make_file_lock(Descriptor file, std::string path);

}  // namespace sqbackup
