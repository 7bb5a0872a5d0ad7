// What tables that are only read have in common.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "vtab/chosen_database.h"
#include "vtab/rows_cursor.h"

namespace sqbackup {

// The `connect` of a TableType whose cursors are made of the connection's Session.
template <typename CursorType>
std::unique_ptr<Table> connect_read_only(Host& host) {
  class ReadOnlyTable : public Table {
   public:
    explicit ReadOnlyTable(Session& session) : session_(session) {}
    std::unique_ptr<Cursor> open() override { return std::make_unique<CursorType>(session_); }

   private:
    Session& session_;
  };
  return std::make_unique<ReadOnlyTable>(host.session);
}

// A cursor over rows of the catalog that have ascending ids: `LastId` of all that ever were, `Page` of those
// after an id. The table has its hidden column `database` at `kDatabaseColumn`.
template <typename Row, Result<std::int64_t> (Catalog::*LastId)(),
          Result<std::vector<Row>> (Catalog::*Page)(std::int64_t, int), int kPageRows, int kDatabaseColumn>
class CatalogCursor : public RowsCursor<Row> {
 public:
  explicit CatalogCursor(Session& session) : session_(session) {}

 protected:
  std::string_view shown_database() const { return chosen_->shown(); }

 private:
  Status begin(const Scan& scan) final {
    SQB_ASSIGN(auto chosen, ChosenDatabase::of(session_, scan, kDatabaseColumn));
    chosen_.emplace(std::move(chosen));
    open_.reset();
    SQB_ASSIGN(open_, OpenCatalog::open(chosen_->database(), Catalog::Access::kRead));
    last_id_ = 0;
    // What a statement's own calls add is not in its list, or it might never end.
    SQB_ASSIGN(end_id_, (open_->catalog().*LastId)());
    return {};
  }
  Status fetch(std::vector<Row>& rows) final {
    SQB_ASSIGN(rows, (open_->catalog().*Page)(last_id_, kPageRows));
    if (!rows.empty()) last_id_ = rows.back().id;
    std::erase_if(rows, [this](const Row& row) { return row.id > end_id_; });
    return {};
  }

  Session& session_;
  std::optional<ChosenDatabase> chosen_;
  std::unique_ptr<OpenCatalog> open_;
  std::int64_t last_id_ = 0;
  std::int64_t end_id_ = 0;
};

}  // namespace sqbackup
