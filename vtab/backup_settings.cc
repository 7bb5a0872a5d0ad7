// `backup_settings`: every setting with its value in force and where that comes from. UPDATE of `value` sets.
#include <vector>

#include "service/settings.h"
#include "surface/setting_value.h"
#include "vtab/chosen_database.h"
#include "vtab/rows_cursor.h"
#include "vtab/undo_list.h"
#include "vtab/values.h"

namespace sqbackup {
namespace {

enum : int { kKey, kValue, kDefaultValue, kSource, kDescription, kDatabase };

constexpr Column kColumns[] = {
    {"key", "TEXT"},    {"value", "TEXT"},       {"default_value", "TEXT"},
    {"source", "TEXT"}, {"description", "TEXT"}, {"database", "TEXT", Column::Role::kArgument},
};

struct SettingRow {
  const SettingInfo* info;
  SettingValue value;
};

// A setting that has no value in force (the directory of a database in memory) shows NULL.
Result<SettingValue> value_in_force(Database& database, const char* key) {
  auto value = database.setting(key);
  if (value.status().is(Error::kNoDirectory)) return SettingValue{std::nullopt, "default"};
  return value;
}

// Sets it now; a ROLLBACK sets back what was set before.
Status set(UndoList& undo, const std::shared_ptr<Database>& database, const std::string& key,
           const std::optional<std::string>& value) {
  SQB_ASSIGN(const SettingValue old, value_in_force(*database, key.c_str()));
  const std::string_view source = old.source;
  const bool was_set = source == "stored" || source == "session";
  const auto before = was_set ? old.value : std::nullopt;
  return undo.run([=] { static_cast<void>(database->set_setting(key, before)); },
                  [&] { return database->set_setting(key, value).status(); });
}

// The rows that statements of this connection saw, for the UPDATE that names one by its rowid.
class SeenDatabases {
 public:
  std::int64_t rowid(const std::shared_ptr<Database>& database, std::int64_t setting) {
    std::size_t number = 0;
    while (number < databases_.size() && databases_[number] != database) ++number;
    if (number == databases_.size()) databases_.push_back(database);
    return static_cast<std::int64_t>(number * known_settings().size()) + setting;
  }
  const std::shared_ptr<Database>& database(std::int64_t rowid) const {
    return databases_[static_cast<std::size_t>(rowid) / known_settings().size()];
  }
  static const SettingInfo& setting(std::int64_t rowid) {
    return known_settings()[static_cast<std::size_t>(rowid) % known_settings().size()];
  }

 private:
  std::vector<std::shared_ptr<Database>> databases_;
};

class SettingsCursor : public ListCursor<SettingRow> {
 public:
  SettingsCursor(Session& session, SeenDatabases& seen) : session_(session), seen_(seen) {}

  std::int64_t rowid() override { return seen_.rowid(database_, row().info - known_settings().data()); }
  void column(sqlite3_context* context, int index) override {
    switch (index) {
      case kKey:
        return put(context, std::string_view(row().info->key));
      case kValue:
        return put(context, shown_value(*row().info, row().value));
      case kDefaultValue:
        return row().info->default_value != nullptr
                   ? put(context, std::string_view(row().info->default_value))
                   : void();
      case kSource:
        return put(context, std::string_view(row().value.source));
      case kDescription:
        return put(context, std::string_view(row().info->description));
      case kDatabase:
        return put(context, std::string_view(shown_));
      default:
        return;
    }
  }

 protected:
  Status load(const Scan& scan, std::vector<SettingRow>& rows) override {
    SQB_ASSIGN(auto chosen, ChosenDatabase::of(session_, scan, kDatabase));
    shown_ = chosen.shown();
    database_ = chosen.target().database;
    for (const SettingInfo& setting : known_settings()) {
      SQB_ASSIGN(SettingValue value, value_in_force(*database_, setting.key));
      rows.push_back({&setting, std::move(value)});
    }
    return {};
  }

 private:
  Session& session_;
  SeenDatabases& seen_;
  std::shared_ptr<Database> database_;
  std::string shown_;
};

class SettingsTable : public Table {
 public:
  explicit SettingsTable(Host& host) : host_(host) {}

  std::unique_ptr<Cursor> open() override { return std::make_unique<SettingsCursor>(host_.session, seen_); }
  Status change(const RowChange& change) override;
  void commit() override { changes_.commit(); }
  void roll_back() override { changes_.roll_back(); }
  void savepoint(int depth) override { changes_.savepoint(depth); }
  void release(int depth) override { changes_.release(depth); }
  void roll_back_to(int depth) override { changes_.roll_back_to(depth); }

 private:
  Host& host_;
  SeenDatabases seen_;
  UndoList changes_;
};

Status SettingsTable::change(const RowChange& change) {
  if (change.kind != RowChange::Kind::kUpdate || change.rowid_changed) {
    return {Error::kReadOnlyColumn,
            "settings are neither added nor removed; UPDATE backup_settings SET value = NULL goes back to "
            "the default"};
  }
  for (std::size_t i = 0; i < change.columns.size(); ++i) {
    if (i == kValue || sqlite3_value_nochange(change.columns[i]) != 0) continue;
    return {Error::kReadOnlyColumn,
            std::string("the column ") + kColumns[i].name + " cannot be changed; only value can"};
  }
  sqlite3_value* value = change.columns[kValue];
  if (sqlite3_value_nochange(value) != 0) return {};
  const std::string key = SeenDatabases::setting(change.rowid).key;
  SQB_ASSIGN(const auto wanted, setting_value(key, value));
  return set(changes_, seen_.database(change.rowid), key, wanted);
}

}  // namespace

constinit const TableType kBackupSettingsTable{
    kColumns, [](Host& host) -> std::unique_ptr<Table> { return std::make_unique<SettingsTable>(host); },
    true};

}  // namespace sqbackup
