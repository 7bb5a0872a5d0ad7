// Table, Cursor: what one virtual table says about itself; module.cc turns it into an SQLite module.
// README.md in this folder says how to add one.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "pages/sqlite.h"
#include "surface/host.h"

namespace sqbackup {

struct Column {
  enum class Role {
    kPlain,
    kIndexed,   // TEXT; =, <, <=, >, >= and ORDER BY reach the cursor
    kFilter,    // TEXT or INTEGER; =, <, <=, >, >= reach the cursor, ORDER BY does not
    kArgument,  // hidden; an equality, or an argument in TABLE(...), reaches the cursor
  };
  const char* name;
  const char* type;
  Role role = Role::kPlain;
};

// What a statement asks of a cursor. Conditions on indexed columns are a help and not a duty: SQLite checks
// every row itself once more.
struct Scan {
  enum class Compare : char { kEqual = '=', kAtMost = '<', kAtLeast = '>' };
  struct Condition {
    int column;
    Compare compare;
    std::string text;
  };
  // On indexed columns, and on those that filter: with texts, or with integers (as text) where the column is
  // INTEGER.
  std::vector<Condition> conditions;
  std::vector<std::pair<int, std::string>> arguments;  // column and its value as text
  std::optional<int> order_column;                     // an indexed one: rows must come in its order
  bool descending = false;

  const std::string* argument(int column) const {
    for (const auto& [index, text] : arguments) {
      if (index == column) return &text;
    }
    return nullptr;
  }
};

class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual Status start(const Scan& scan) = 0;  // to the first row; may be called again
  virtual Status next() = 0;
  virtual bool at_end() const = 0;
  virtual std::int64_t rowid() = 0;
  virtual void column(sqlite3_context* context, int index) = 0;  // no result: NULL
};

// One change that a statement asks of a writable table. Columns are numbered as declared.
struct RowChange {
  enum class Kind { kInsert, kUpdate, kDelete };
  Kind kind;
  std::int64_t rowid;  // of the row that changes
  bool rowid_changed;  // kUpdate
  std::span<sqlite3_value*>
      columns;  // kInsert, kUpdate; sqlite3_value_nochange() where kUpdate leaves one alone
};

// One per connection and registered name. A writable table overrides the lower part. An error of change()
// fails its statement, after which SQLite takes back what the statement did: roll_back_to() or roll_back().
class Table {
 public:
  virtual ~Table() = default;
  virtual std::unique_ptr<Cursor> open() = 0;

  virtual Status change(const RowChange& change);
  virtual void begin() {}
  virtual void commit() {}  // too late for errors: SQLite does not report them
  virtual void roll_back() {}
  virtual void savepoint(int) {}
  virtual void release(int) {}
  virtual void roll_back_to(int) {}
};

struct TableType {
  std::span<const Column> columns;
  std::unique_ptr<Table> (*connect)(Host& host);
  bool writable;
};

// The types, each in the file of its name.
extern const TableType kBackupsTable;
extern const TableType kBackupLogTable;
extern const TableType kBackupJobsTable;
extern const TableType kBackupSettingsTable;
extern const TableType kBackupContentsTable;
extern const TableType kBackupHealthTable;
extern const TableType kBackupFleetTable;
extern const TableType kBackupPrunePlanTable;
extern const TableType kBackupAssertionsTable;
extern const TableType kBackupDrillsTable;
extern const TableType kBackupEventsTable;
extern const TableType kBackupHelpTable;

}  // namespace sqbackup
