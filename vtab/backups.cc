// `backups` (and `backup_list`): one row a backup.
#include <algorithm>

#include "surface/call.h"
#include "surface/options.h"
#include "vtab/backup_row.h"
#include "vtab/chosen_database.h"
#include "vtab/rows_cursor.h"
#include "vtab/staged_backups.h"
#include "vtab/values.h"

namespace sqbackup {
namespace {

BackupQuery query_of(const Scan& scan) {
  BackupQuery query;
  for (const Scan::Condition& condition : scan.conditions) {
    const bool by_name = condition.column == BackupColumn::kName;
    auto& from = by_name ? query.name_from : query.created_from;
    auto& to = by_name ? query.name_to : query.created_to;
    using Compare = Scan::Compare;
    if (by_name && condition.compare == Compare::kEqual) query.name = condition.text;
    if (condition.compare != Compare::kAtMost && (!from || *from < condition.text)) from = condition.text;
    if (condition.compare != Compare::kAtLeast && (!to || condition.text < *to)) to = condition.text;
  }
  if (scan.order_column == BackupColumn::kName) query.order = BackupQuery::Order::kName;
  query.descending = scan.descending;
  return query;
}

class BackupsCursor : public RowsCursor<BackupRecord> {
 public:
  BackupsCursor(Session& session, StagedBackups& staged) : session_(session), staged_(staged) {}

  std::int64_t rowid() override {
    const Marks marks{row().pinned, row().note.value_or(""), row().labels.value_or("")};
    return staged_.rowid(row(),
                         {chosen_->target(), row().name, force_, marks, std::string(chosen_->shown())});
  }
  void column(sqlite3_context* context, int index) override;

 protected:
  Status begin(const Scan& scan) override;
  Status fetch(std::vector<BackupRecord>& rows) override;

 private:
  static constexpr int kFirstPage = 16;  // "the newest ten" reads no more than it shows
  static constexpr int kLargestPage = 512;

  void apply_marks(BackupRecord& record) const;

  Session& session_;
  StagedBackups& staged_;
  std::optional<ChosenDatabase> chosen_;
  std::unique_ptr<OpenCatalog> open_;
  BackupQuery query_;
  std::optional<BackupRecord> last_;
  int page_ = kFirstPage;
  bool force_ = false;
};

Status BackupsCursor::begin(const Scan& scan) {
  open_.reset();
  last_.reset();
  page_ = kFirstPage;
  SQB_ASSIGN(auto chosen, ChosenDatabase::of(session_, scan, BackupColumn::kDatabase));
  chosen_.emplace(std::move(chosen));
  SQB_ASSIGN(open_, OpenCatalog::open(chosen_->database(), Catalog::Access::kRead));
  const std::string* force = scan.argument(BackupColumn::kForce);
  force_ = force != nullptr && *force == "1";
  query_ = query_of(scan);
  // What a statement's own calls add (SELECT backup_restore(name) FROM backups) is not in its list, or it
  // might never end.
  SQB_ASSIGN(query_.up_to_id, open_->catalog().last_backup_id());
  return {};
}

Status BackupsCursor::fetch(std::vector<BackupRecord>& rows) {
  const auto removed = [this](const BackupRecord& record) {
    return staged_.removes(chosen_->target(), record.name);
  };
  do {
    SQB_ASSIGN(rows, open_->catalog().list(query_, last_ ? &*last_ : nullptr, page_));
    if (rows.empty()) return {};
    last_ = rows.back();
    page_ = std::min(2 * page_, kLargestPage);
    std::erase_if(rows, removed);
    for (BackupRecord& record : rows) apply_marks(record);
  } while (rows.empty());
  return {};
}

void BackupsCursor::apply_marks(BackupRecord& record) const {
  const Marks* marks = staged_.marks(chosen_->target(), record.name);
  if (marks == nullptr) return;
  const auto unless_empty = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
  };
  record.pinned = marks->pinned;
  record.note = unless_empty(marks->note);
  record.labels = unless_empty(marks->labels);
}

void BackupsCursor::column(sqlite3_context* context, int index) {
  put(context, value_of({row(), open_->directory(), chosen_->shown(), force_}, index));
}

// -- UPDATE: pinned, note and labels

Status set_pinned(sqlite3_value* value, Marks& marks) {
  const bool integer = sqlite3_value_type(value) == SQLITE_INTEGER;
  const std::int64_t number = sqlite3_value_int64(value);
  if (!integer || (number != 0 && number != 1)) return {Error::kBadArgument, "pinned must be 1 or 0"};
  marks.pinned = number == 1;
  return {};
}

Status set_text(sqlite3_value* value, const char* column, std::string& text) {
  const int type = sqlite3_value_type(value);
  if (type != SQLITE_TEXT && type != SQLITE_NULL) {
    return {Error::kBadArgument, std::string(column) + " must be a text or NULL"};
  }
  text = text_of(value);
  if (text.find('\0') == std::string::npos) return {};
  return {Error::kBadArgument, std::string(column) + " holds a NUL character"};
}

Status set_labels(sqlite3_value* value, Marks& marks) {
  std::string text;
  SQB_TRY(set_text(value, "labels", text));
  if (!text.empty()) {
    SQB_ASSIGN(text, parse_labels(text));
  }
  marks.labels = text;
  return {};
}

// UPDATE ... FROM hands over every column, not only those it sets: one that keeps its value is no change.
Status check_unchanged(const SeenBackup& seen, int column, sqlite3_value* value) {
  SQB_ASSIGN(auto open, OpenCatalog::open(*seen.target.database, Catalog::Access::kRead));
  SQB_ASSIGN(const auto record, open->catalog().find(seen.name));
  if (!record) return {Error::kNoSuchBackup, "'" + seen.name + "' is gone"};
  if (equals(value_of({*record, open->directory(), seen.database, seen.force}, column), value)) return {};
  return {Error::kReadOnlyColumn, std::string("the column ") + kBackupColumns[column].name +
                                      " cannot be changed; only pinned, note and labels can"};
}

class BackupsTable : public Table {
 public:
  explicit BackupsTable(Host& host) : host_(host), staged_(shared_changes(host)) {}

