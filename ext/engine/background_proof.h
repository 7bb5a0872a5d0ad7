// BackgroundProof: the stored bytes of a backup are proven on a thread of its own, while they are already
// being read for what they will be used for; nothing is used before both are done.
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "base/progress.h"
#include "base/status.h"
#include "store/backup_directory.h"

namespace sqbackup {

class BackgroundProof {
 public:
  // Of backup `name`, which has a manifest and whose lock the caller holds; `directory` outlives it.
  BackgroundProof(BackupDirectory& directory, std::string name)
      : directory_(directory), name_(std::move(name)) {}
  ~BackgroundProof();  // stops it
  BackgroundProof(const BackgroundProof&) = delete;
  BackgroundProof& operator=(const BackgroundProof&) = delete;

  // Where the system gives no thread, wait() does it all.
  void start();
  // verify_backup() at VerifyLevel::kChecksum. kInterrupted as soon as `progress` says so.
  Status wait(Progress& progress);

 private:
  class Watched : public Progress {
   public:
    void begin_phase(const char* phase, std::uint64_t total) override;
    Status advance(std::uint64_t done) override;
    std::atomic<std::uint64_t> total{0};
    std::atomic<std::uint64_t> done{0};
    std::atomic<bool> stopped{false};
    std::atomic<bool> finished{false};
  };

  void prove() noexcept;

  BackupDirectory& directory_;
  const std::string name_;
  Watched watched_;
  Status outcome_;  // of the thread, until it has finished
  bool no_memory_ = false;
  std::thread thread_;
};

}  // namespace sqbackup
