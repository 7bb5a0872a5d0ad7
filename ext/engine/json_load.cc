#include "engine/json_load.h"

#include "engine/json_tables.h"
#include "engine/schema_builder.h"
#include "pages/progress_handler.h"

namespace sqbackup {
namespace {

constexpr std::uint64_t kRowsPerTick = 256;

void bind(Statement& statement, int index, const SnapshotValue& value) {
  switch (value.type) {
    case SnapshotValue::Type::kNull:
      statement.bind_null(index);
      break;
    case SnapshotValue::Type::kInteger:
      statement.bind(index, value.integer);
      break;
    case SnapshotValue::Type::kReal:
      statement.bind(index, value.real);
      break;
    case SnapshotValue::Type::kText:
      statement.bind_borrowed_text(index, value.bytes);
      break;
    case SnapshotValue::Type::kBlob:
      statement.bind_borrowed_blob(index, value.bytes);
      break;
  }
}

Status insert_table(JsonSnapshotReader& reader, const SnapshotTable& table, Connection& target,
                    Progress& progress) {
  // The rows of the tables before have put some into sqlite_sequence, which is one of the last.
  if (is_sqlites_own(table.name)) SQB_TRY(target.execute("DELETE FROM main.\"" + table.name + "\""));
  SQB_ASSIGN(auto insert, target.prepare(insert_statement(table)));
  return insert_rows(reader, insert, progress);
}

Status fill(JsonSnapshotReader& reader, Connection& target, Progress& progress) {
  while (true) {
    SQB_ASSIGN(const SnapshotTable* const table, reader.next_table());
    if (table == nullptr) return {};
    Status inserted = insert_table(reader, *table, target, progress);
    if (!inserted.ok()) return inserted.with_context("table '" + table->name + "'");
  }
}

Result<JsonLoaded> load(ByteSource& text, Connection& target, Progress& progress) {
  JsonSnapshotReader reader(text);
  SQB_TRY(reader.read_manifest());
  SchemaBuilder builder(target, reader.manifest());
  SQB_TRY(builder.prepare());
  SQB_ASSIGN(auto transaction, Transaction::begin(target));
  SQB_TRY(builder.create_tables());
  progress.begin_phase("restoring", text.size());
  SQB_TRY(fill(reader, target, progress));
  SQB_TRY(builder.finish(progress));
  SQB_TRY(transaction.commit());
  return JsonLoaded{reader.manifest(), builder.tables_to_reindex()};
}

}  // namespace

Status insert_rows(JsonSnapshotReader& text, Statement& insert, Progress& progress) {
  std::uint64_t rows = 0;
  while (true) {
    SQB_ASSIGN(const bool more, text.next_row());
    if (!more) return {};
    int index = 0;
    for (const SnapshotValue& value : text.row()) bind(insert, ++index, value);
    SQB_TRY(insert.run());
    if (++rows % kRowsPerTick == 0) SQB_TRY(progress.advance(text.offset()));
  }
}

Result<JsonLoaded> load_json(ByteSource& text, Connection& target, Progress& progress) {
  ProgressHandler handler(target, progress);
  auto loaded = load(text, target, progress);
  SQB_TRY(handler.stopped());
  return loaded;
}

Result<SnapshotManifest> check_json(ByteSource& text, Progress& progress) {
  progress.begin_phase("checking", text.size());
  JsonSnapshotReader reader(text);
  SQB_TRY(reader.read_manifest());
  std::uint64_t rows = 0;
  while (true) {
    SQB_ASSIGN(const SnapshotTable* const table, reader.next_table());
    if (table == nullptr) return reader.manifest();
    while (true) {
      SQB_ASSIGN(const bool more, reader.next_row());
      if (!more) break;
      if (++rows % kRowsPerTick == 0) SQB_TRY(progress.advance(reader.offset()));
    }
  }
}

}  // namespace sqbackup
