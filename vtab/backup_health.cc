// `backup_health`: one row for each check of how the backups of a database are.
#include "service/health.h"
#include "vtab/read_only_table.h"
#include "vtab/values.h"

namespace sqbackup {
namespace {

enum : int { kName, kOk, kValue, kThreshold, kAdvice, kDatabase };

constexpr Column kColumns[] = {
    {"name", "TEXT"},      {"ok", "INTEGER"},  {"value", "TEXT"},
    {"threshold", "TEXT"}, {"advice", "TEXT"}, {"database", "TEXT", Column::Role::kArgument},
};

class HealthCursor : public ListCursor<HealthCheck> {
 public:
  explicit HealthCursor(Session& session) : session_(session) {}

  void column(sqlite3_context* context, int index) override {
    const HealthCheck& check = this->row();
    switch (index) {
      case kName:
        return put(context, std::string_view(check.name));
      case kOk:
        return put(context, check.ok);
      case kValue:
        return put(context, std::string_view(check.value));
      case kThreshold:
        return put_unless_empty(context, check.threshold);
      case kAdvice:
        return put_unless_empty(context, check.advice);
      case kDatabase:
        return put(context, std::string_view(shown_));
      default:
        return;
    }
  }

 protected:
  Status load(const Scan& scan, std::vector<HealthCheck>& rows) override {
    SQB_ASSIGN(auto chosen, ChosenDatabase::of(session_, scan, kDatabase));
    shown_ = chosen.shown();
    SQB_ASSIGN(const auto facts, health_facts(chosen.database(), chosen.database().keeper_state()));
    rows = judge_health(facts);
    return {};
  }

 private:
  Session& session_;
  std::string shown_;
};

}  // namespace

constinit const TableType kBackupHealthTable{kColumns, connect_read_only<HealthCursor>, false};

}  // namespace sqbackup
