// `backup_fleet`: one row for each database that this process has to do with, and how its backups are.
#include "service/fleet.h"
#include "vtab/read_only_table.h"
#include "vtab/values.h"

namespace sqbackup {
namespace {

enum : int { kDatabase, kState, kOk, kFailing, kNewest, kNextBackup, kBackups, kProblem };

constexpr Column kColumns[] = {
    {"database", "TEXT"}, {"state", "TEXT"},       {"ok", "INTEGER"},      {"failing", "TEXT"},
    {"newest", "TEXT"},   {"next_backup", "TEXT"}, {"backups", "INTEGER"}, {"problem", "TEXT"},
};

struct FleetRow {
  std::string database;
  const char* state;
  bool ok = true;
  std::string failing;  // names of the checks that do not hold
  std::optional<UnixMillis> newest;
  std::optional<UnixMillis> next_backup;
  std::int64_t backups = 0;
  std::string problem;
};

FleetRow row_of(const FleetMember& member) {
  FleetRow row;
  row.database = member.database;
  row.state = !member.kept ? "stopped" : member.kept->leader ? "leader" : "follower";
  if (member.kept) row.next_backup = member.kept->next_backup;
  if (!member.facts.ok()) {
    row.ok = false;
    row.problem = member.facts.status().to_string();
    return row;
  }
  row.newest = member.facts->newest;
  row.backups = member.facts->completed;
  row.problem = member.facts->problem;
  for (const HealthCheck& check : judge_health(*member.facts)) {
    if (check.ok) continue;
    row.ok = false;
    row.failing.append(row.failing.empty() ? "" : ", ").append(check.name);
  }
  return row;
}

class FleetCursor : public ListCursor<FleetRow> {
 public:
  explicit FleetCursor(Session& session) : session_(session) {}

  void column(sqlite3_context* context, int index) override {
    const FleetRow& row = this->row();
    switch (index) {
      case kDatabase:
        return put(context, std::string_view(row.database));
      case kState:
        return put(context, std::string_view(row.state));
      case kOk:
        return put(context, row.ok);
      case kFailing:
        return put_unless_empty(context, row.failing);
      case kNewest:
        return put_time(context, row.newest);
      case kNextBackup:
        return put_time(context, row.next_backup);
      case kBackups:
        return put(context, row.backups);
      case kProblem:
        return put_unless_empty(context, row.problem);
      default:
        return;
    }
  }

 protected:
  Status load(const Scan&, std::vector<FleetRow>& rows) override {
    SQB_TRY(session_.check());
    for (const FleetMember& member : look_at_fleet()) rows.push_back(row_of(member));
    return {};
  }

 private:
  Session& session_;
};

}  // namespace

constinit const TableType kBackupFleetTable{kColumns, connect_read_only<FleetCursor>, false};

}  // namespace sqbackup
