#include "engine/contents.h"

#include <algorithm>
#include <map>

#include "codec/sha256.h"
#include "engine/stored_form.h"
#include "pages/image.h"

namespace sqbackup {
namespace {

Result<std::string> schema_hash(Connection& image) {
  SQB_ASSIGN(auto hash, Sha256::create());
  SQB_TRY(for_each_schema_row(image, [&hash](const std::string& row) { hash.update(as_bytes(row)); }));
  return hash.finish_hex();
}

// Whether the error is about the image's content; memory, I/O and interrupts are not.
bool about_content(const Status& status) {
  return status.is(Error::kDatabaseDamaged) || status.is(Error::kNotADatabase) ||
         status.is(Error::kSqliteFailed);
}

Status read_schema(Connection& image, Manifest& manifest) {
  SQB_ASSIGN(manifest.user_version, image.query_integer("PRAGMA user_version"));
  SQB_ASSIGN(manifest.application_id, image.query_integer("PRAGMA application_id"));
  SQB_ASSIGN(manifest.schema_sha256, schema_hash(image));
  SQB_ASSIGN(auto tables, image_tables(image));
  for (auto& table : tables) {
    TableInfo info;
    info.name = std::move(table.name);
    for (auto& [name, type] : table.columns) info.columns.push_back({std::move(name), std::move(type)});
    manifest.tables.push_back(std::move(info));
  }
  return {};
}

Status check_into_warnings(Connection& image, CheckDepth depth, Manifest& manifest, Progress& progress) {
  Status check = check_image(image, depth, progress);
  if (!check.ok() && !about_content(check)) return check;
  if (!check.ok()) manifest.warnings.push_back("the source database is damaged: " + check.message());
  return {};
}

Status wrong_number_of_tables(std::size_t found, const Manifest& manifest) {
  return {Error::kManifestDisagrees,
          "it has " + std::to_string(found) + " tables instead of " + std::to_string(manifest.tables.size())};
}

Status compare_rows(std::int64_t rows, const TableInfo& expected) {
  if (!expected.rows || rows == *expected.rows) return {};
  return {Error::kManifestDisagrees, "table '" + expected.name + "' holds " + std::to_string(rows) +
                                         " rows instead of " + std::to_string(*expected.rows)};
}

Status count_tables(Connection& image, Manifest& manifest, Progress& progress) {
  progress.begin_phase("counting", manifest.tables.size());
  std::int64_t total = 0;
  std::uint64_t done = 0;
  for (auto& table : manifest.tables) {
    auto rows = count_rows(image, table.name);
    if (rows.ok()) {
      table.rows = *rows;
      total += *rows;
    } else if (about_content(rows.status())) {
      // A table that needs the application's own collations cannot be counted here, which is no damage.
      if (!rows.status().is(Error::kSqliteFailed)) {
        manifest.warnings.push_back("table '" + table.name + "' cannot be read: " + rows.status().message());
      }
    } else {
      return rows.status();
    }
    SQB_TRY(progress.advance(++done));
  }
  manifest.total_rows = total;
  return {};
}

}  // namespace

Status describe_image(Connection& image, bool count_rows, Manifest& manifest, Progress& progress) {
  if (Status schema = read_schema(image, manifest); !schema.ok()) {
    if (!about_content(schema)) return schema;
    manifest.schema_sha256.clear();
    manifest.tables.clear();
    manifest.warnings.push_back("the schema cannot be read: " + schema.message());
  }
  manifest.row_counts = count_rows;
  if (!count_rows) return {};
  SQB_TRY(count_tables(image, manifest, progress));
  return check_into_warnings(image, CheckDepth::kQuick, manifest, progress);
}

Status describe_rows(Connection& image, const SnapshotManifest& snapshot, bool check, Manifest& manifest,
                     Progress& progress) {
  SQB_ASSIGN(const auto pages, image.query_integer("PRAGMA page_count"));
  manifest.page_count = static_cast<std::uint64_t>(pages);
  manifest.page_size = pages == 0 ? 0 : static_cast<std::uint32_t>(snapshot.page_size);
  manifest.database_size = manifest.page_count * manifest.page_size;
  SQB_TRY(read_schema(image, manifest));
  std::map<std::string, std::int64_t> rows;
  for (const SnapshotTable& table : snapshot.tables) rows[table.name] = table.rows;
  std::erase_if(manifest.tables, [&](const TableInfo& table) { return rows.count(table.name) == 0; });
  manifest.row_counts = check;
  if (!check) return {};
  for (TableInfo& table : manifest.tables) table.rows = rows[table.name];
  manifest.total_rows = total_rows(snapshot);
  return check_into_warnings(image, CheckDepth::kRows, manifest, progress);
}

Status compare_with_manifest(Connection& image, const Manifest& manifest, Progress& progress) {
  if (manifest.schema_sha256.empty()) return {};  // the schema could not be read even then
  SQB_ASSIGN(const std::string hash, schema_hash(image));
  if (!form_of(manifest).json && hash != manifest.schema_sha256) {
    return {Error::kManifestDisagrees, "its schema is not the one that its manifest describes"};
  }
  // By position, which the schema's hash vouches for: a name in a manifest is text, a table's may be any
  // bytes.
  SQB_ASSIGN(const auto tables, image_tables(image));
  if (tables.size() != manifest.tables.size()) return wrong_number_of_tables(tables.size(), manifest);
  progress.begin_phase("counting", tables.size());
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (!manifest.tables[i].rows) continue;
    SQB_ASSIGN(const std::int64_t rows, count_rows(image, tables[i].name));
    SQB_TRY(compare_rows(rows, manifest.tables[i]));
    SQB_TRY(progress.advance(i + 1));
  }
  return {};
}

Status compare_with_manifest(const SnapshotManifest& snapshot, const Manifest& manifest) {
  const auto own = std::count_if(snapshot.tables.begin(), snapshot.tables.end(),
                                 [](const SnapshotTable& table) { return is_sqlites_own(table.name); });
  const std::size_t tables = snapshot.tables.size() - static_cast<std::size_t>(own);  // which come last
  if (tables != manifest.tables.size()) return wrong_number_of_tables(tables, manifest);
  for (std::size_t i = 0; i < tables; ++i) SQB_TRY(compare_rows(snapshot.tables[i].rows, manifest.tables[i]));
  return {};
}

}  // namespace sqbackup
