// `backup_contents(name)`: the tables in one backup, as its manifest has them.
#include <nlohmann/json.hpp>

#include "service/operations.h"
#include "vtab/read_only_table.h"
#include "vtab/values.h"

namespace sqbackup {
namespace {

enum : int { kTableName, kRows, kColumnList, kName, kDatabase };

constexpr Column kColumns[] = {
    {"table_name", "TEXT"},
    {"rows", "INTEGER"},
    {"columns", "TEXT"},
    {"name", "TEXT", Column::Role::kArgument},
    {"database", "TEXT", Column::Role::kArgument},
};

// [{"name":"id","type":"INTEGER"}, ...]
std::string json_of(const std::vector<ColumnInfo>& columns) {
  using Json = nlohmann::ordered_json;
  Json list = Json::array();
  for (const ColumnInfo& column : columns) list.push_back({{"name", column.name}, {"type", column.type}});
  return list.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Manifest> manifest_of(ChosenDatabase& chosen, const std::string& point, UnixMillis now) {
  SQB_ASSIGN(auto opened, OpenCatalog::open(chosen.database(), Catalog::Access::kRead));
  SQB_ASSIGN(const BackupRecord record, resolve_point(opened->catalog(), point, now));
  if (record.trigger == "imported") {
    return Status(Error::kManifestDamaged, "'" + record.name +
                                               "' was imported and has no manifest; restore it with " +
                                               "{\"to\":\"PATH\"} and look into that file");
  }
  SQB_ASSIGN(const AgeKeys keys, keys_of(chosen.database(), record.name));
  SQB_ASSIGN(auto manifest, load_manifest(opened->directory(), record.name, keys));
  if (!manifest) return Status(Error::kManifestDamaged, "the backup '" + record.name + "' has no manifest");
  if (!manifest->knows_content()) return no_key(*manifest, Status(Error::kNoKey, "it is encrypted"));
  return std::move(*manifest);
}

class ContentsCursor : public ListCursor<TableInfo> {
 public:
  explicit ContentsCursor(Session& session) : session_(session) {}

  void column(sqlite3_context* context, int index) override {
    switch (index) {
      case kTableName:
        return put(context, std::string_view(row().name));
      case kRows:
        return put(context, row().rows);
      case kColumnList:
        return put(context, std::string_view(json_of(row().columns)));
      case kName:
        return put(context, std::string_view(point_));
      case kDatabase:
        return put(context, std::string_view(shown_));
      default:
        return;
    }
  }

 protected:
  Status load(const Scan& scan, std::vector<TableInfo>& rows) override {
    const std::string* point = scan.argument(kName);
    if (point == nullptr) {
      return {Error::kBadArgument, "which backup? SELECT * FROM backup_contents('latest') or a name"};
    }
    point_ = *point;
    SQB_ASSIGN(auto chosen, ChosenDatabase::of(session_, scan, kDatabase));
    shown_ = chosen.shown();
    SQB_ASSIGN(Manifest manifest, manifest_of(chosen, point_, session_.env().clock->now()));
    rows = std::move(manifest.tables);
    return {};
  }

 private:
  Session& session_;
  std::string point_;
  std::string shown_;
};

}  // namespace

constinit const TableType kBackupContentsTable{kColumns, connect_read_only<ContentsCursor>, false};

}  // namespace sqbackup
