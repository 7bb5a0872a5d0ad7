#include "service/courier.h"

#include <algorithm>
#include <array>
#include <new>

#include "base/process.h"
#include "base/random.h"
#include "format/event_text.h"

namespace sqbackup {
namespace {

constexpr std::int64_t kTryAgain = 30'000;  // ms, where the catalog could not be read or written
constexpr int kPageRows = 64;
constexpr std::size_t kMostRemembered = 16;  // a server that hangs shall not make a queue without end

struct Targets {
  AlertTargets targets;
  Status problem;  // the first value of the environment that is not legal: that target is not set then
};

Result<Targets> targets_of(Database& database) {
  Targets found;
  AlertTargets& targets = found.targets;
  const std::array<std::pair<const char*, std::string*>, 6> settings = {
      {{"ping_url", &targets.ping_url},
       {"webhook_url", &targets.webhook_url},
       {"webhook_secret", &targets.webhook_secret},
       {"smtp_url", &targets.smtp_url},
       {"mail_from", &targets.mail_from},
       {"mail_to", &targets.mail_to}}};
  for (const auto& [key, text] : settings) {
    const auto value = database.setting(key);
    if (value.ok()) {
      *text = value->value.value_or("");
      continue;
    }
    if (!value.status().is(Error::kBadSetting)) return value.status();
    if (found.problem.ok()) found.problem = value.status();
    // Without the signature that is meant, nobody could tell ours from anybody's.
    if (text == &targets.webhook_secret) targets.webhook_url.clear();
  }
  // A server alone names nobody: one in the environment may be there for other databases.
  if (targets.mail_to.empty()) targets.smtp_url.clear();
  return found;
}

bool any(const AlertTargets& targets) {
  return !targets.ping_url.empty() || !targets.webhook_url.empty() || !targets.mail_to.empty();
}

// What the one who asked for it has seen, or what is no news, is an event and no alert.
bool is_told(const EventRecord& event) {
  if (event.trigger != "scheduled") return false;
  for (const char* type :
       {"backup.completed", "backup.failed", "drill.failed", "prune.failed", "health.changed"}) {
    if (event.type == type) return true;
  }
  return false;
}

// The dead man's switch is that of the backups. By mail comes what somebody has to read: of failures in a row
// the first, and the success that ends them.
AlertTargets targets_for(const AlertTargets& all, bool about_backup, bool ok, std::optional<bool> previous_ok,
                         bool mail_owed) {
  AlertTargets wanted = all;
  const bool like_the_last = ok ? previous_ok != false : previous_ok == false;
  if (!about_backup) {
    wanted.ping_url.clear();
  } else if (like_the_last && !(mail_owed && !ok)) {
    wanted.smtp_url.clear();
    wanted.mail_to.clear();
  }
  return wanted;
}

// nullopt: all of them arrived.
std::optional<RunRecord> failure_of(const EventRecord& event, const std::vector<AlertDelivery>& deliveries,
                                    UnixMillis began, UnixMillis ended) {
  std::optional<RunRecord> failure;
  for (const AlertDelivery& delivery : deliveries) {
    if (delivery.status.ok()) continue;
    if (!failure) {
      failure.emplace();
      failure->operation = "alert";
      failure->trigger = "scheduled";
      failure->name = event.name;
      failure->actor = process_actor();
      failure->status = "failed";
      failure->started_at = began;
      failure->finished_at = ended;
      failure->error_code = id_of(delivery.status.error());
      failure->error = "the event " + std::to_string(event.id) + " (" + event.type + ") was not delivered";
    }
    failure->error += "; " + delivery.status.message();
  }
  return failure;
}

}  // namespace

Courier::~Courier() {
  stop();
  if (job_ != 0) pool_->remove(job_);
}

void Courier::wake() {
  if (job_ != 0) pool_->wake(job_);
}

Status Courier::lead() {
  leading_ = true;
  SQB_ASSIGN(const Targets found, targets_of(database_));
  SQB_ASSIGN(auto place, database_.directory());
  SQB_ASSIGN(auto catalog, database_.open_catalog(place, Catalog::Access::kWrite));
  SQB_ASSIGN(const auto delivered, catalog->delivered());
  if (any(found.targets) && !delivered) {
    SQB_ASSIGN(const auto newest, catalog->last_event_id());
    SQB_TRY(catalog->set_delivered(newest));
  } else if (!any(found.targets) && delivered) {
    SQB_TRY(catalog->set_delivered(std::nullopt));
  }
  // Where nobody is to be told, no thread waits for it.
  if (any(found.targets) && job_ == 0) {
    SQB_ASSIGN(job_, pool_->add([this] { return look(); }));
  }
  return found.problem;
}

AlertEvent Courier::alert_about_database() const {
  AlertEvent alert;
  alert.time = database_.env().clock->now();
  alert.host = host_name();
  alert.database = database_.path();
  return alert;
}

void Courier::backup_began(const RunRecord& run, const std::string& uuid) {
  try {
    AlertEvent alert = alert_about_database();
    alert.id = uuid;
    alert.run = uuid;
    alert.type = "backup.started";
    alert.name = run.name;
    alert.outcome = AlertOutcome::kStarted;
    alert.title = "the backup of " + alert.database + " began";
    remember(std::move(alert));
  } catch (const std::bad_alloc&) {  // the backup may still succeed
  }
}

void Courier::backup_failed(const Status& failure) {
  AlertEvent alert = alert_about_database();
  auto id = random_uuid();
  if (!id.ok()) return;
  alert.id = std::move(*id);
  alert.type = "backup.failed";
  alert.title = "the backup of " + alert.database + " failed";
  alert.text = failure.message();
  alert.data = {{"trigger", "scheduled"}, {"code", std::string(id_of(failure.error()))}};
  remember(std::move(alert));
}

void Courier::remember(AlertEvent alert) {
  {
    MutexLock lock(mutex_);
    if (remembered_.size() == kMostRemembered) remembered_.pop_front();
    remembered_.push_back(std::move(alert));
  }
  wake();
}

std::optional<UnixMillis> Courier::look() {
  try {
    const auto more = work();
    if (more.ok()) return *more ? std::optional(database_.env().clock->now()) : std::nullopt;
  } catch (const std::bad_alloc&) {
  }
  return database_.env().clock->now() + kTryAgain;
}

// Tells one thing, so that databases whose servers hang share the threads with the others. Whether there may
// be more.
Result<bool> Courier::work() {
  if (!may_work()) return false;
  const auto due = next_event();
  // After it: whoever set the first one has noted from where on events are told. Where the catalog is out of
  // reach, so are the settings in it: those that were read last hold.
  if (due.ok()) read_targets();
  if (due.ok() && *due) {
    if (!tell_from_memory((*due)->event.run)) SQB_TRY(tell(**due));
    return may_work();
  }
  if (tell_from_memory(std::nullopt)) return may_work();
  SQB_TRY(due.status());
  return false;
}

// Where they cannot be read they are what they were: it may be that which is to be told.
void Courier::read_targets() {
  auto found = targets_of(database_);
  if (!found.ok()) return;
  // A catalog that went away meanwhile looks as if nothing were set in it.
  auto place = database_.directory();
  if (place.ok() && database_.open_catalog(*place, Catalog::Access::kWrite).ok())
    targets_ = std::move(found->targets);
}

// The next one that is told. The catalog is closed again before anybody is: servers take their time.
Result<std::optional<Courier::Due>> Courier::next_event() {
  SQB_ASSIGN(auto place, database_.directory());
  SQB_ASSIGN(auto catalog, database_.open_catalog(place, Catalog::Access::kWrite));
  SQB_ASSIGN(const auto delivered, catalog->delivered());
  if (!delivered) return std::optional<Due>();
  EventQuery query;
  query.after_id = *delivered;
  while (true) {
    SQB_ASSIGN(const auto events, catalog->events(query, kPageRows));
    const auto found = std::find_if(events.begin(), events.end(), is_told);
    if (found != events.end()) {
      Due due;
      due.event = *found;
      due.after = *delivered;
      SQB_ASSIGN(due.id, uuid_of_text("event " + catalog->database_id() + ' ' + std::to_string(found->id) +
                                      ' ' + format_sql_time(found->at)));
      SQB_ASSIGN(due.previous_ok, catalog->scheduled_backup_before(found->id));
      return std::optional(std::move(due));
    }
    if (events.empty()) break;
    query.after_id = events.back().id;
  }
  if (query.after_id != *delivered) SQB_TRY(catalog->advance_delivered(*delivered, query.after_id, nullptr));
  return std::optional<Due>();
}

std::vector<AlertDelivery> Courier::send(const AlertTargets& targets, const AlertEvent& alert) {
  auto deliveries = deliver(targets, alert, senders_, [this] { return !may_work(); });
  for (const AlertDelivery& one : deliveries) {
    if (one.channel == AlertChannel::kMail) mail_owed_ = !one.status.ok();
  }
  return deliveries;
}

Status Courier::tell(const Due& due) {
  const EventRecord& event = due.event;
  const bool about_backup = event.type.starts_with("backup.");
  const auto previous_ok = failed_from_memory_ ? std::optional(false) : due.previous_ok;
  AlertEvent alert = alert_about_database();
  alert.id = due.id;
  alert.type = event.type;
  alert.time = event.at;
  alert.run = event.run;
  alert.name = event.name;
  alert.outcome = event.ok ? AlertOutcome::kSucceeded : AlertOutcome::kFailed;
  alert.title = event.title;
  if (about_backup && event.ok && previous_ok == false) alert.title += " again";
  alert.text = event.text;
  alert.data = event_details(event.details);

  const UnixMillis began = senders_.clock.now();
  const auto deliveries = send(targets_for(targets_, about_backup, event.ok, previous_ok, mail_owed_), alert);
  const bool cut_short = std::any_of(deliveries.begin(), deliveries.end(), [](const AlertDelivery& one) {
    return one.status.is(Error::kInterrupted);
  });
  if (cut_short) return {};
  const auto failure = failure_of(event, deliveries, began, senders_.clock.now());
  SQB_ASSIGN(auto place, database_.directory());
  SQB_ASSIGN(auto catalog, database_.open_catalog(place, Catalog::Access::kWrite));
  SQB_TRY(catalog->advance_delivered(due.after, event.id, failure ? &*failure : nullptr));
  if (about_backup) failed_from_memory_ = false;
  return {};
}

// Tells one of them; false: there is none. In front of the end of `until_run` comes what was remembered up to
// its start; where no end waits (nullopt) any. What cannot be delivered is let go: the end will tell.
bool Courier::tell_from_memory(const std::optional<std::string>& until_run) {
  const auto alert = take_remembered(until_run);
  if (!alert) return false;
  const bool failed = alert->outcome == AlertOutcome::kFailed;
  const auto previous_ok = failed_from_memory_ ? std::optional(false) : std::nullopt;
  send(targets_for(targets_, /*about_backup=*/true, !failed, previous_ok, mail_owed_), *alert);
  failed_from_memory_ = failed_from_memory_ || failed;
  return true;
}

std::optional<AlertEvent> Courier::take_remembered(const std::optional<std::string>& until_run) {
  MutexLock lock(mutex_);
  const bool wanted =
      !until_run || std::any_of(remembered_.begin(), remembered_.end(), [&](const auto& alert) {
        return !alert.run.empty() && alert.run == until_run;
      });
  if (!wanted || remembered_.empty()) return std::nullopt;
  AlertEvent first = std::move(remembered_.front());
  remembered_.pop_front();
  return first;
}

}  // namespace sqbackup
