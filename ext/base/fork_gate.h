// Background threads of ours and fork(): a child has the memory of its parent and only the thread that
// forked. A mutex of the host's SQLite that a thread of ours held in that moment stays locked in the child
// for ever, and with it the child's first call of SQLite. So fork() waits until each of them has ended what
// it does, for kForkPatience; then until each is at a point where it holds no such mutex, for
// kLongestForkWait in all. None goes on before fork() is done, or kLongestForkWait later: forks without end
// shall not keep it from its work.
#pragma once

#include <chrono>

namespace sqbackup {

// Longer than any stretch of our work between two points but those that wait: for a disk or another process's
// lock. SQLite holds no mutex that others use while it waits.
inline constexpr std::chrono::milliseconds kLongestForkWait{200};

// Work that has ended is best for the child: of a database that is being read, its copy of SQLite's memory
// says that this process holds a lock, which it does not.
inline constexpr std::chrono::milliseconds kForkPatience{40};

// To be called before there is any background work.
void watch_forks();

// What a thread of ours does in the background while it lives. Not nested.
class BackgroundWork {
 public:
  BackgroundWork();
  ~BackgroundWork();
  BackgroundWork(const BackgroundWork&) = delete;
  BackgroundWork& operator=(const BackgroundWork&) = delete;
};

// The calling thread holds no mutex that a child may need: lets those fork who have waited for kForkPatience,
// and returns when they have. It may hold up a database's writers meanwhile, so three times as long as it
// took the next ones are passed over. Nothing outside of BackgroundWork.
void fork_point();

// While it lives, its thread holds no mutex that a child may need and calls nothing that does: it waits for a
// disk or a network. Nothing outside of BackgroundWork.
class BackgroundWait {
 public:
  BackgroundWait();
  ~BackgroundWait();
  BackgroundWait(const BackgroundWait&) = delete;
  BackgroundWait& operator=(const BackgroundWait&) = delete;

 private:
  const bool left_;
};

}  // namespace sqbackup
