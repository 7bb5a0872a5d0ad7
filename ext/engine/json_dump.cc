#include "engine/json_dump.h"

#include <algorithm>
#include <set>

#include "base/ascii.h"
#include "engine/json_tables.h"
#include "engine/schema_builder.h"
#include "format/json_snapshot_writer.h"
#include "pages/image.h"
#include "pages/progress_handler.h"
#include "pages/stand_ins.h"

namespace sqbackup {
namespace {

constexpr std::uint64_t kRowsPerTick = 256;

class NoSink : public ByteSink {
 public:
  Status append(ByteView) override { return {}; }
};

// The names of the tables to leave out, in lower case.
Result<std::set<std::string>> excluded_names(const std::vector<SchemaRow>& schema,
                                             const std::vector<std::string>& tables) {
  std::set<std::string> names;
  for (const std::string& table : tables) {
    const auto found = std::find_if(schema.begin(), schema.end(), [&](const SchemaRow& row) {
      return row.object.type == "table" && ascii_lower(row.object.name) == ascii_lower(table);
    });
    if (is_sqlites_own(table))
      return Status(Error::kBadOption,
                    "exclude_tables: '" + table + "' is SQLite's own table and always stays");
    if (found == schema.end())
      return Status(Error::kBadOption, "exclude_tables: there is no table '" + table +
                                           "'; correct it, or leave it out (several are given as an array)");
    names.insert(ascii_lower(table));
  }
  for (const SchemaRow& row : schema) {
    if (!row.is_virtual) continue;
    const bool whole = names.count(ascii_lower(row.object.name)) > 0;
    for (const std::string& shadow : shadow_names(row.object)) {
      if (!whole && names.count(shadow) > 0) {
        return Status(Error::kBadOption, "exclude_tables: '" + shadow + "' belongs to the virtual table '" +
                                             row.object.name + "'; exclude that one");
      }
      if (whole) names.insert(shadow);
    }
  }
  return names;
}

class Dump {
 public:
  Dump(Connection& image, ByteSink& out, Progress& progress)
      : image_(image), progress_(progress), stand_ins_(image), handler_(image, progress), writer_(out) {}

  Result<SnapshotManifest> run(const JsonDumpOptions& options) {
    Status done = prepare(options);
    if (done.ok()) done = dump();
    SQB_TRY(handler_.stopped());
    SQB_TRY(done);
    return std::move(manifest_);
  }

  Status rehearse(const JsonDumpOptions& options) {
    Status done = prepare(options);
    SQB_TRY(handler_.stopped());
    return done;
  }

 private:
  // What could not be built again must not pass for a backup.
  Status prepare(const JsonDumpOptions& options) {
    SQB_TRY(distrust(image_));
    SQB_TRY(describe(options));
    return rehearse_schema(manifest_, progress_).with_context("the snapshot could not be loaded again");
  }

  Status dump() {
    SQB_TRY(count());
    SQB_TRY(writer_.begin(manifest_));
    progress_.begin_phase("dumping", static_cast<std::uint64_t>(total_rows(manifest_)));
    for (const SnapshotTable& table : manifest_.tables) {
      SQB_TRY(dump_table(table).with_context("table '" + table.name + "'"));
    }
    return writer_.finish();
  }

  Status describe(const JsonDumpOptions& options) {
    SnapshotManifest& m = manifest_;
    m.tool_version = SQBACKUP_VERSION;
    SQB_ASSIGN(m.page_size, image_.query_integer("PRAGMA page_size"));
    SQB_ASSIGN(m.encoding, image_.query_text("PRAGMA encoding"));
    SQB_ASSIGN(m.auto_vacuum, image_.query_integer("PRAGMA auto_vacuum"));
    SQB_ASSIGN(m.user_version, image_.query_integer("PRAGMA user_version"));
    SQB_ASSIGN(m.application_id, image_.query_integer("PRAGMA application_id"));
    SQB_ASSIGN(auto schema, schema_rows(image_));
    SQB_ASSIGN(excluded_, excluded_names(schema, options.exclude_tables));
    for (SchemaRow& row : schema) {
      if (excluded_.count(ascii_lower(row.object.table)) > 0) continue;
      if (row.object.type == "table" && !row.is_virtual) {
        SQB_ASSIGN(TableShape shape, shape_of(image_, row.object.name));
        m.tables.push_back(std::move(shape.table));
      }
      m.schema.push_back(std::move(row.object));
    }
    std::stable_sort(m.tables.begin(), m.tables.end(), [](const SnapshotTable& a, const SnapshotTable& b) {
      return std::pair(is_sqlites_own(a.name), a.name) < std::pair(is_sqlites_own(b.name), b.name);
    });
    assign_keys(m.tables);
    return {};
  }

