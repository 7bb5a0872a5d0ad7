#include "engine/schema_builder.h"

#include <array>
#include <string_view>

#include "base/ascii.h"
#include "engine/json_tables.h"

namespace sqbackup {
namespace {

// The tables that SQLite makes for itself, with the statements that it makes them by.
constexpr std::array<std::array<std::string_view, 2>, 5> kOwnTables = {{
    {"sqlite_sequence", "CREATE TABLE sqlite_sequence(name,seq)"},
    {"sqlite_stat1", "CREATE TABLE sqlite_stat1(tbl,idx,stat)"},
    {"sqlite_stat2", "CREATE TABLE sqlite_stat2(tbl,idx,sampleno,sample)"},
    {"sqlite_stat3", "CREATE TABLE sqlite_stat3(tbl,idx,neq,nlt,ndlt,sample)"},
    {"sqlite_stat4", "CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)"},
}};

constexpr int kCacheKibibytes = 8192;

// Runs `sql` while SQLite lets its own tables be written.
Status with_writable_schema(Connection& database, const std::function<Status()>& write) {
  SQB_TRY(database.execute("PRAGMA writable_schema=ON"));
  Status written = write();
  Status reset = database.execute("PRAGMA writable_schema=OFF");
  return written.ok() ? reset : written;
}

// The rehearsal is no phase of its own.
class Unseen : public Progress {
 public:
  explicit Unseen(Progress& progress) : progress_(progress) {}
  void begin_phase(const char*, std::uint64_t) override {}
  Status advance(std::uint64_t) override { return progress_.advance(0); }

 private:
  Progress& progress_;
};

}  // namespace

Status prepare_to_fill(Connection& database) {
  sqlite3* const handle = database.handle();
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 0, nullptr);  // shadow tables are tables here
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 1, nullptr);    // as when it reads a schema
  return database.execute(
      "PRAGMA trusted_schema=OFF; PRAGMA foreign_keys=OFF; PRAGMA cell_size_check=ON;"
      "PRAGMA ignore_check_constraints=ON; PRAGMA recursive_triggers=OFF;"
      "PRAGMA cache_size=-" +
      std::to_string(kCacheKibibytes));
}

Status insert_virtual_table(Connection& database, const SnapshotObject& object) {
  return with_writable_schema(database, [&]() -> Status {
    SQB_ASSIGN(auto insert,
               database.prepare("INSERT INTO main.sqlite_schema(type, name, tbl_name, rootpage, sql)"
                                " VALUES('table', ?1, ?1, 0, ?2)"));
    insert.bind(1, std::string_view(object.name));
    insert.bind(2, std::string_view(object.sql));
    return insert.run();
  });
}

