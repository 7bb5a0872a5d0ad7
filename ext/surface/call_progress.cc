#include "surface/call_progress.h"

namespace sqbackup {
namespace {

constexpr double kSecondsBetweenLooks = 0.05;

}  // namespace

CallProgress::~CallProgress() { sqlite3_finalize(probe_); }

void CallProgress::begin_phase(const char*, std::uint64_t) {}

Status CallProgress::advance(std::uint64_t) {
  const double now = clock_.monotonic_seconds();
  if (now < next_look_) return {};
  next_look_ = now + kSecondsBetweenLooks;
  if (!interrupted()) return {};
  return {Error::kInterrupted, "interrupted; nothing was changed"};
}

bool CallProgress::interrupted() {
#if SQLITE_VERSION_NUMBER >= 3041000
  if (sqlite3_libversion_number() >= 3041000) return sqlite3_is_interrupted(connection_) != 0;
#endif
  return probe();
}

// Before 3.41 nobody can ask whether a connection is interrupted; but every statement that is stepped on it
// says so.
bool CallProgress::probe() {
  if (probe_ == nullptr) {
    const int prepared = sqlite3_prepare_v2(connection_, "SELECT 1", -1, &probe_, nullptr);
    if (prepared != SQLITE_OK) return prepared == SQLITE_INTERRUPT;
  }
  const bool interrupted = sqlite3_step(probe_) == SQLITE_INTERRUPT;
  sqlite3_reset(probe_);
  return interrupted;
}

}  // namespace sqbackup
