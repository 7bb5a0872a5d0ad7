// `backup_log`: every run of anything.
#include "vtab/read_only_table.h"
#include "vtab/values.h"

namespace sqbackup {
namespace {

enum : int {
  kId,
  kOperation,
  kTrigger,
  kName,
  kActor,
  kStatus,
  kStartedAt,
  kFinishedAt,
  kBytes,
  kProgress,
  kErrorCode,
  kError,
  kDatabase,
};

constexpr Column kColumns[] = {
    {"id", "INTEGER"},
    {"operation", "TEXT"},
    {"trigger", "TEXT"},
    {"name", "TEXT"},
    {"actor", "TEXT"},
    {"status", "TEXT"},
    {"started_at", "TEXT"},
    {"finished_at", "TEXT"},
    {"bytes", "INTEGER"},
    {"progress", "REAL"},
    {"error_code", "TEXT"},
    {"error", "TEXT"},
    {"database", "TEXT", Column::Role::kArgument},
};

using LogRows = CatalogCursor<RunRecord, &Catalog::last_run_id, &Catalog::runs, /*kPageRows=*/256, kDatabase>;

class LogCursor : public LogRows {
 public:
  using LogRows::LogRows;

  std::int64_t rowid() override { return row().id; }
  void column(sqlite3_context* context, int index) override {
    switch (index) {
      case kId:
        return put(context, row().id);
      case kOperation:
        return put(context, std::string_view(row().operation));
      case kTrigger:
        return put_unless_empty(context, row().trigger);
      case kName:
        return put_unless_empty(context, row().name);
      case kActor:
        return put_unless_empty(context, row().actor);
      case kStatus:
        return put(context, std::string_view(row().status));
      case kStartedAt:
        return put_time(context, row().started_at);
      case kFinishedAt:
        return put_time(context, row().finished_at);
      case kBytes:
        return put(context, row().bytes);
      case kProgress:
        return put(context, row().progress);
      case kErrorCode:
        return put_unless_empty(context, row().error_code);
      case kError:
        return put_unless_empty(context, row().error);
      case kDatabase:
        return put(context, shown_database());
      default:
        return;
    }
  }
};

}  // namespace

constinit const TableType kBackupLogTable{kColumns, connect_read_only<LogCursor>, false};

}  // namespace sqbackup
