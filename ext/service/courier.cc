#include "service/courier.h"

#include <algorithm>
#include <new>
#include <utility>

#include "base/process.h"
#include "base/random.h"
#include "format/event_text.h"
#include "service/alert_targets.h"

namespace sqbackup {
namespace {

constexpr std::int64_t kTryAgain = 30'000;  // ms, where the catalog could not be read or written
constexpr int kPageRows = 64;
constexpr const char* kReplaced =
    "' was removed, moved or unmounted, or its catalog.db was: in what is there now the settings, alert "
    "targets "
    "and assertions that were stored may be missing, and the backups. Stop the scheduler and put the "
    "directory "
    "back, or set them again";

// What the one who asked for it has seen, or what is no news, is an event and no alert.
bool is_told(const EventRecord& event) {
  if (event.trigger != "scheduled") return false;
  for (const char* type :
       {"backup.completed", "backup.failed", "drill.failed", "prune.failed", "health.changed"}) {
    if (event.type == type) return true;
  }
  return false;
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

// Its job looks once more, at what the other one leads.
void Courier::rest() {
  if (leading_.exchange(false)) wake();
}

Status Courier::lead() {
  leading_ = true;
  SQB_ASSIGN(const NamedTargets found, alert_targets(database_));
  // Where nobody is to be told, no thread waits for it. Before anything is written: a disk that is full is
  // told, too.
  if (any(found.targets) && job_ == 0) {
    SQB_ASSIGN(job_, pool_->add([this] { return look(); }));
  }
  SQB_ASSIGN(auto place, database_.directory());
  SQB_ASSIGN(auto catalog, database_.open_catalog(place, Catalog::Access::kWrite));
  if (any(found.targets)) {
    SQB_TRY(catalog->begin_delivery());
  } else if (found.problem.ok()) {  // else the next one who leads goes on
    SQB_TRY(catalog->end_delivery());
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
    remember({std::move(alert), std::nullopt});
  } catch (const std::bad_alloc&) {  // the backup may still succeed
  }
}

std::optional<AlertEvent> Courier::failure_alert(std::string title, std::string text) const {
  AlertEvent alert = alert_about_database();
  auto id = random_uuid();
  if (!id.ok()) return std::nullopt;
  alert.id = std::move(*id);
  alert.type = "backup.failed";
  alert.title = std::move(title);
  alert.text = std::move(text);
  alert.data = {{"trigger", "scheduled"}};
  return alert;
}

void Courier::backup_failed(const Status& failure) {
  auto alert = failure_alert("the backup of " + database_.path() + " failed", failure.message());
  if (!alert) return;
  alert->data.emplace_back("code", std::string(id_of(failure.error())));
  remember({std::move(*alert), std::nullopt});
}

void Courier::remember(RememberedAlert alert) {
  memory_.add(std::move(alert));
  wake();
}

std::optional<UnixMillis> Courier::look() {
  try {
    const auto more = work();
    if (more.ok()) return *more ? std::optional(database_.env().clock->now()) : std::nullopt;
  } catch (...) {  // memory ran out, or a defect of ours: neither shall end the host
  }
  return database_.env().clock->now() + kTryAgain;
}

// Tells one thing, so that databases whose servers hang share the threads with the others. Whether there may
// be more.
Result<bool> Courier::work() {
  if (stopped_) return false;
  leads_ = leading_;
  if (!leads_) {
    memory_.keep_last_words();
    mail_owed_.reset();
    read_targets();
    return tell_from_memory(nullptr);
  }
  const auto due = next_event();
  // After it: whoever set the first one has noted from where on events are told. Where the catalog is out of
  // reach, so are the settings in it: those that were read last hold.
  if (due.ok()) read_targets();
  if (due.ok() && *due) {
    SQB_ASSIGN(const bool told, tell_from_memory(&(*due)->event));
    if (!told) SQB_TRY(tell(**due));
    return may_work();
  }
  SQB_ASSIGN(const bool told, tell_from_memory(nullptr));
  if (told) return may_work();
  SQB_TRY(due.status());
  return false;
}

// Where they cannot be read they are what they were: it may be that which is to be told. And where they are
// another catalog's, of the same directory, those of before are told, who would not hear of anything more.
void Courier::read_targets() {
  auto found = alert_targets(database_);
  auto place = database_.directory();
  if (!found.ok() || !place.ok()) return;
  // A catalog that went away meanwhile looks as if nothing were set in it.
  const auto catalog = database_.open_catalog(*place, Catalog::Access::kWrite);
  if (!catalog.ok()) return;
  const auto last_event = (*catalog)->last_event_id();
  if (!last_event.ok()) return;
  const AlertTargets before = std::exchange(targets_, std::move(found->targets));
  const auto old = std::exchange(origin_, Origin{place->path(), (*catalog)->database_id(), *last_event});
  if (!old || old->directory != place->path()) return;
  const bool same = old->database_id == origin_->database_id && old->last_event <= origin_->last_event;
  if (same || !any(before)) return;
  auto alert = failure_alert("the backup directory of " + database_.path() + " was replaced, or its catalog",
                             "'" + place->path() + kReplaced);
  if (alert) memory_.add({std::move(*alert), before, /*last_word=*/true});
}

// The next one that is told. The catalog is closed again before anybody is: servers take their time.
Result<std::optional<Courier::Due>> Courier::next_event() {
  SQB_ASSIGN(auto place, database_.directory());
  SQB_ASSIGN(auto catalog, database_.open_catalog(place, Catalog::Access::kWrite));
  if (!mail_owed_) {
    SQB_ASSIGN(mail_owed_, catalog->mail_owed());
  }
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
  if (query.after_id != *delivered) {
    SQB_TRY(catalog->advance_delivered(*delivered, query.after_id, *mail_owed_, nullptr));
  }
  return std::optional<Due>();
}

std::vector<AlertDelivery> Courier::send(const AlertTargets& targets, const AlertEvent& alert) {
  auto deliveries = deliver(targets, alert, senders_, [&] { return stopped_ || leading_ != leads_; });
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
  const auto deliveries =
      send(targets_for(targets_, about_backup, event.ok, previous_ok, mail_owed_ == true), alert);
  const bool cut_short = std::any_of(deliveries.begin(), deliveries.end(), [](const AlertDelivery& one) {
    return one.status.is(Error::kInterrupted);
  });
  if (cut_short) return {};
  const auto failure = failure_of(event, deliveries, began, senders_.clock.now());
  SQB_ASSIGN(auto place, database_.directory());
  SQB_ASSIGN(auto catalog, database_.open_catalog(place, Catalog::Access::kWrite));
  SQB_TRY(catalog->advance_delivered(due.after, event.id, mail_owed_ == true, failure ? &*failure : nullptr));
  if (about_backup) failed_from_memory_ = false;
  return {};
}

// Tells one thing that is remembered; false: there is none, or none that comes before the event. A failure
// that did not reach everybody is kept for those, and the error says why; where an event waits it is let go:
// that will tell.
Result<bool> Courier::tell_from_memory(const EventRecord* before) {
  auto remembered = memory_.take(before);
  if (!remembered) return false;
  const AlertEvent& alert = remembered->alert;
  const bool failed = alert.outcome == AlertOutcome::kFailed;
  const auto previous_ok = failed_from_memory_ ? std::optional(false) : std::nullopt;
  const AlertTargets targets =
      remembered->to ? *remembered->to
                     : targets_for(targets_, /*about_backup=*/true, !failed, previous_ok, mail_owed_ == true);
  const auto deliveries = send(targets, alert);
  failed_from_memory_ = failed_from_memory_ || failed;
  remembered->to = still_owed(targets, deliveries);
  if (!failed || before != nullptr || !any(*remembered->to)) return true;
  if (!memory_.put_back(std::move(*remembered))) return true;
  return Status(Error::kNetwork, "a failure is still to be told");
}

}  // namespace sqbackup
