// `backup_drills`: every restore drill and how it went.
#include "vtab/read_only_table.h"
#include "vtab/values.h"

namespace sqbackup {
namespace {

enum : int {
  kId,
  kName,
  kStartedAt,
  kOk,
  kFailedCheck,
  kError,
  kWarnings,
  kRestoreSeconds,
  kDataAgeSeconds,
  kBytes,
  kTrigger,
  kReport,
  kDatabase,
};

constexpr Column kColumns[] = {
    {"id", "INTEGER"},
    {"name", "TEXT"},
    {"started_at", "TEXT"},
    {"ok", "INTEGER"},
    {"failed_check", "TEXT"},
    {"error", "TEXT"},
    {"warnings", "TEXT"},
    {"restore_seconds", "REAL"},
    {"data_age_seconds", "REAL"},
    {"bytes", "INTEGER"},
    {"trigger", "TEXT"},
    {"report", "TEXT"},
    {"database", "TEXT", Column::Role::kArgument},
};

using DrillsRows =
    CatalogCursor<DrillRecord, &Catalog::last_drill_id, &Catalog::drills, /*kPageRows=*/64, kDatabase>;

class DrillsCursor : public DrillsRows {
 public:
  using DrillsRows::DrillsRows;

  std::int64_t rowid() override { return row().id; }
  void column(sqlite3_context* context, int index) override {
    switch (index) {
      case kId:
        return put(context, row().id);
      case kName:
        return put(context, std::string_view(row().name));
      case kStartedAt:
        return put_time(context, row().started_at);
      case kOk:
        return put(context, row().ok);
      case kFailedCheck:
        return put(context, row().failed_check);
      case kError:
        return put(context, row().error);
      case kWarnings:
        return put(context, row().warnings);
      case kRestoreSeconds:
        return put(context, row().restore_seconds);
      case kDataAgeSeconds:
        return put(context, row().data_age_seconds);
      case kBytes:
        return put(context, row().bytes);
      case kTrigger:
        return put(context, std::string_view(row().trigger));
      case kReport:
        return put(context, row().report);
      case kDatabase:
        return put(context, shown_database());
      default:
        return;
    }
  }
};

}  // namespace

constinit const TableType kBackupDrillsTable{kColumns, connect_read_only<DrillsCursor>, false};

}  // namespace sqbackup
