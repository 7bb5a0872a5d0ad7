#include "base/thread.h"

#include <pthread.h>
#include <signal.h>

#include <string>
#include <system_error>

namespace sqbackup {
namespace {

// A new thread inherits its creator's signal mask: so nothing arrives on it even before its first
// instruction.
class AllSignalsBlocked {
 public:
  AllSignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~AllSignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  AllSignalsBlocked(const AllSignalsBlocked&) = delete;
  AllSignalsBlocked& operator=(const AllSignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

constexpr std::size_t kLongestThreadName = 15;  // longer ones are refused by the system, not cut

}  // namespace

Result<std::thread> start_thread(const char* name, std::function<void()> body) {
  const std::string label = std::string(name).substr(0, kLongestThreadName);
  AllSignalsBlocked blocked;
  try {
    return std::thread([label, run = std::move(body)] {
      pthread_setname_np(pthread_self(), label.c_str());
      run();
    });
  } catch (const std::system_error& error) {
    return Status(Error::kIoError, "cannot start the thread '" + label + "': " + error.code().message() +
                                       "; raise the limit of processes and threads");
  }
}

void call_around_fork(void (*before)(), void (*in_parent)(), void (*in_child)()) {
  pthread_atfork(before, in_parent, in_child);
}

}  // namespace sqbackup
