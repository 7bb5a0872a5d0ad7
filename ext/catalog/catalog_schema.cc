#include "catalog/catalog_schema.h"

#include <iterator>

namespace sqbackup {
namespace {

constexpr const char* kMigrations[] = {
#include "catalog/migrations.inc"
};
constexpr std::int64_t kLatest = std::ssize(kMigrations);
constexpr std::int64_t kApplicationId = 0x53514243;  // "SQBC"

struct Version {
  std::int64_t application_id = 0;
  std::int64_t migrations = 0;
  bool empty = false;
};

// Inside a transaction: what it reads is one state of the file, whoever is migrating it.
Result<Version> read_version(Connection& connection) {
  Version version;
  SQB_ASSIGN(version.application_id, connection.query_integer("PRAGMA application_id"));
  SQB_ASSIGN(version.migrations, connection.query_integer("PRAGMA user_version"));
  SQB_ASSIGN(const auto objects, connection.query_integer("SELECT count(*) FROM sqlite_schema"));
  version.empty = version.application_id == 0 && version.migrations == 0 && objects == 0;
  return version;
}

Status check_version(const Version& version) {
  if (version.empty) return {};
  if (version.application_id != kApplicationId || version.migrations < 0) {
    return {Error::kDirectoryTaken,
            "the catalog.db in the backup directory is somebody else's database; choose another directory, "
            "or move it away"};
  }
  if (version.migrations > kLatest) {
    return {Error::kCatalogNewer, "the catalog was written by a newer sqbackup (its version is " +
                                      std::to_string(version.migrations) + ", this one knows " +
                                      std::to_string(kLatest) + "); update sqbackup here"};
  }
  return {};
}

Result<bool> is_current(Connection& connection) {
  SQB_TRY(connection.execute("BEGIN"));
  const auto version = read_version(connection);
  const Status ended = connection.execute("COMMIT");
  if (!version.ok()) return version.status();
  SQB_TRY(ended);
  SQB_TRY(check_version(*version));
  return version->migrations == kLatest;
}

// Applies the next migration; false: there is none.
Result<bool> apply_next(Connection& connection) {
  SQB_ASSIGN(auto transaction, Transaction::begin(connection));
  SQB_ASSIGN(const Version version, read_version(connection));
  SQB_TRY(check_version(version));
  if (version.migrations == kLatest) return false;
  SQB_TRY(connection.execute(kMigrations[version.migrations]));
  SQB_TRY(connection.execute("PRAGMA application_id = " + std::to_string(kApplicationId)));
  SQB_TRY(connection.execute("PRAGMA user_version = " + std::to_string(version.migrations + 1)));
  SQB_TRY(transaction.commit());
  return true;
}

// A file whose pages are sound may still lack what a catalog has.
Status read_every_table(Connection& connection) {
  for (const char* sql : {"SELECT key, value FROM meta LIMIT 0", "SELECT key, value FROM settings LIMIT 0",
                          "SELECT name, created_at, status, manifest_time, data_time FROM backups LIMIT 0",
                          "SELECT operation, status, error FROM runs LIMIT 0",
                          "SELECT id, name, sql, expect FROM assertions LIMIT 0",
                          "SELECT id, name, ok, report FROM drills LIMIT 0",
                          "SELECT id, at, type, trigger, run, ok, details FROM events LIMIT 0"}) {
    SQB_ASSIGN(auto statement, connection.prepare(sql));
    SQB_TRY(statement.run());
  }
  return {};
}

Result<std::string> damage_or_error(const Status& status) {
  if (is_damage(status)) return status.message();
  return status;
}

}  // namespace

Status migrate(Connection& connection) {
  SQB_ASSIGN(bool current, is_current(connection));
  while (!current) {
    SQB_ASSIGN(const bool applied, apply_next(connection));
    current = !applied;
  }
  return {};
}

bool is_damage(const Status& status) {
  if (status.ok()) return false;
  // Deleted or set aside under the connection.
  if (status.sqlite_code() == SQLITE_READONLY_DBMOVED || status.sqlite_code() == SQLITE_IOERR_FSTAT)
    return true;
  switch (status.error()) {
    case Error::kDatabaseDamaged:
    case Error::kNotADatabase:
    case Error::kCatalogDamaged:
      return true;
    case Error::kSqliteFailed:  // no such table, no such column: somebody changed the schema
      return status.sqlite_code() == SQLITE_ERROR;
    default:
      return false;
  }
}

Result<std::string> find_damage(Connection& connection) {
  const auto found = connection.query_text("PRAGMA integrity_check(1)");
  if (!found.ok()) return damage_or_error(found.status());
  if (*found != "ok") return "integrity check: " + *found;
  const Status migrated = migrate(connection);
  if (!migrated.ok()) return damage_or_error(migrated);
  const Status readable = read_every_table(connection);
  if (!readable.ok()) return damage_or_error(readable);
  return std::string();
}

}  // namespace sqbackup