  Status count() {
    progress_.begin_phase("counting", manifest_.tables.size());
    std::uint64_t done = 0;
    for (SnapshotTable& table : manifest_.tables) {
      SQB_ASSIGN(auto statement, select(table, "count(*)"));
      SQB_TRY(statement.step().status().with_context("table '" + table.name + "'"));
      table.rows = statement.integer(0);
      if (manifest_.encoding != "UTF-8") SQB_TRY(check_texts(table));
      SQB_TRY(progress_.advance(++done));
    }
    return {};
  }

  // What is no UTF-16, as half of a surrogate pair, SQLite changes on its way to UTF-8 and back, which is all
  // that trim() of no characters does.
  Status check_texts(const SnapshotTable& table) {
    std::string broken;
    for (const SnapshotColumn& column : table.columns) {
      const std::string name = quoted_name(column.name);
      broken.append(broken.empty() ? "" : " OR ").append("(typeof(").append(name);
      broken.append(")='text' AND CAST(trim(").append(name).append(",'') AS BLOB)<>CAST(").append(name);
      broken.append(" AS BLOB))");
    }
    SQB_ASSIGN(const auto found,
               image_.query_integer("SELECT EXISTS(SELECT 1 FROM main." + quoted_name(table.name) +
                                    " NOT INDEXED WHERE " + broken + ")"));
    if (found == 0) return {};
    return {Error::kBadOption, "table '" + table.name +
                                   "' holds text that is no UTF-16, which JSON cannot keep as "
                                   "it is; use format 'sqlite' or 'zstd'"};
  }

  // Rows about excluded tables, in SQLite's own, are left out too.
  Result<Statement> select(const SnapshotTable& table, const std::string& what) {
    std::string sql = "SELECT " + what + " FROM main." + quoted_name(table.name) + " NOT INDEXED";
    const bool filter = is_sqlites_own(table.name) && !excluded_.empty();
    if (filter) {
      sql += " WHERE (" + quoted_name(table.columns[0].name) + " COLLATE NOCASE IN (?1";
      for (std::size_t i = 2; i <= excluded_.size(); ++i) sql += ",?" + std::to_string(i);
      sql += ")) IS NOT TRUE";
    }
    auto statement = image_.prepare(sql);
    if (!statement.ok()) return statement.status().with_context("table '" + table.name + "'");
    int number = 0;
    for (const std::string& name : excluded_) {
      if (filter) statement->bind(++number, std::string_view(name));
    }
    return statement;
  }

  Status dump_table(const SnapshotTable& table) {
    std::string columns = table.rowid_key;
    for (const SnapshotColumn& column : table.columns) {
      columns += (columns.empty() ? "" : ",") + quoted_name(column.name);
    }
    SQB_ASSIGN(auto rows, select(table, columns));
    SQB_TRY(writer_.begin_table(table));
    std::vector<SnapshotValue> values(row_keys(table).size());
    std::int64_t count = 0;
    while (true) {
      SQB_ASSIGN(const bool more, rows.step());
      if (!more) break;
      for (std::size_t i = 0; i < values.size(); ++i) SQB_TRY(read(rows, static_cast<int>(i), values[i]));
      SQB_TRY(writer_.row(values));
      ++count;
      if (++done_ % kRowsPerTick == 0) SQB_TRY(progress_.advance(done_));
    }
    if (count == table.rows) return writer_.end_table();
    return {Error::kDatabaseDamaged, "it held " + std::to_string(table.rows) +
                                         " rows when they were counted " + "and " + std::to_string(count) +
                                         " when they were read"};
  }

  static Status read(const Statement& rows, int column, SnapshotValue& value) {
    switch (rows.type(column)) {
      case SQLITE_INTEGER:
        value.type = SnapshotValue::Type::kInteger;
        value.integer = rows.integer(column);
        return {};
      case SQLITE_FLOAT:
        value.type = SnapshotValue::Type::kReal;
        value.real = rows.real(column);
        return {};
      case SQLITE_TEXT:
        value.type = SnapshotValue::Type::kText;
        return rows.borrow_text(column, value.bytes);
      case SQLITE_BLOB:
        value.type = SnapshotValue::Type::kBlob;
        return rows.borrow_blob(column, value.bytes);
      default:
        value.type = SnapshotValue::Type::kNull;
        return {};
    }
  }

  Connection& image_;
  Progress& progress_;
  StandIns stand_ins_;
  ProgressHandler handler_;
  JsonSnapshotWriter writer_;
  SnapshotManifest manifest_;
  std::set<std::string> excluded_;
  std::uint64_t done_ = 0;
};

}  // namespace

Result<SnapshotManifest> dump_json(Connection& image, const JsonDumpOptions& options, ByteSink& out,
                                   Progress& progress) {
  return Dump(image, out, progress).run(options);
}

Status rehearse_dump(Connection& image, const JsonDumpOptions& options, Progress& progress) {
  NoSink nowhere;
  return Dump(image, nowhere, progress).rehearse(options);
}

}  // namespace sqbackup
