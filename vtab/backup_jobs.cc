// `backup_jobs`: what is running now, in any process.
#include "service/operations.h"
#include "vtab/read_only_table.h"
#include "vtab/values.h"

namespace sqbackup {
namespace {

enum : int {
  kOperation,
  kPhase,
  kDone,
  kTotal,
  kPercent,
  kRate,
  kEta,
  kName,
  kStartedAt,
  kActor,
  kId,
  kDatabase,
};

constexpr Column kColumns[] = {
    {"operation", "TEXT"}, {"phase", "TEXT"},   {"done", "INTEGER"},
    {"total", "INTEGER"},  {"percent", "REAL"}, {"rate", "REAL"},
    {"eta", "REAL"},       {"name", "TEXT"},    {"started_at", "TEXT"},
    {"actor", "TEXT"},     {"id", "INTEGER"},   {"database", "TEXT", Column::Role::kArgument},
};

// Units of the phase a second; nullopt: too early to say.
std::optional<double> rate_of(const JobProgress& job) {
  if (job.done == 0 || job.milliseconds == 0) return std::nullopt;
  return static_cast<double>(job.done) * 1000.0 / static_cast<double>(job.milliseconds);
}

std::optional<double> percent_of(const JobProgress& job) {
  if (job.total == 0) return std::nullopt;
  return 100.0 * static_cast<double>(job.done) / static_cast<double>(job.total);
}

// Seconds to the end of the phase.
std::optional<double> eta_of(const JobProgress& job) {
  const auto rate = rate_of(job);
  if (!rate || job.total < job.done) return std::nullopt;
  return static_cast<double>(job.total - job.done) / *rate;
}

class JobsCursor : public ListCursor<JobRecord> {
 public:
  explicit JobsCursor(Session& session) : session_(session) {}

  void column(sqlite3_context* context, int index) override {
    const JobRecord& job = this->row();
    switch (index) {
      case kOperation:
        return put(context, std::string_view(job.run.operation));
      case kPhase:
        return put_unless_empty(context, job.progress.phase);
      case kDone:
        return put(context, static_cast<std::int64_t>(job.progress.done));
      case kTotal:
        return job.progress.total != 0 ? put(context, static_cast<std::int64_t>(job.progress.total)) : void();
      case kPercent:
        return put(context, percent_of(job.progress));
      case kRate:
        return put(context, rate_of(job.progress));
      case kEta:
        return put(context, eta_of(job.progress));
      case kName:
        return put_unless_empty(context, job.run.name);
      case kStartedAt:
        return put_time(context, job.run.started_at);
      case kActor:
        return put_unless_empty(context, job.run.actor);
      case kId:
        return put(context, job.run.id);
      case kDatabase:
        return put(context, std::string_view(shown_));
      default:
        return;
    }
  }

 protected:
  Status load(const Scan& scan, std::vector<JobRecord>& rows) override {
    SQB_ASSIGN(auto chosen, ChosenDatabase::of(session_, scan, kDatabase));
    shown_ = chosen.shown();
    auto jobs = running_jobs(chosen.database());
    if (jobs.status().is(Error::kNoDirectory)) return {};  // nowhere for anything to run
    if (!jobs.ok()) return jobs.status();
    rows = std::move(jobs).value();
    return {};
  }

 private:
  Session& session_;
  std::string shown_;
};

}  // namespace

constinit const TableType kBackupJobsTable{kColumns, connect_read_only<JobsCursor>, false};

}  // namespace sqbackup
