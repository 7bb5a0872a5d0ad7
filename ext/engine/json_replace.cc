#include "engine/json_replace.h"

#include <map>
#include <set>

#include "base/ascii.h"
#include "engine/foreign_keys.h"
#include "engine/json_load.h"
#include "engine/json_tables.h"
#include "engine/schema_builder.h"
#include "engine/schema_gate.h"
#include "pages/image.h"
#include "pages/progress_handler.h"

namespace sqbackup {
namespace {

class Replace {
 public:
  Replace(ByteSource& text, Connection& live, const JsonReplaceHooks& hooks, Progress& progress)
      : text_(text), reader_(text), live_(live), hooks_(hooks), progress_(progress), gate_(live, nullptr) {}

  Result<SnapshotManifest> run() {
    SQB_TRY(reader_.read_manifest());
    SQB_TRY(prepare_to_fill(live_));
    SQB_ASSIGN(auto transaction, Transaction::begin(live_));
    SQB_TRY(plan());
    if (hooks_.before_writing) SQB_TRY(hooks_.before_writing());
    progress_.begin_phase("checking", 0);
    ForeignKeys keys(live_);
    SQB_TRY(keys.remember());
    SQB_TRY(create("table"));
    progress_.begin_phase("restoring", text_.size());
    SQB_TRY(fill());
    for (const char* type : {"index", "view", "trigger"}) SQB_TRY(create(type));
    SQB_TRY(create_virtual_tables());
    if (here_.empty()) SQB_TRY(take_numbers());
    progress_.begin_phase("checking", 0);
    SQB_TRY(keys.compare());
    if (hooks_.before_commit) SQB_TRY(hooks_.before_commit());
    SQB_TRY(transaction.commit());
    return reader_.manifest();
  }

 private:
  // What is here, and what of the snapshot is not. kTableDiffers.
  Status plan() {
    SQB_ASSIGN(const auto rows, schema_rows(live_));
    for (const SchemaRow& row : rows) {
      if (row.object.type == "table" || row.object.type == "view") here_[ascii_lower(row.object.name)] = row;
    }
    std::set<std::string> ordinary;
    for (const SnapshotTable& table : reader_.manifest().tables) ordinary.insert(table.name);
    for (const SnapshotObject& object : reader_.manifest().schema) {
      if (object.type != "table" && object.type != "view") continue;
      const bool is_virtual = object.type == "table" && ordinary.count(object.name) == 0;
      const auto found = here_.find(ascii_lower(object.name));
      if (found != here_.end()) {
        SQB_TRY(compare(object, is_virtual, found->second));
      } else if (!is_sqlites_own(object.name)) {
        missing_.insert(ascii_lower(object.name));
      }
    }
    for (const SnapshotTable& table : reader_.manifest().tables) {
      if (is_missing(table.name) || is_sqlites_own(table.name)) continue;
      SQB_ASSIGN(const TableShape shape, shape_of(live_, table.name));
      const std::string why = difference(table, shape.table);
      if (!why.empty()) return differs(table.name, "has other columns in the backup than here: " + why);
    }
    return {};
  }

  static Status compare(const SnapshotObject& object, bool is_virtual, const SchemaRow& here) {
    if (object.type != here.object.type || is_virtual != here.is_virtual)
      return differs(object.name, "is something else in the backup than here");
    if (is_virtual && object.sql != here.object.sql)
      return differs(object.name, "is a virtual table with another definition in the backup than here");
    if (object.type == "table" && !is_virtual && is_strict(object) != is_strict(here.object))
      return differs(object.name, "is STRICT in only one of the two, which would change values");
    return {};
  }

  static Status differs(const std::string& table, const std::string& why) {
    return {Error::kTableDiffers, "table '" + table + "' " + why + "; nothing was restored; " +
                                      "restore with {\"to\": ...}, or change the table first"};
  }

  bool is_missing(const std::string& name) const { return missing_.count(ascii_lower(name)) > 0; }

  // Creates what of the type belongs to something that is not here.
  Status create(const std::string& type) {
    for (const SnapshotObject& object : reader_.manifest().schema) {
      if (object.type != type || !is_missing(object.table)) continue;
      SQB_TRY(only_application_has(object.table, gate_.create(object)));
      if (gate_.was_virtual()) virtual_tables_.push_back(&object);
    }
    return {};
  }

  // Of a database that was empty: migrations go by them.
  Status take_numbers() {
    const SnapshotManifest& snapshot = reader_.manifest();
    return live_.execute("PRAGMA main.user_version=" + std::to_string(snapshot.user_version) +
                         "; PRAGMA main.application_id=" + std::to_string(snapshot.application_id));
  }

