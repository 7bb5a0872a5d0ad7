#include "pages/fork_mutexes.h"

#include <array>
#include <chrono>
#include <mutex>
#include <thread>

#include "base/fork_gate.h"
#include "base/thread.h"
#include "pages/sqlite.h"

namespace sqbackup {
namespace {

constexpr std::array kShared = {SQLITE_MUTEX_STATIC_MAIN, SQLITE_MUTEX_STATIC_MEM, SQLITE_MUTEX_STATIC_OPEN,
                                SQLITE_MUTEX_STATIC_PRNG, SQLITE_MUTEX_STATIC_LRU, SQLITE_MUTEX_STATIC_PMEM,
                                SQLITE_MUTEX_STATIC_VFS1};

// Null where the running SQLite is built or configured without threads; its functions take that.
constinit std::array<sqlite3_mutex*, kShared.size()> mutexes{};
constinit thread_local bool held = false;

// All of them or none: SQLite takes them in orders of its own, so nothing may be held while waiting for more.
bool try_all() {
  for (std::size_t i = 0; i < mutexes.size(); ++i) {
    if (sqlite3_mutex_try(mutexes[i]) == SQLITE_OK) continue;
    while (i-- > 0) sqlite3_mutex_leave(mutexes[i]);
    return false;
  }
  return true;
}

void hold() {
  const auto deadline = std::chrono::steady_clock::now() + kLongestForkWait;
  while (!(held = try_all()) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::microseconds(20));
  }
}

void let_go() {
  if (!held) return;
  held = false;
  for (sqlite3_mutex* mutex : mutexes) sqlite3_mutex_leave(mutex);
}

}  // namespace

void hold_sqlite_mutexes_at_fork() {
  static std::once_flag once;
  std::call_once(once, [] {
    for (std::size_t i = 0; i < kShared.size(); ++i) mutexes[i] = sqlite3_mutex_alloc(kShared[i]);
    call_around_fork(hold, let_go, let_go);
  });
}

}  // namespace sqbackup
