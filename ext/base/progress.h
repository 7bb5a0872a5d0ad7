// Progress: how a long operation tells how far it is and learns that it shall stop.
#pragma once

#include <cstdint>

#include "base/status.h"

namespace sqbackup {

class Progress {
 public:
  virtual ~Progress() = default;
  // A phase begins ("copying", "counting", "checking", "restoring"): `total` bytes or 0 when unknown.
  virtual void begin_phase(const char* phase, std::uint64_t total) = 0;
  // `done` of the phase's total. An error (kInterrupted) asks the operation to stop and clear up. Called from
  // the thread that started the operation, often enough to stop within a fraction of a second.
  virtual Status advance(std::uint64_t done) = 0;
};

}  // namespace sqbackup
