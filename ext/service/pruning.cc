#include "service/pruning.h"

#include <algorithm>
#include <map>

#include "service/operations.h"
#include "service/run.h"

namespace sqbackup {
namespace {

Result<std::int64_t> milliseconds(Database& database, const char* key) {
  SQB_ASSIGN(const SettingValue value, database.setting(key));
  return duration_of(value);
}

Result<std::int64_t> number(Database& database, const char* key) {
  SQB_ASSIGN(const SettingValue value, database.setting(key));
  return count_of(value);
}

Result<std::vector<BackupRecord>> all_backups(Catalog& catalog) {
  constexpr int kPage = 1000;
  std::vector<BackupRecord> all;
  while (true) {
    SQB_ASSIGN(auto page, catalog.list({}, all.empty() ? nullptr : &all.back(), kPage));
    if (page.empty()) return all;
    all.insert(all.end(), std::make_move_iterator(page.begin()), std::make_move_iterator(page.end()));
  }
}

// `spare_manual`: backups made by hand are no part of it, and stay.
std::vector<PruneDecision> decide(const RetentionPolicy& policy, bool spare_manual,
                                  const std::vector<BackupRecord>& backups, UnixMillis now) {
  std::vector<PruneDecision> decisions;
  std::vector<RetentionRow> rows;
  std::vector<UnixMillis> restores;
  std::map<std::string, UnixMillis> created;
  for (const BackupRecord& backup : backups) {
    if (spare_manual && backup.trigger == "manual") {
      decisions.push_back({backup.name, backup.created_at, true, {"made by hand, and no policy is set"}});
      continue;
    }
    rows.push_back({backup.name, backup.created_at, backup.trigger, backup.status == "completed",
                    backup.verified_at, backup.pinned, backup.partial});
    created[backup.name] = backup.created_at;
    // A live restore is told by its undo and not by the log, which can be lost, and where the record of a
    // restore whose process died says nothing of how far it came.
    if (backup.trigger == "pre_restore") restores.push_back(backup.created_at);
  }
  for (RetentionDecision& made : plan_retention(policy, std::move(rows), std::move(restores), now)) {
    const UnixMillis time = created[made.name];
    decisions.push_back({std::move(made.name), time, made.keep, std::move(made.reasons)});
  }
  std::sort(decisions.begin(), decisions.end(), [](const PruneDecision& a, const PruneDecision& b) {
    return a.created_at != b.created_at ? a.created_at > b.created_at : a.name > b.name;
  });
  return decisions;
}

// Whether the user has said nothing about what to keep.
Result<bool> is_default(Database& database, const RetentionPolicy& policy) {
  SQB_ASSIGN(const SettingValue keep_last, database.setting("keep_last"));
  RetentionPolicy untouched;
  untouched.keep_last = policy.keep_last;
  return std::string_view(keep_last.source) == "default" && policy == untouched;
}

// What a guard rail keeps is left; anything else is a failure.
bool is_left(const Status& status) {
  return status.is(Error::kPinned) || status.is(Error::kInUse) || status.is(Error::kLastRestorable) ||
         status.is(Error::kImported);
}

class Pruning {
 public:
  Pruning(const Session::Target& target, Run& run) : deletion_(target), run_(run) {}

  // The first failure, after trying all.
  Status remove(const std::vector<std::string>& names) {
    run_.begin_phase("removing", names.size());
    for (const std::string& name : names) note(name, deletion_.stage(name, /*force=*/false));
    const Status stopped =
        deletion_.commit("retention", [this](const std::string& name, const Status& outcome) {
          if (outcome.ok()) ++removed_;
          note(name, outcome);
          return run_.advance(static_cast<std::uint64_t>(removed_));
        });
    if (!left_.empty()) run_.record().error = "left: " + left_;
    return stopped.ok() ? failure_ : stopped;
  }
  std::int64_t removed() const { return removed_; }

 private:
  void note(const std::string& name, const Status& status) {
    if (status.ok() || status.is(Error::kNoSuchBackup)) return;  // gone meanwhile
    if (is_left(status)) {
      left_ += (left_.empty() ? "" : "; ") + status.message();
    } else if (failure_.ok()) {
      failure_ = status.with_context("'" + name + "' could not be removed");
    }
  }

  Deletion deletion_;
  Run& run_;
  std::int64_t removed_ = 0;
  std::string left_;
  Status failure_;
};

}  // namespace

Result<RetentionPolicy> retention_policy(Database& database) {
  RetentionPolicy policy;
  SQB_ASSIGN(policy.keep_hourly, number(database, "keep_hourly"));
  SQB_ASSIGN(policy.keep_daily, number(database, "keep_daily"));
  SQB_ASSIGN(policy.keep_weekly, number(database, "keep_weekly"));
  SQB_ASSIGN(policy.keep_monthly, number(database, "keep_monthly"));
  SQB_ASSIGN(policy.keep_yearly, number(database, "keep_yearly"));
  SQB_ASSIGN(policy.keep_within, milliseconds(database, "keep_within"));
  SQB_ASSIGN(policy.keep_days, number(database, "keep_days"));
  SQB_ASSIGN(policy.delete_older_than, milliseconds(database, "delete_older_than"));
  SQB_ASSIGN(policy.keep_at_most, number(database, "keep_at_most"));
  const bool has_rule = policy.keep_hourly != 0 || policy.keep_daily != 0 || policy.keep_weekly != 0 ||
                        policy.keep_monthly != 0 || policy.keep_yearly != 0 || policy.keep_within != 0 ||
                        policy.keep_days != 0;
  const bool has_limit = policy.delete_older_than != 0 || policy.keep_at_most != 0;
  SQB_ASSIGN(const SettingValue keep_last, database.setting("keep_last"));
  const bool is_default = std::string_view(keep_last.source) == "default";
  if (!is_default || has_rule || !has_limit) policy.keep_last = count_of(keep_last);
  return policy;
}

Result<std::vector<PruneDecision>> plan_prune(Session::Target& target) {
  Database& database = *target.database;
  SQB_ASSIGN(const RetentionPolicy policy, retention_policy(database));
  SQB_ASSIGN(auto directory, database.directory());
  SQB_ASSIGN(auto catalog, database.open_catalog(directory, Catalog::Access::kRead));
  SQB_ASSIGN(const auto backups, all_backups(*catalog));
  SQB_ASSIGN(const bool spare_manual, is_default(database, policy));
  return decide(policy, spare_manual, backups, database.env().clock->now());
}

Result<std::int64_t> prune(Session::Target& target, const std::string& trigger, Progress& progress) {
  SQB_ASSIGN(const auto decisions, plan_prune(target));
  std::vector<std::string> names;
  // The oldest go first: what an interrupted prune leaves has no gap.
  for (auto decision = decisions.rbegin(); decision != decisions.rend(); ++decision) {
    if (!decision->keep) names.push_back(decision->name);
  }
  if (names.empty()) return std::int64_t{0};
  SQB_ASSIGN(auto directory, target.database->directory());
  RunRecord record;
  record.operation = "prune";
  record.trigger = trigger;
  SQB_ASSIGN(auto run, Run::begin(*target.database, directory, Run::Kind::kWrites, record, progress));
  Pruning pruning(target, *run);
  SQB_TRY(run->finish(pruning.remove(names)));
  return pruning.removed();
}

}  // namespace sqbackup
