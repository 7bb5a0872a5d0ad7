// `backup_events`: what happened, in its order.
#include <charconv>

#include "vtab/chosen_database.h"
#include "vtab/read_only_table.h"
#include "vtab/values.h"

namespace sqbackup {
namespace {

enum : int { kId, kAt, kType, kName, kRun, kOk, kTitle, kText, kDetails, kDatabase };

constexpr Column kColumns[] = {
    {"id", "INTEGER", Column::Role::kFilter},
    {"at", "TEXT", Column::Role::kFilter},
    {"type", "TEXT"},
    {"name", "TEXT"},
    {"run", "TEXT"},
    {"ok", "INTEGER"},
    {"title", "TEXT"},
    {"text", "TEXT"},
    {"details", "TEXT"},
    {"database", "TEXT", Column::Role::kArgument},
};

void narrow_ids(EventQuery& query, Scan::Compare compare, std::int64_t id) {
  if (compare != Scan::Compare::kAtMost && id > 0) query.after_id = std::max(query.after_id, id - 1);
  if (compare != Scan::Compare::kAtLeast) query.up_to_id = std::min(query.up_to_id.value_or(id), id);
}

// Of several conditions on one side any is enough: SQLite checks the rows again.
void narrow_times(EventQuery& query, Scan::Compare compare, const std::string& time) {
  if (compare != Scan::Compare::kAtMost) query.at_from = time;
  if (compare != Scan::Compare::kAtLeast) query.at_to = time;
}

EventQuery query_of(const Scan& scan) {
  EventQuery query;
  for (const Scan::Condition& condition : scan.conditions) {
    if (condition.column == kAt) narrow_times(query, condition.compare, condition.text);
    if (condition.column != kId) continue;
    std::int64_t id = 0;
    std::from_chars(condition.text.data(), condition.text.data() + condition.text.size(), id);
    narrow_ids(query, condition.compare, id);
  }
  return query;
}

class EventsCursor : public RowsCursor<EventRecord> {
 public:
  explicit EventsCursor(Session& session) : session_(session) {}

  std::int64_t rowid() override { return row().id; }
  void column(sqlite3_context* context, int index) override {
    switch (index) {
      case kId:
        return put(context, row().id);
      case kAt:
        return put_time(context, row().at);
      case kType:
        return put(context, std::string_view(row().type));
      case kName:
        return put_unless_empty(context, row().name);
      case kRun:
        return put_unless_empty(context, row().run);
      case kOk:
        return put(context, row().ok);
      case kTitle:
        return put(context, std::string_view(row().title));
      case kText:
        return put_unless_empty(context, row().text);
      case kDetails:
        return put(context, std::string_view(row().details));
      case kDatabase:
        return put(context, chosen_->shown());
      default:
        return;
    }
  }

 private:
  Status begin(const Scan& scan) override {
    SQB_ASSIGN(auto chosen, ChosenDatabase::of(session_, scan, kDatabase));
    chosen_.emplace(std::move(chosen));
    open_.reset();
    SQB_ASSIGN(open_, OpenCatalog::open(chosen_->database(), Catalog::Access::kRead));
    query_ = query_of(scan);
    // What a statement's own calls add is not in its list, or it might never end.
    SQB_ASSIGN(const std::int64_t newest, open_->catalog().last_event_id());
    query_.up_to_id = std::min(query_.up_to_id.value_or(newest), newest);
    return {};
  }
  Status fetch(std::vector<EventRecord>& rows) override {
    constexpr int kPageRows = 64;
    SQB_ASSIGN(rows, open_->catalog().events(query_, kPageRows));
    if (!rows.empty()) query_.after_id = rows.back().id;
    return {};
  }

  Session& session_;
  std::optional<ChosenDatabase> chosen_;
  std::unique_ptr<OpenCatalog> open_;
  EventQuery query_;
};

}  // namespace

constinit const TableType kBackupEventsTable{kColumns, connect_read_only<EventsCursor>, false};

}  // namespace sqbackup
