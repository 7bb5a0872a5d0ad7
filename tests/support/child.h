// Child processes of a test: one that runs a function, one that holds something until it is killed.
#pragma once

#include <sys/types.h>

#include <functional>

namespace sqbackup_test {

// The exit code of a forked child that runs `body`; -1 when it was killed. Assertions do not work in there.
int run_in_child(const std::function<int()>& body);

// The same as a user without privileges (as it is, when the test has none). -2: the privileges cannot be
// dropped.
int run_unprivileged(const std::function<int()>& body);

// A child that ran `body` and stays until kill(): what it holds dies with it.
class HoldingChild {
 public:
  explicit HoldingChild(const std::function<bool()>& body);
  ~HoldingChild() { kill(); }
  HoldingChild(const HoldingChild&) = delete;
  HoldingChild& operator=(const HoldingChild&) = delete;

  bool holds() const { return holds_; }  // what `body` returned
  void kill();                           // SIGKILL; returns when it is gone

 private:
  pid_t pid_ = -1;
  bool holds_ = false;
};

}  // namespace sqbackup_test
