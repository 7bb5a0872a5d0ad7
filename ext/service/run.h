// Run: one operation's life in the log, from running to completed, failed or restored, with its progress for
// backup_jobs.
#pragma once

#include <memory>
#include <string>

#include "base/progress.h"
#include "catalog/catalog.h"
#include "service/database.h"
#include "store/job_file.h"

namespace sqbackup {

class Run : public Progress {
 public:
  // Opens the catalog and records the running row. An operation that only reads goes on without a record in a
  // directory that cannot be written.
  enum class Kind { kReads, kWrites };
  static Result<std::unique_ptr<Run>> begin(Database& database, BackupDirectory& directory, Kind kind,
                                            const RunRecord& record, Progress& progress);
  ~Run() override;  // not finished: failed, by an error that had no time to be told

  Catalog& catalog() { return *catalog_; }
  RunRecord& record() { return record_; }

  // Records the end: failed for an error, `success` otherwise ("completed", "restored"). Returns `outcome`:
  // an error in recording never hides the operation's own result.
  Status finish(Status outcome, const char* success = "completed");

  void begin_phase(const char* phase, std::uint64_t total) override;
  Status advance(std::uint64_t done) override;

 private:
  Run(const Env& env, std::unique_ptr<Catalog> catalog, RunRecord record, Progress& progress);
  void publish_progress();

  const Env env_;
  std::unique_ptr<Catalog> catalog_;
  RunRecord record_;
  Progress& progress_;
  std::unique_ptr<FileLock> alive_;
  std::unique_ptr<JobFile> job_;
  JobProgress state_;
  double last_publish_ = 0;
  double phase_began_ = 0;
  bool finished_ = false;
};

}  // namespace sqbackup
