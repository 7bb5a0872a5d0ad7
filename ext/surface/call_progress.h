// CallProgress: a long call of the user's thread that stops when the user interrupts it (sqlite3_interrupt,
// Ctrl-C in the shell, a progress handler that says so).
#pragma once

#include "base/clock.h"
#include "base/progress.h"
#include "pages/sqlite.h"

namespace sqbackup {

// For the thread that SQLite called us on, while that call lasts.
class CallProgress : public Progress {
 public:
  CallProgress(sqlite3* connection, Clock& clock) : connection_(connection), clock_(clock) {}
  ~CallProgress() override;
  CallProgress(const CallProgress&) = delete;
  CallProgress& operator=(const CallProgress&) = delete;

  void begin_phase(const char* phase, std::uint64_t total) override;
  Status advance(std::uint64_t done) override;

 private:
  bool interrupted();
  bool probe();

  sqlite3* connection_;
  Clock& clock_;
  double next_look_ = 0;
  sqlite3_stmt* probe_ = nullptr;
};

}  // namespace sqbackup
