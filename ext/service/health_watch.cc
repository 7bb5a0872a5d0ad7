#include "service/health_watch.h"

#include "catalog/catalog.h"
#include "format/event_text.h"
#include "service/health.h"

namespace sqbackup {
namespace {

std::string names_of_failing(const std::vector<HealthCheck>& checks) {
  std::string names;
  for (const HealthCheck& check : checks) {
    if (!check.ok) names += (names.empty() ? "" : ", ") + check.name;
  }
  return names;
}

EventRecord event_of(const Database& database, const std::vector<HealthCheck>& checks,
                     const std::string& failing, UnixMillis now) {
  EventRecord event;
  event.at = now;
  event.type = "health.changed";
  event.trigger = "scheduled";
  event.ok = failing.empty();
  event.title = "the backups of " + database.path() +
                (event.ok ? " are all well again" : " need attention: " + failing);
  EventDetails details = {{"failing", failing}};
  for (const HealthCheck& check : checks) {
    details.emplace_back(check.name, check.value);
    if (check.ok) continue;
    event.text += (event.text.empty() ? "" : "\n") + check.name + ": " + check.value;
    if (!check.threshold.empty()) event.text += " (it should be " + check.threshold + ")";
    event.text += "; " + check.advice;
  }
  event.details = event_details_json(details);
  return event;
}

}  // namespace

Result<bool> watch_health(Database& database, const KeeperState& kept) {
  SQB_ASSIGN(const HealthFacts facts, health_facts(database, kept));
  const auto checks = judge_health(facts);
  const std::string failing = names_of_failing(checks);
  SQB_ASSIGN(auto place, database.directory());
  SQB_ASSIGN(auto catalog, database.open_catalog(place, Catalog::Access::kWrite));
  SQB_ASSIGN(const auto noted, catalog->health());
  if (noted == failing) return false;
  const bool is_event = noted || !failing.empty();
  const EventRecord event = event_of(database, checks, failing, facts.now);
  SQB_TRY(catalog->change_health(failing, is_event ? &event : nullptr));
  return is_event;
}

}  // namespace sqbackup
