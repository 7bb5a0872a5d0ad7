// Courier: tells the outside what happens to one database, to the targets that its settings name.
//
// Its outbox are the catalog's events: they are delivered in their order, each at least once, and what was
// delivered last is noted in the catalog, so that the next leader goes on from there. Where nothing is noted,
// or no target was set, it begins with what happens next. Only what no file holds is told from memory: that a
// backup began, that one failed where not even the log could be written, and that the catalog is another one,
// in which the targets are missing.
//
// What is told, and to whom: docs/reference/alerts.md.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "catalog/catalog.h"
#include "net/alerts.h"
#include "sched/worker_pool.h"
#include "service/alert_memory.h"
#include "service/database.h"

namespace sqbackup {

class Courier {
 public:
  // `database` and what `senders` names must outlive it. It works on a job of `pool`.
  Courier(Database& database, AlertSenders senders, std::shared_ptr<WorkerPool> pool)
      : database_(database), senders_(std::move(senders)), pool_(std::move(pool)) {}
  // Cuts short what is being delivered, within milliseconds; the next courier delivers that anew.
  ~Courier();

  void stop() { stopped_ = true; }  // it does nothing more

  // For the one who leads, before each round of its runs: what happens from now on is told. Returns what
  // is wrong with a setting, which keeps no other target from being told. kIoError: the system gives no
  // thread.
  Status lead();
  void rest();  // somebody else leads
  void wake();  // there may be something to tell

  void backup_began(const RunRecord& run, const std::string& uuid);
  void backup_failed(const Status& failure);  // and is not in the log

 private:
  // An event that is to be told.
  struct Due {
    EventRecord event;
    std::int64_t after = 0;           // the event that was delivered last
    std::string id;                   // of the alert
    std::optional<bool> previous_ok;  // how the scheduled backup before it went; nullopt: there was none
  };

  // Where something was read: a directory may be another one by now, or its catalog.
  struct Origin {
    std::string directory;
    std::string database_id;
    std::int64_t last_event = 0;  // an id that is never given twice
  };

  std::optional<UnixMillis> look();
  Result<bool> work();
  void read_targets();
  Result<std::optional<Due>> next_event();
  Status tell(const Due& due);
  Result<bool> tell_from_memory(const EventRecord* before);
  void remember(RememberedAlert alert);
  std::vector<AlertDelivery> send(const AlertTargets& targets, const AlertEvent& alert);
  AlertEvent alert_about_database() const;
  std::optional<AlertEvent> failure_alert(std::string title, std::string text) const;
  bool may_work() const { return !stopped_ && leading_; }

  Database& database_;
  const AlertSenders senders_;
  const std::shared_ptr<WorkerPool> pool_;
  WorkerPool::Id job_ = 0;  // 0: there was no target yet
  std::atomic<bool> stopped_{false};
  std::atomic<bool> leading_{false};
  AlertMemory memory_;

  // Of the job, which never runs twice at once.
  bool leads_ = false;               // when its run began
  AlertTargets targets_;             // as they were read last
  std::optional<Origin> origin_;     // of these
  bool failed_from_memory_ = false;  // the latest backup that was told of
  // Whether the last mail that was to go did not arrive; nullopt: the one who led before has noted it.
  std::optional<bool> mail_owed_;
};

// The pool of this process for its couriers, who wait for other people's servers: the runs of its schedulers
// have another one.
std::shared_ptr<WorkerPool> shared_courier_pool(const Env& env);

}  // namespace sqbackup
