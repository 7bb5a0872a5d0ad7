#include "service/run.h"

#include <algorithm>
#include <new>

#include "base/process.h"

namespace sqbackup {
namespace {

constexpr double kPublishEvery = 0.2;  // seconds

}  // namespace

Run::Run(const Env& env, std::unique_ptr<Catalog> catalog, RunRecord record, Progress& progress)
    : env_(env), catalog_(std::move(catalog)), record_(std::move(record)), progress_(progress) {}

Result<std::unique_ptr<Run>> Run::begin(Database& database, BackupDirectory& directory, Kind kind,
                                        const RunRecord& record, Progress& progress) {
  auto catalog = database.open_catalog(directory, Catalog::Access::kWrite);
  if (catalog.status().is(Error::kNoPermission) && kind == Kind::kReads) {
    catalog = database.open_catalog(directory, Catalog::Access::kRead);
  }
  if (!catalog.ok()) return catalog.status();
  std::unique_ptr<Run> run(new Run(database.env(), std::move(catalog).value(), record, progress));
  run->record_.status = "running";
  run->record_.actor = process_actor();
  run->record_.started_at = database.env().clock->now();
  SQB_ASSIGN(auto started, run->catalog_->begin_run(run->record_));
  run->record_.id = started.id;
  run->alive_ = std::move(started.alive);
  run->job_ = JobFile::create(directory.files(), directory.path(), run->record_.id);
  return run;
}

// Only an exception ends a run like this: memory ran out. Where there is none for the record either, the next
// look at the catalog finds a running row that nobody holds.
Run::~Run() {
  if (finished_) return;
  try {
    static_cast<void>(finish({Error::kNoMemory, "memory ran out before the operation ended"}));
  } catch (const std::bad_alloc&) {
    finished_ = true;
  }
}

Status Run::finish(Status outcome, const char* success) {
  finished_ = true;
  record_.finished_at = env_.clock->now();
  record_.status = outcome.ok() ? success : "failed";
  if (outcome.ok()) {
    record_.progress = 1;
  } else {
    record_.error_code = std::string(id_of(outcome.error()));
    record_.error = outcome.message();
  }
  static_cast<void>(catalog_->finish_run(record_.id, record_));
  job_.reset();
  alive_.reset();
  return outcome;
}

void Run::begin_phase(const char* phase, std::uint64_t total) {
  state_ = {phase, 0, total, 0};
  phase_began_ = env_.clock->monotonic_seconds();
  publish_progress();
  progress_.begin_phase(phase, total);
}

Status Run::advance(std::uint64_t done) {
  state_.done = std::max(state_.done, done);
  if (state_.total != 0) {
    record_.progress = static_cast<double>(state_.done) / static_cast<double>(state_.total);
  }
  publish_progress();
  return progress_.advance(done);
}

void Run::publish_progress() {
  if (job_ == nullptr) return;
  const double time = env_.clock->monotonic_seconds();
  if (time - last_publish_ < kPublishEvery) return;
  last_publish_ = time;
  state_.milliseconds = static_cast<std::uint64_t>((time - phase_began_) * 1000);
  job_->write(state_);
}

}  // namespace sqbackup
