#include "engine/background_proof.h"

#include <chrono>
#include <new>

#include "base/thread.h"
#include "engine/verify.h"

namespace sqbackup {

BackgroundProof::~BackgroundProof() {
  watched_.stopped = true;
  if (thread_.joinable()) thread_.join();
}

void BackgroundProof::Watched::begin_phase(const char*, std::uint64_t total_bytes) { total = total_bytes; }

Status BackgroundProof::Watched::advance(std::uint64_t bytes) {
  done = bytes;
  return stopped ? Status(Error::kInterrupted, "stopped") : Status();
}

void BackgroundProof::start() {
  if (auto thread = start_thread("sqb-proof", [this] { prove(); }); thread.ok())
    thread_ = std::move(thread).value();
}

// Nobody could catch here what is thrown.
void BackgroundProof::prove() noexcept {
  try {
    outcome_ = verify_backup(directory_, name_, VerifyLevel::kChecksum, no_keys(), watched_);
  } catch (const std::bad_alloc&) {
    no_memory_ = true;
  }
  watched_.finished = true;
}

Status BackgroundProof::wait(Progress& progress) {
  if (!thread_.joinable())
    return verify_backup(directory_, name_, VerifyLevel::kChecksum, no_keys(), progress);
  constexpr std::chrono::milliseconds kLook(2);
  if (!watched_.finished) progress.begin_phase("hashing", watched_.total);
  while (!watched_.finished) {
    std::this_thread::sleep_for(kLook);
    SQB_TRY(progress.advance(watched_.done));
  }
  thread_.join();
  if (no_memory_) throw std::bad_alloc();
  return outcome_;
}

}  // namespace sqbackup
