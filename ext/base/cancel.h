// Cancel: how whoever waits for another machine learns that it shall stop.
#pragma once

#include <functional>

namespace sqbackup {

// Asked every few milliseconds, on the thread that called, while an operation waits. True: it stops within
// milliseconds and returns kInterrupted.
using Cancel = std::function<bool()>;

}  // namespace sqbackup
