#include "surface/registry.h"
#include "vtab/rows_cursor.h"
#include "vtab/values.h"

namespace sqbackup {
namespace {

constexpr Column kColumns[] = {
    {"name", "TEXT"}, {"kind", "TEXT"}, {"signature", "TEXT"}, {"summary", "TEXT"}, {"example", "TEXT"}};

class HelpCursor : public ListCursor<const Entry*> {
 public:
  explicit HelpCursor(std::span<const Entry> entries) : entries_(entries) {}

  void column(sqlite3_context* context, int index) override {
    const char* const values[] = {row()->name, row()->kind(), row()->signature, row()->summary,
                                  row()->example};
    put(context, std::string_view(values[index]));
  }

 protected:
  Status load(const Scan&, std::vector<const Entry*>& rows) override {
    for (const Entry& entry : entries_) rows.push_back(&entry);
    return {};
  }

 private:
  std::span<const Entry> entries_;
};

class HelpTable : public Table {
 public:
  explicit HelpTable(Host& host) : host_(host) {}
  std::unique_ptr<Cursor> open() override { return std::make_unique<HelpCursor>(host_.entries); }

 private:
  Host& host_;
};

}  // namespace

constinit const TableType kBackupHelpTable{
    kColumns, [](Host& host) -> std::unique_ptr<Table> { return std::make_unique<HelpTable>(host); }, false};

}  // namespace sqbackup
