// Keeper: looks after one database in the background: backups on time, what follows from them, and that
// somebody hears of it.
//
// Only the leader does (leadership.h). The others try for the lead every few seconds and do nothing else.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>

#include "base/mutex.h"
#include "base/progress.h"
#include "sched/worker_pool.h"
#include "service/courier.h"
#include "service/database.h"
#include "service/glance.h"
#include "service/leadership.h"
#include "service/timetable.h"

namespace sqbackup {

class Keeper {
 public:
  // Starts looking after the database that `source` names; `database` must outlive the keeper. What would
  // keep it from its work is told here where it can be: kNoDirectory, kBadSetting, kNoPermission ...
  static Result<std::unique_ptr<Keeper>> start(Database& database, const Source& source);
  // Stops what is running, within the fraction of a second that it takes an operation to notice, and lets
  // go of the leader lock.
  ~Keeper();

  KeeperState state() SQB_EXCLUDES(mutex_);
  void settings_changed();  // looks at them anew

 private:
  // Asks what is running to stop.
  class Cancel : public Progress {
   public:
    void begin_phase(const char*, std::uint64_t) override {}
    Status advance(std::uint64_t) override;
    void stop() { stopped_ = true; }
    bool stopped() const { return stopped_; }

   private:
    std::atomic<bool> stopped_{false};
  };

  Keeper(Database& database, Source source);
  std::optional<UnixMillis> look() SQB_EXCLUDES(mutex_);
  Result<UnixMillis> attend(KeeperState& state);
  bool nothing_new();
  Result<bool> attend_backups(KeeperState& state);
  Status make_due_backup(KeeperState& state);
  Result<std::optional<UnixMillis>> attend_drills(KeeperState& state);
  Result<std::optional<UnixMillis>> attend_prunes(KeeperState& state);
  Status prune_backups(KeeperState& state);
  Result<std::optional<UnixMillis>> last_backup();
  Result<std::optional<UnixMillis>> last_drill();
  Status back_up();
  Status try_to_back_up(bool& begun);
  void record_failure(const Status& failure);
  void tell_of_trouble(const Status& trouble);
  std::string standing_problem() const;
  void watch(KeeperState state);
  Result<bool> skip(Session::Target& target);
  Session::Target target();
  void report(const KeeperState& state) SQB_EXCLUDES(mutex_);

  Database& database_;
  const Source source_;
  const UnixMillis started_at_;
  Cancel cancel_;
  std::atomic<bool> look_closely_{true};
  std::shared_ptr<WorkerPool> pool_;
  WorkerPool::Id job_ = 0;

  // Of the job, which never runs twice at once.
  Leadership leadership_;
  bool in_trouble_ = false;  // the latest look could not tell whether a backup is due
  bool told_of_trouble_ = false;
  std::optional<FileInfo> catalog_;  // as it was when next_ was worked out
  std::optional<UnixMillis> next_;
  UnixMillis looked_at_ = 0;
  Timetable backups_;
  Timetable drills_;
  Timetable prunes_;
  UnixMillis pruned_at_;             // by prune_schedule; before the first time: when this keeper began
  std::string backed_up_name_;       // the newest backup made here
  std::optional<Glance> backed_up_;  // how the files looked before it was made
  bool idle_ = false;                // the latest look found nothing new
  bool ran_ = false;                 // something that may have changed the health
  bool enabled_ = true;              // the setting, as it was read last
  double health_due_ = 0;            // in monotonic seconds
  std::string look_problem_;         // what kept the latest look from its work, or an alert target from it
  std::string prune_problem_;        // of the latest prune

  Mutex mutex_;
  KeeperState state_ SQB_GUARDED_BY(mutex_);

  std::unique_ptr<Courier> courier_;  // ends before the leader lock is let go
};

// Whether a database can be looked after in the background: it has a file that a connection of our own can
// read. kNoThreads, kNoSuchDatabase, kDatabaseBusy.
Status check_keepable(const Source& source);

// The pool of this process, shared by its keepers and gone with the last.
std::shared_ptr<WorkerPool> shared_pool(const Env& env);

}  // namespace sqbackup
