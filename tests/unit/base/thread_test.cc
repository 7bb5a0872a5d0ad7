#include "base/thread.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "support/test.h"

using namespace sqbackup;

namespace {

std::string name_of_thread_started_as(const char* name) {
  std::array<char, 64> shown = {};
  auto thread = start_thread(name, [&] { pthread_getname_np(pthread_self(), shown.data(), shown.size()); });
  REQUIRE(thread.ok());
  thread->join();
  return shown.data();
}

// In a child process of an ordinary user who may start no more threads. 0: the error was as it should be.
int start_thread_beyond_the_limit() {
  if (::getuid() == 0 && ::setuid(65534) != 0) return 2;
  const struct rlimit none = {0, 0};
  if (::setrlimit(RLIMIT_NPROC, &none) != 0) return 3;
  sigset_t before;
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  const auto thread = start_thread("sqb-test", [] {});
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  if (thread.ok() || !thread.status().is(Error::kIoError)) return 4;
  return sigismember(&before, SIGTERM) == sigismember(&after, SIGTERM) ? 0 : 5;
}

}  // namespace

TEST_CASE("a thread that cannot be started is an error, and the signal mask is as before") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(start_thread_beyond_the_limit());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("a thread of ours has its name, cut to what the system shows") {
  CHECK(name_of_thread_started_as("sqb-worker") == "sqb-worker");
  CHECK(name_of_thread_started_as("sqb-worker-of-a-long-name") == "sqb-worker-of-a");
}

TEST_CASE("no signal runs on a thread of ours, and its creator's mask is as before") {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  sigset_t inside;
  sigemptyset(&inside);
  auto thread = start_thread("sqb-test", [&] { pthread_sigmask(SIG_SETMASK, nullptr, &inside); });
  REQUIRE(thread.ok());
  thread->join();
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGCHLD, SIGALRM, SIGPIPE, SIGPROF}) {
    CHECK(sigismember(&inside, signal) == 1);
    CHECK(sigismember(&after, signal) == sigismember(&before, signal));
  }
}