  // Other connections learn of virtual tables, which no statement of SQLite's created, by the schema's
  // version.
  Status create_virtual_tables() {
    if (virtual_tables_.empty()) return {};
    for (const SnapshotObject* object : virtual_tables_) SQB_TRY(insert_virtual_table(live_, *object));
    SQB_ASSIGN(const auto version, live_.query_integer("PRAGMA main.schema_version"));
    return live_.execute("PRAGMA main.schema_version=" +
                         std::to_string(static_cast<std::int32_t>(static_cast<std::uint32_t>(version) + 1)));
  }

  // What SQLite says of collations and functions that a connection of ours has not.
  static Status only_application_has(const std::string& table, const Status& status) {
    if (!status.is(Error::kSqliteFailed)) return status;
    for (const char* sign : {"no such collation sequence", "no such function", "unknown function"}) {
      if (status.message().find(sign) == std::string::npos) continue;
      return {Error::kTableDiffers, "table '" + table + "' needs code that only the application has (" +
                                        status.message() +
                                        "); nothing was restored; restore with {\"to\": ...}"};
    }
    return status;
  }

  Status fill() {
    while (true) {
      SQB_ASSIGN(const SnapshotTable* const table, reader_.next_table());
      if (table == nullptr) return {};
      const Status replaced = table->name == "sqlite_sequence" ? replace_sequences(*table)
                              : is_sqlites_own(table->name)    ? skip()
                                                               : replace_rows(*table);
      if (!replaced.ok())
        return only_application_has(table->name, replaced).with_context("table '" + table->name + "'");
    }
  }

  Status replace_rows(const SnapshotTable& table) {
    if (is_missing(table.name)) {  // is it the table that the manifest describes?
      SQB_ASSIGN(const TableShape shape, shape_of(live_, table.name));
      const std::string why = difference(table, shape.table);
      if (shape.table.columns.empty() || !why.empty())
        return {Error::kStoredBytesDamaged, "it is not what its statement creates: " + why};
    }
    SQB_TRY(live_.execute("DELETE FROM main." + quoted_name(table.name)));
    SQB_ASSIGN(auto insert, live_.prepare(insert_statement(table)));
    return insert_rows(reader_, insert, progress_);
  }

  Status skip() {
    while (true) {
      SQB_ASSIGN(const bool more, reader_.next_row());
      if (!more) return {};
    }
  }

  // The counters of the snapshot's tables; those of other tables stay.
  Status replace_sequences(const SnapshotTable& table) {
    auto clear = live_.prepare("DELETE FROM main.sqlite_sequence WHERE name=?1");
    if (!clear.ok()) return skip();  // no table here counts
    std::set<std::string> names;
    for (const SnapshotTable& other : reader_.manifest().tables) {
      names.insert(other.name);
      clear->bind(1, std::string_view(other.name));
      SQB_TRY(clear->run());
    }
    SQB_ASSIGN(auto insert, live_.prepare("INSERT INTO main.sqlite_sequence(name, seq) VALUES(?1, ?2)"));
    const std::size_t first = table.rowid_key.empty() ? 0 : 1;
    while (true) {
      SQB_ASSIGN(const bool more, reader_.next_row());
      if (!more) return {};
      const SnapshotValue& name = reader_.row()[first];
      const SnapshotValue& counter = reader_.row()[first + 1];
      if (name.type != SnapshotValue::Type::kText || names.count(std::string(name.bytes)) == 0) continue;
      insert.bind(1, name.bytes);
      if (counter.type == SnapshotValue::Type::kInteger) {
        insert.bind(2, counter.integer);
      } else {
        insert.bind_null(2);
      }
      SQB_TRY(insert.run());
    }
  }

  ByteSource& text_;
  JsonSnapshotReader reader_;
  Connection& live_;
  const JsonReplaceHooks& hooks_;
  Progress& progress_;
  SchemaGate gate_;
  std::map<std::string, SchemaRow> here_;  // tables and views, by their names in lower case
  std::set<std::string> missing_;          // tables and views of the snapshot that are not here
  std::vector<const SnapshotObject*> virtual_tables_;
};

}  // namespace

Result<SnapshotManifest> replace_from_json(ByteSource& text, Connection& live, const JsonReplaceHooks& hooks,
                                           Progress& progress) {
  ProgressHandler handler(live, progress);
  auto replaced = Replace(text, live, hooks, progress).run();
  SQB_TRY(handler.stopped());
  return replaced;
}

}  // namespace sqbackup