Status rehearse_schema(const SnapshotManifest& manifest, Progress& progress) {
  SQB_ASSIGN(auto scratch, Connection::open(":memory:", SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  SchemaBuilder builder(scratch, manifest);
  SQB_TRY(builder.prepare());
  SQB_TRY(scratch.execute("BEGIN"));
  SQB_TRY(builder.create_tables());
  Unseen unseen(progress);
  return builder.finish(unseen);
}

SchemaBuilder::SchemaBuilder(Connection& target, const SnapshotManifest& manifest)
    : target_(target), manifest_(manifest), stand_ins_(target), gate_(target, &stand_ins_) {}

Status SchemaBuilder::prepare() {
  SQB_ASSIGN(const auto pages, target_.query_integer("PRAGMA page_count"));
  if (pages > 0) return {Error::kAlreadyExists, "the database to build is not empty"};
  SQB_TRY(prepare_to_fill(target_));
  // Whoever asked for it removes the file if anything fails, so nothing needs to be undone.
  return target_.execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA page_size=" +
                         std::to_string(manifest_.page_size) + "; PRAGMA encoding='" + manifest_.encoding +
                         "'; PRAGMA auto_vacuum=" + std::to_string(manifest_.auto_vacuum));
}

Status SchemaBuilder::create_tables() {
  for (const SnapshotObject& object : manifest_.schema) {
    if (object.type == "table" && is_sqlites_own(object.name)) SQB_TRY(create_own_table(object));
  }
  for (const SnapshotObject& object : manifest_.schema) {
    if (object.type == "table" && !is_sqlites_own(object.name)) SQB_TRY(create_table(object));
  }
  std::set<std::string> described;
  for (const SnapshotTable& table : manifest_.tables) {
    SQB_TRY(compare(table));
    described.insert(table.name);
  }
  SQB_ASSIGN(const auto rows, schema_rows(target_));
  for (const SchemaRow& row : rows) {
    // AUTOINCREMENT may have made a sqlite_sequence that has no rows to be described.
    if (row.object.type == "table" && !is_sqlites_own(row.object.name) &&
        described.count(row.object.name) == 0)
      return {Error::kStoredBytesDamaged, "the manifest does not describe table '" + row.object.name + "'"};
  }
  return {};
}

Status SchemaBuilder::create_own_table(const SnapshotObject& object) {
  for (const auto& [name, sql] : kOwnTables) {
    if (object.name != name) continue;
    return with_writable_schema(target_, [&, text = std::string(sql)] { return target_.execute(text); });
  }
  return {Error::kBadOption, "table '" + object.name + "' has a name that is reserved for SQLite, and this " +
                                 "sqbackup does not know it; use another format than json"};
}

Status SchemaBuilder::create_table(const SnapshotObject& object) {
  SQB_TRY(gate_.create(object));
  if (gate_.was_virtual()) virtual_tables_.push_back(&object);
  if (gate_.used_stand_in()) needs_functions_.insert(ascii_lower(object.name));
  return {};
}

// Whether the table that was created is the one that the manifest describes, and can be filled.
Status SchemaBuilder::compare(const SnapshotTable& table) {
  SQB_ASSIGN(const TableShape shape, shape_of(target_, table.name));
  if (shape.table.columns.empty())
    return {Error::kStoredBytesDamaged, "the schema does not create table '" + table.name + "'"};
  if (const std::string why = difference(table, shape.table); !why.empty())
    return {Error::kStoredBytesDamaged,
            "table '" + table.name + "' is not what its statement creates: " + why};
  const bool functions = needs_functions_.count(ascii_lower(table.name)) > 0;
  if (functions && shape.computes) {
    return {Error::kBadOption, "table '" + table.name +
                                   "' has a generated column of a function that only the " +
                                   "application has; exclude the table, or use another format than json"};
  }
  return shape.without_rowid ? look_for_stand_ins(table, "pk") : Status();
}

// Whether collations of the application order the indexes of `origin`, which is "pk" or, for all, empty.
Status SchemaBuilder::look_for_stand_ins(const SnapshotTable& table, const std::string& origin) {
  if (stand_ins_.collations().empty()) return {};
  SQB_ASSIGN(auto collations,
             target_.prepare("SELECT DISTINCT x.coll FROM pragma_index_list(?1, 'main') AS l,"
                             " pragma_index_xinfo(l.name, 'main') AS x"
                             " WHERE x.key AND (?2='' OR l.origin=?2)"));
  collations.bind(1, std::string_view(table.name));
  collations.bind(2, std::string_view(origin));
  while (true) {
    SQB_ASSIGN(const bool more, collations.step());
    if (!more) return {};
    const std::string name = collations.text(0);
    if (stand_ins_.collations().count(ascii_lower(name)) == 0) continue;
    if (origin.empty()) {
      reindex_.insert(table.name);
      continue;
    }
    return {Error::kBadOption,
            "table '" + table.name + "', which is WITHOUT ROWID, is ordered by collation '" + name +
                "', which only the application has; exclude the table, or use " + "another format than json"};
  }
}

Status SchemaBuilder::finish(Progress& progress) {
  progress.begin_phase("indexing", manifest_.schema.size());
  std::uint64_t done = 0;
  for (const char* type : {"index", "view", "trigger"}) {
    for (const SnapshotObject& object : manifest_.schema) {
      if (object.type != type) continue;
      SQB_TRY(gate_.create(object));
      if (gate_.used_stand_in()) needs_functions_.insert(ascii_lower(object.table));
      SQB_TRY(progress.advance(++done));
    }
  }
  for (const SnapshotTable& table : manifest_.tables) {
    if (needs_functions_.count(ascii_lower(table.name)) > 0) reindex_.insert(table.name);
    SQB_TRY(look_for_stand_ins(table, ""));
  }
  for (const SnapshotObject* object : virtual_tables_) SQB_TRY(insert_virtual_table(target_, *object));
  return target_.execute("PRAGMA user_version=" + std::to_string(manifest_.user_version) +
                         "; PRAGMA application_id=" + std::to_string(manifest_.application_id));
}

}  // namespace sqbackup
