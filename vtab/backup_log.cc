// `backup_log`: every run of anything.
#include "vtab/chosen_database.h"
#include "vtab/rows_cursor.h"
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

class LogCursor : public RowsCursor<RunRecord> {
 public:
  explicit LogCursor(Session& session) : session_(session) {}

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
    // What a statement's own calls log is not in its list, or it might never end.
    SQB_ASSIGN(end_id_, open_->catalog().last_run_id());
    return {};
  }
  Status fetch(std::vector<RunRecord>& rows) override {
    constexpr int kPage = 256;
    SQB_ASSIGN(rows, open_->catalog().runs(last_id_, kPage));
    if (!rows.empty()) last_id_ = rows.back().id;
    std::erase_if(rows, [this](const RunRecord& run) { return run.id > end_id_; });
    return {};
  }

 private:
  Session& session_;
  std::optional<ChosenDatabase> chosen_;
  std::unique_ptr<OpenCatalog> open_;
  std::int64_t last_id_ = 0;
  std::int64_t end_id_ = 0;
};

class LogTable : public Table {
 public:
  explicit LogTable(Host& host) : host_(host) {}
  std::unique_ptr<Cursor> open() override { return std::make_unique<LogCursor>(host_.session); }

 private:
  Host& host_;
};

}  // namespace

constinit const TableType kBackupLogTable{
    kColumns, [](Host& host) -> std::unique_ptr<Table> { return std::make_unique<LogTable>(host); }, false};

}  // namespace sqbackup
