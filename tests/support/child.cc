#include "support/child.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>

namespace sqbackup_test {
namespace {

constexpr uid_t kNobody = 65534;

pid_t forked() {
  const pid_t pid = ::fork();
  if (pid < 0) throw std::runtime_error("cannot fork");
  return pid;
}

}  // namespace

int run_in_child(const std::function<int()>& body) {
  const pid_t pid = forked();
  if (pid == 0) ::_exit(body());
  int status = 0;
  if (::waitpid(pid, &status, 0) != pid) throw std::runtime_error("cannot wait for a child");
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int run_unprivileged(const std::function<int()>& body) {
  static constexpr int kStillPrivileged = 254;
  const int code = run_in_child([&] {
    if (::geteuid() == 0 && (::setgid(kNobody) != 0 || ::setuid(kNobody) != 0)) return kStillPrivileged;
    return body();
  });
  return code == kStillPrivileged ? -2 : code;
}

HoldingChild::HoldingChild(const std::function<bool()>& body) {
  int ready[2];
  if (::pipe(ready) != 0) throw std::runtime_error("cannot make a pipe");
  pid_ = forked();
  if (pid_ == 0) {
    const char answer = body() ? 'y' : 'n';
    if (::write(ready[1], &answer, 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  ::close(ready[1]);
  char answer = 'n';
  holds_ = ::read(ready[0], &answer, 1) == 1 && answer == 'y';
  ::close(ready[0]);
}

void HoldingChild::kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

}  // namespace sqbackup_test