  std::unique_ptr<Cursor> open() override { return std::make_unique<BackupsCursor>(host_.session, *staged_); }
  Status change(const RowChange& change) override;
  void begin() override { staged_->begin(); }
  void commit() override { staged_->commit(); }
  void roll_back() override { staged_->roll_back(); }
  void savepoint(int depth) override { staged_->savepoint(depth); }
  void release(int depth) override { staged_->release(depth); }
  void roll_back_to(int depth) override { staged_->roll_back_to(depth); }

 private:
  static std::shared_ptr<StagedBackups> shared_changes(Host& host) {
    if (host.staged_backups == nullptr) host.staged_backups = std::make_shared<StagedBackups>();
    return host.staged_backups;
  }
  Status update(const SeenBackup& seen, std::span<sqlite3_value*> columns);

  Host& host_;
  std::shared_ptr<StagedBackups> staged_;
};

Status BackupsTable::change(const RowChange& change) {
  if (change.kind == RowChange::Kind::kInsert) {
    return {Error::kReadOnlyColumn, "a backup is not made by INSERT; SELECT backup_now() takes one"};
  }
  if (change.rowid_changed) return {Error::kReadOnlyColumn, "the column rowid cannot be changed"};
  const SeenBackup* seen = staged_->seen(change.rowid);
  if (seen == nullptr) return {Error::kInternal, "a row changes that this transaction has not read"};
  return change.kind == RowChange::Kind::kDelete ? staged_->remove(*seen) : update(*seen, change.columns);
}

Status BackupsTable::update(const SeenBackup& seen, std::span<sqlite3_value*> columns) {
  Marks marks = seen.marks;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    sqlite3_value* value = columns[i];
    if (sqlite3_value_nochange(value) != 0) continue;
    if (i == BackupColumn::kPinned) {
      SQB_TRY(set_pinned(value, marks));
    } else if (i == BackupColumn::kNote) {
      SQB_TRY(set_text(value, "note", marks.note));
    } else if (i == BackupColumn::kLabels) {
      SQB_TRY(set_labels(value, marks));
    } else {
      SQB_TRY(check_unchanged(seen, static_cast<int>(i), value));
    }
  }
  SQB_TRY(check_marks(marks.note, marks.labels));
  // At COMMIT nobody could be told.
  SQB_ASSIGN(auto directory, seen.target.database->directory());
  SQB_TRY(directory.check_writable());
  Session::Target target = seen.target;
  SQB_TRY(hide_marks(target, seen.name, marks));
  staged_->mark(seen, marks);
  return {};
}

}  // namespace

constinit const TableType kBackupsTable{
    kBackupColumns, [](Host& host) -> std::unique_ptr<Table> { return std::make_unique<BackupsTable>(host); },
    true};

}  // namespace sqbackup
