// Threads of ours inside somebody else's process: named, with every signal blocked so that the host's
// handlers never run on them.
#pragma once

#include <functional>
#include <thread>

#include "base/status.h"

namespace sqbackup {

// Starts `body` on a new thread named `name` (15 characters at most are shown). The caller joins it.
Result<std::thread> start_thread(const char* name, std::function<void()> body);

// From now on `handler` runs in each child that fork() makes of this process, before fork() returns there. It
// may only do what a signal handler may.
void call_in_forked_children(void (*handler)());

}  // namespace sqbackup
