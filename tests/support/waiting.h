// eventually(): waits for what another thread or process does.
#pragma once

#include <chrono>
#include <thread>

namespace sqbackup_test {

// False: half a minute was in vain.
template <typename Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

}  // namespace sqbackup_test
