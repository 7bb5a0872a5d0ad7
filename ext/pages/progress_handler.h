// ProgressHandler: lets a Progress stop the statements of one connection, however long they run.
#pragma once

#include <exception>

#include "base/progress.h"
#include "base/status.h"
#include "pages/connection.h"

namespace sqbackup {

class ProgressHandler {
 public:
  // While it lives, statements on `connection` ask progress.advance(0) now and then.
  ProgressHandler(Connection& connection, Progress& progress);
  ~ProgressHandler();
  ProgressHandler(const ProgressHandler&) = delete;
  ProgressHandler& operator=(const ProgressHandler&) = delete;

  // To be asked when a statement failed: why `progress` stopped it; ok: it did not. Throws what `progress`
  // threw, which could not pass through SQLite.
  Status stopped() const;

 private:
  static int tick(void* self);

  Connection& connection_;
  Progress& progress_;
  Status stop_;
  std::exception_ptr thrown_;
};

}  // namespace sqbackup
