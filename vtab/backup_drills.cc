// `backup_drills`: every restore drill and how it went.
#include "vtab/chosen_database.h"
#include "vtab/rows_cursor.h"
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

class DrillsCursor : public RowsCursor<DrillRecord> {
 public:
  explicit DrillsCursor(Session& session) : session_(session) {}

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
        return put(context, chosen_->shown());
      default:
        return;
    }
  }

 protected:
  Status begin(const Scan& scan) override {
    SQB_ASSIGN(auto chosen, ChosenDatabase::of(session_, scan, kDatabase));
    chosen_.emplace(std::move(chosen));
    open_.reset();
    SQB_ASSIGN(open_, OpenCatalog::open(chosen_->database(), Catalog::Access::kRead));
    last_id_ = 0;
    // The drills that a statement itself runs are not in its list, or it might never end.
    SQB_ASSIGN(end_id_, open_->catalog().last_drill_id());
    return {};
  }
  Status fetch(std::vector<DrillRecord>& rows) override {
    constexpr int kPage = 64;  // reports can be long
    SQB_ASSIGN(rows, open_->catalog().drills(last_id_, kPage));
    if (!rows.empty()) last_id_ = rows.back().id;
    std::erase_if(rows, [this](const DrillRecord& drill) { return drill.id > end_id_; });
    return {};
  }

 private:
  Session& session_;
  std::optional<ChosenDatabase> chosen_;
  std::unique_ptr<OpenCatalog> open_;
  std::int64_t last_id_ = 0;
  std::int64_t end_id_ = 0;
};

class DrillsTable : public Table {
 public:
  explicit DrillsTable(Host& host) : host_(host) {}
  std::unique_ptr<Cursor> open() override { return std::make_unique<DrillsCursor>(host_.session); }

 private:
  Host& host_;
};

}  // namespace

constinit const TableType kBackupDrillsTable{
    kColumns, [](Host& host) -> std::unique_ptr<Table> { return std::make_unique<DrillsTable>(host); },
    false};

}  // namespace sqbackup
