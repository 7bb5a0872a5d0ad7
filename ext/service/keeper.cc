#include "service/keeper.h"

#include <algorithm>
#include <utility>

#include "base/fork_gate.h"
#include "catalog/catalog.h"
#include "net/curl.h"
#include "pages/read_transaction.h"
#include "service/drilling.h"
#include "service/health_watch.h"
#include "service/operations.h"
#include "service/pruning.h"
#include "service/run.h"
#include "service/schedules.h"

namespace sqbackup {
namespace {

constexpr std::int64_t kTakeover = 2000;     // ms between two tries of a keeper that does not lead
constexpr std::int64_t kLookAgain = 30'000;  // ms after which other processes' changes are noticed
constexpr double kHealthEvery = 300;         // seconds
constexpr int kBusyTimeoutMs = 2000;         // short, because it holds up the end; a failure is tried again

}  // namespace

Status check_keepable(const Source& source) {
  if (sqlite3_threadsafe() == 0) {
    return {Error::kNoThreads,
            "the running SQLite is built without threads, so nothing can be done in the background; call "
            "backup_now() from a cron job"};
  }
  if (source.path.empty()) {
    return {Error::kNoSuchDatabase, "'" + source.schema + "' is no database file, which the scheduler needs"};
  }
  if (const auto reason = needs_callers_connection(source)) {
    return {Error::kDatabaseBusy,
            "refused: " + *reason + ", and the scheduler needs a connection of its own; call backup_now()"};
  }
  return {};
}

Status Keeper::Cancel::advance(std::uint64_t) {
  fork_point();
  if (!stopped_) return {};
  return {Error::kInterrupted, "the scheduler was stopped, or its last connection closed"};
}

Keeper::Keeper(Database& database, Source source)
    : database_(database),
      source_(std::move(source)),
      started_at_(database.env().clock->now()),
      leadership_(database),
      pruned_at_(started_at_) {}

Result<std::unique_ptr<Keeper>> Keeper::start(Database& database, const Source& source) {
  SQB_TRY(check_keepable(source));
  Source own;
  own.path = source.path;
  own.vfs = source.vfs;
  own.busy_timeout_ms = kBusyTimeoutMs;
  std::unique_ptr<Keeper> keeper(new Keeper(database, std::move(own)));
  SQB_TRY(backup_schedule(database).status());
  SQB_ASSIGN(const bool leader, keeper->leadership_.take());
  KeeperState state;
  state.leader = leader;
  keeper->report(state);
  const Env& env = database.env();
  keeper->courier_ = std::make_unique<Courier>(
      database, AlertSenders{curl_http(), curl_mail(), *env.clock, &system_sleep}, shared_courier_pool(env));
  keeper->pool_ = shared_pool(env);
  SQB_ASSIGN(keeper->job_, keeper->pool_->add([raw = keeper.get()] { return raw->look(); }));
  return keeper;
}

Keeper::~Keeper() {
  cancel_.stop();
  if (courier_) courier_->stop();
  if (pool_ && job_ != 0) pool_->remove(job_);
}

KeeperState Keeper::state() {
  MutexLock lock(mutex_);
  return state_;
}

void Keeper::report(const KeeperState& state) {
  MutexLock lock(mutex_);
  state_ = state;
}

void Keeper::settings_changed() {
  look_closely_ = true;
  pool_->wake(job_);
}

// The database without a share in it: the keeper shall not be the one that ends it.
Session::Target Keeper::target() {
  return {std::shared_ptr<Database>(std::shared_ptr<Database>(), &database_), source_};
}

std::optional<UnixMillis> Keeper::look() {
  const UnixMillis again = database_.env().clock->now() + kLookAgain;
  try {
    KeeperState state;
    const auto next = attend(state);
    if (!next.ok()) {
      state.leader = leadership_.held();
      state.problem = next.status().to_string();
      look_problem_ = state.problem;
    }
    report(state);
    watch(state);
    return next.ok() ? *next : again;
  } catch (...) {  // memory ran out, or a defect of ours: neither shall end the host
    return again;
  }
}

// What the outside is told of a look: a change of health, and whatever became an event. Trouble with the
// health is no reason to stop: it is looked at again. A run that failed has checks and events of its own: as
// a problem it would come and go between the tries, and somebody would be told each time.
void Keeper::watch(KeeperState state) {
  if (cancel_.stopped()) return;  // a run that was cut short says nothing about the health
  if (!leadership_.held()) return courier_->rest();
  state.problem = standing_problem();
  bool changed = false;
  const double now = database_.env().clock->monotonic_seconds();
  if (enabled_ && (ran_ || now >= health_due_)) {
    health_due_ = now + kHealthEvery;
    const auto watched = watch_health(database_, state);
    changed = watched.ok() && *watched;
  }
  ran_ = false;
  if (changed || !idle_) courier_->wake();
}

// Of the scheduler itself, and not of one run.
std::string Keeper::standing_problem() const {
  const bool both = !look_problem_.empty() && !prune_problem_.empty();
  return look_problem_ + (both ? "; " : "") + prune_problem_;
}

Result<UnixMillis> Keeper::attend(KeeperState& state) {
  Clock& clock = *database_.env().clock;
  idle_ = nothing_new();
  if (idle_) {
    state = this->state();
    return std::min(*next_, clock.now() + kLookAgain);
  }
  next_.reset();
  const auto works = attend_backups(state);
  if (!works.ok()) {
    tell_of_trouble(works.status());
    return works.status();
  }
  in_trouble_ = told_of_trouble_ = false;
  if (!*works) return clock.now() + (state.leader ? kLookAgain : kTakeover);
  SQB_ASSIGN(const auto next_drill, attend_drills(state));
  SQB_ASSIGN(const auto next_prune, attend_prunes(state));
  next_ = std::min({state.next_backup.value_or(INT64_MAX), next_drill.value_or(INT64_MAX),
                    next_prune.value_or(INT64_MAX)});
  if (state.problem.empty()) state.problem = standing_problem();
  return std::min(*next_, clock.now() + kLookAgain);
}

// Without this no backup is made. False: it is not for this keeper to make any.
Result<bool> Keeper::attend_backups(KeeperState& state) {
  SQB_ASSIGN(state.leader, leadership_.take());
  if (!state.leader) return false;
  SQB_ASSIGN(const auto enabled, database_.setting("enabled"));
  enabled_ = is_on(enabled);
  if (!enabled_) return false;
  const Status alerts = courier_->lead();
  look_problem_ = alerts.ok() ? "" : alerts.to_string();
  SQB_TRY(make_due_backup(state));
  return true;
}

// The backup that is due, and what follows from it.
Status Keeper::make_due_backup(KeeperState& state) {
  Clock& clock = *database_.env().clock;
  SQB_ASSIGN(const Schedule schedule, backup_schedule(database_));
  SQB_ASSIGN(const Jitter jitter, jitter_of(database_));
  SQB_ASSIGN(auto last, last_backup());
  state.next_backup = backups_.next(schedule, last, clock.now(), jitter);
  if (!state.next_backup || *state.next_backup > clock.now()) return {};
  ran_ = true;
  const Status made = back_up();
  if (made.ok()) {
    backups_.succeeded();
    static_cast<void>(prune_backups(state));
  } else {
    backups_.failed(clock.now());
    state.problem = made.to_string();
  }
  SQB_ASSIGN(last, last_backup());
  state.next_backup = backups_.next(schedule, last, clock.now(), jitter);
  return {};
}

// Runs the drill that is due. Returns when the next one is; nullopt: never. One that failed has done its
// work.
Result<std::optional<UnixMillis>> Keeper::attend_drills(KeeperState& state) {
  Clock& clock = *database_.env().clock;
  SQB_ASSIGN(const auto schedule, drill_schedule(database_));
  if (!schedule) return std::optional<UnixMillis>();
  SQB_ASSIGN(const Jitter jitter, jitter_of(database_));
  SQB_ASSIGN(auto last, last_drill());
  auto due = drills_.next(*schedule, last, clock.now(), jitter);
  if (!due || *due > clock.now()) return due;
  ran_ = true;
  Session::Target target = this->target();
  DrillOptions options;
  options.trigger = "scheduled";
  const Status drilled = drill_backup(target, options, cancel_).status();
  if (drilled.ok() || drilled.is(Error::kDrillFailed)) {
    drills_.succeeded();
  } else {
    drills_.failed(clock.now());
  }
  if (!drilled.ok()) state.problem = drilled.to_string();
  SQB_ASSIGN(last, last_drill());
  return drills_.next(*schedule, last, clock.now(), jitter);
}

Status Keeper::prune_backups(KeeperState& state) {
  Session::Target target = this->target();
  Status pruned = prune(target, "scheduled", cancel_).status();
  if (!pruned.ok()) state.problem = pruned.to_string();
  // It may have failed before it was a run that tells of itself.
  if (!cancel_.stopped()) prune_problem_ = pruned.ok() ? "" : state.problem;
  return pruned;
}

// Prunes where that is due by itself. Returns when the next time is; nullopt: never. One that was missed
// while no keeper led is not made up for: each backup is followed by one.
Result<std::optional<UnixMillis>> Keeper::attend_prunes(KeeperState& state) {
  Clock& clock = *database_.env().clock;
  SQB_ASSIGN(const auto schedule, prune_schedule(database_));
  if (!schedule) return std::optional<UnixMillis>();
  SQB_ASSIGN(const Jitter jitter, jitter_of(database_));
  const auto due = prunes_.next(*schedule, pruned_at_, clock.now(), jitter);
  if (!due || *due > clock.now()) return due;
  ran_ = true;
  if (prune_backups(state).ok()) {
    prunes_.succeeded();
    pruned_at_ = clock.now();
  } else {
    prunes_.failed(clock.now());
  }
  return prunes_.next(*schedule, pruned_at_, clock.now(), jitter);
}

// When the newest drill began; where there was none, when this keeper did: starting it is no time for a
// drill.
Result<std::optional<UnixMillis>> Keeper::last_drill() {
  SQB_ASSIGN(auto place, database_.directory());
  SQB_ASSIGN(auto catalog, database_.open_catalog(place, Catalog::Access::kWrite));
  SQB_ASSIGN(const auto last_id, catalog->last_drill_id());
  SQB_ASSIGN(const auto newest, catalog->drills(last_id - 1, 1));
  return std::optional(newest.empty() ? started_at_ : newest.front().started_at);
}

// Whether what the leader worked out last still holds: nothing is due, and nobody has written to the catalog,
// where settings and runs are. So a glance at one file is all that an idle database costs.
bool Keeper::nothing_new() {
  const bool told = look_closely_.exchange(false);
  if (!leadership_.stands()) return false;
  const auto catalog = database_.env().files->info(join_path(leadership_.directory(), kCatalogFileName),
                                                   /*follow_symlink=*/false);
  const UnixMillis now = database_.env().clock->now();
  const bool same = catalog.ok() && catalog_ && same_file(*catalog, *catalog_) && now >= looked_at_;
  catalog_ = catalog.ok() ? std::optional(*catalog) : std::nullopt;
  looked_at_ = now;
  return !told && same && next_ && now < *next_;
}

// When the newest good backup was made, or found to be still as the database is. nullopt: there is none.
Result<std::optional<UnixMillis>> Keeper::last_backup() {
  SQB_ASSIGN(auto place, database_.directory());
  SQB_ASSIGN(auto catalog, database_.open_catalog(place, Catalog::Access::kWrite));
  return catalog->last_good_backup();
}

Status Keeper::back_up() {
  bool begun = false;
  Status made = try_to_back_up(begun);
  if (!made.ok() && !begun && !made.is(Error::kInterrupted)) record_failure(made);
  return made;
}

// A backup that failed before it was a run of the log.
void Keeper::record_failure(const Status& failure) {
  RunRecord record;
  record.operation = "backup";
  record.trigger = "scheduled";
  auto place = database_.directory();
  auto run = place.ok() ? Run::begin(database_, *place, Run::Kind::kWrites, record, cancel_) : place.status();
  if (run.ok()) {
    static_cast<void>((*run)->finish(failure));
  } else {
    told_of_trouble_ = true;
    courier_->backup_failed(failure);
  }
}

// Where not even the log can be reached, no backup is made and no row says so: this does, once. A lock on the
// catalog may be somebody's who is soon done: that has to be met twice.
void Keeper::tell_of_trouble(const Status& trouble) {
  const bool passing = trouble.is(Error::kDatabaseBusy) && !in_trouble_;
  in_trouble_ = true;
  if (passing || told_of_trouble_ || !leadership_.held() || trouble.is(Error::kInterrupted)) return;
  told_of_trouble_ = true;
  courier_->backup_failed(trouble);
}

// `begun`: whether it has become a run of the log.
Status Keeper::try_to_back_up(bool& begun) {
  Session::Target target = this->target();
  SQB_ASSIGN(const bool skipped, skip(target));
  if (skipped) return {};
  const auto glance = glance_at(database_.env(), source_.path);
  BackupOptions options;
  options.trigger = "scheduled";
  options.begun = [&](const RunRecord& run, const std::string& uuid) {
    begun = true;
    courier_->backup_began(run, uuid);
  };
  SQB_ASSIGN(backed_up_name_, backup_database(target, options, cancel_));
  backed_up_ = glance;
  return {};
}

// Whether the newest backup still says it all; that is then recorded as this run.
Result<bool> Keeper::skip(Session::Target& target) {
  SQB_ASSIGN(const auto wanted, database_.setting("skip_unchanged"));
  if (!is_on(wanted) || !unchanged(backed_up_, glance_at(database_.env(), source_.path))) return false;
  SQB_ASSIGN(auto place, database_.directory());
  {
    SQB_ASSIGN(auto catalog, database_.open_catalog(place, Catalog::Access::kWrite));
    SQB_ASSIGN(const auto backup, catalog->find(backed_up_name_));
    if (!backup || backup->status != "completed") return false;
  }
  RunRecord record;
  record.operation = "backup";
  record.trigger = "scheduled";
  record.name = backed_up_name_;
  SQB_ASSIGN(auto run, Run::begin(*target.database, place, Run::Kind::kWrites, record, cancel_));
  run->record().error = "the database has not changed since this backup, so no new one was made";
  SQB_TRY(run->finish({}));
  return true;
}

}  // namespace sqbackup
