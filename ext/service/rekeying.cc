// Other keys for a backup, as users ask for it: the exchange, then the row and the record.
#include "engine/rekey.h"
#include "service/operations.h"
#include "service/run.h"
#include "service/work.h"

namespace sqbackup {
namespace {

Result<Manifest> rekey(Database& database, BackupDirectory& directory, const AgeLock& lock, Run& run) {
  const std::string& name = run.record().name;
  SQB_ASSIGN(const AgeKeys keys, keys_of(database, name));
  SQB_ASSIGN(auto row, run.catalog().find(name));
  auto manifest = rekey_backup(directory, name, keys, lock, run);
  if (!manifest.ok() || !row) return manifest;
  // What was proven of the content and what was said of it stays: the bytes were compared on the way. Should
  // the catalog fail to take the row now, the next look at the directory makes it anew.
  row->size = static_cast<std::int64_t>(manifest->stored_size);
  row->sha256 = manifest->sha256;
  static_cast<void>(run.catalog().put(*row));
  return manifest;
}

}  // namespace

Result<std::string> rekey_database_backup(Session::Target& target, const std::string& point,
                                          const std::optional<std::string>& encrypt_to, Progress& progress) {
  Database& database = *target.database;
  SQB_ASSIGN(auto directory, database.directory());
  SQB_ASSIGN(const auto lock, new_lock(database, encrypt_to));
  RunRecord record;
  record.operation = "rekey";
  record.trigger = "manual";
  {
    SQB_ASSIGN(auto catalog, database.open_catalog(directory, Catalog::Access::kRead));
    SQB_ASSIGN(const auto backup, resolve_point(*catalog, point, database.env().clock->now()));
    record.name = backup.name;
    record.bytes = backup.size;
  }
  SQB_ASSIGN(const auto alone, directory.lock_name(record.name, LockMode::kExclusive));
  SQB_ASSIGN(auto run, Run::begin(database, directory, Run::Kind::kWrites, record, progress));
  const auto manifest = rekey(database, directory, *lock, *run);
  if (manifest.ok()) run->record().bytes = static_cast<std::int64_t>(manifest->stored_size);
  if (tells_damage(manifest.status())) static_cast<void>(run->catalog().set_damaged(record.name));
  SQB_TRY(run->finish(manifest.status()));
  return record.name;
}

}  // namespace sqbackup
