// Background threads of ours and fork(): a child has the memory of its parent and only the thread that
// forked. A mutex of the host's SQLite that a thread of ours held in that moment stays locked in the child
// for ever, and with it the child's first call of SQLite. So fork() waits, for kLongestForkWait at most,
// until each of them is where it holds nothing that a child may need, and holds them there until it is done.
#pragma once

#include <chrono>

namespace sqbackup {

// Longer than any stretch of our work between two points but those that wait: for a disk or another process's
// lock. SQLite holds no mutex that others use while it waits.
inline constexpr std::chrono::milliseconds kLongestForkWait{100};

// Work that has ended is best for the child: of a database that is being read, its copy of SQLite's memory
// says that this process holds a lock, which it does not.
inline constexpr std::chrono::milliseconds kForkPatience{40};

// What a thread of ours does in the background while it lives. Not nested.
class BackgroundWork {
 public:
  BackgroundWork();
  ~BackgroundWork();
  BackgroundWork(const BackgroundWork&) = delete;
  BackgroundWork& operator=(const BackgroundWork&) = delete;
};

// The calling thread holds no mutex that a child may need: lets those fork who have waited for kForkPatience,
// and returns when they have. Nothing outside of BackgroundWork.
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
