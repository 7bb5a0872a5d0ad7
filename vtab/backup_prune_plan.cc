// `backup_prune_plan`: what backup_prune() would do with each backup, and why.
#include "service/pruning.h"
#include "vtab/read_only_table.h"
#include "vtab/values.h"

namespace sqbackup {
namespace {

enum : int { kName, kCreatedAt, kKeep, kReasons, kDatabase };

constexpr Column kColumns[] = {
    {"name", "TEXT"},
    {"created_at", "TEXT"},
    {"keep", "INTEGER"},
    {"reasons", "TEXT"},
    {"database", "TEXT", Column::Role::kArgument},
};

std::string joined(const std::vector<std::string>& reasons) {
  std::string text;
  for (const std::string& reason : reasons) text += (text.empty() ? "" : "; ") + reason;
  return text;
}

class PlanCursor : public ListCursor<PruneDecision> {
 public:
  explicit PlanCursor(Session& session) : session_(session) {}

  void column(sqlite3_context* context, int index) override {
    switch (index) {
      case kName:
        return put(context, std::string_view(row().name));
      case kCreatedAt:
        return put_time(context, row().created_at);
      case kKeep:
        return put(context, row().keep);
      case kReasons:
        return put(context, std::string_view(joined(row().reasons)));
      case kDatabase:
        return put(context, std::string_view(shown_));
      default:
        return;
    }
  }

 protected:
  Status load(const Scan& scan, std::vector<PruneDecision>& rows) override {
    SQB_ASSIGN(auto chosen, ChosenDatabase::of(session_, scan, kDatabase));
    shown_ = chosen.shown();
    SQB_ASSIGN(rows, plan_prune(chosen.target()));
    return {};
  }

 private:
  Session& session_;
  std::string shown_;
};

}  // namespace

constinit const TableType kBackupPrunePlanTable{kColumns, connect_read_only<PlanCursor>, false};

}  // namespace sqbackup
