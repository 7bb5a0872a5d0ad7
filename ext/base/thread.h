// Threads of ours inside somebody else's process: named, with every signal blocked so that the host's
// handlers never run on them.
#pragma once

#include <functional>
#include <thread>

#include "base/status.h"

namespace sqbackup {

// Starts `body` on a new thread named `name` (15 characters at most are shown). The caller joins it.
Result<std::thread> start_thread(const char* name, std::function<void()> body);

// From now on each fork() of this process calls `before`, then `in_parent` and `in_child` on their sides
// before it returns there. Each may be null. In the child they may only do what a signal handler may. Of
// several, the `before` given last runs first.
void call_around_fork(void (*before)(), void (*in_parent)(), void (*in_child)());

}  // namespace sqbackup
