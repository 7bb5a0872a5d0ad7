// Copies of backups in another place: there, back, and whose the place is.
#include <algorithm>

#include "base/ascii.h"
#include "base/process.h"
#include "base/random.h"
#include "engine/recovery_text.h"
#include "engine/remote_backup.h"
#include "service/place.h"
#include "service/remote.h"
#include "service/run.h"
#include "service/work.h"

namespace sqbackup {
namespace {

Cancel cancel_of(Run& run) {
  return [&run] { return !run.advance(0).ok(); };
}

std::string database_file(const Database& database) {
  return database.path().empty() ? "restored.db" : file_name_of(database.path());
}

// A copy beside the original is none, and would take its name.
Status check_elsewhere(const BackupDirectory& directory, const OpenPlace& place) {
  if (place.directory().empty()) return {};
  const auto here = directory.files().canonical(directory.path());
  if (here.ok() && (place.directory() + '/').starts_with(*here + '/')) {
    return {Error::kBadSetting,
            "'" + place.url() + "' is in the directory of the backups itself; name one on another disk"};
  }
  const auto catalog = directory.files().info(join_path(place.directory(), kCatalogFileName), false);
  if (catalog.status().is(Error::kNoSuchFile)) return {};
  if (!catalog.ok()) return catalog.status();
  return {Error::kBadSetting,
          "'" + place.url() + "' is the backup directory of a database; name another one"};
}

// Two uploads at once to one place would each take the other for another machine.
Result<std::unique_ptr<FileLock>> lock_uploads(BackupDirectory& directory) {
  auto lock = directory.lock_name("uploads", LockMode::kExclusive);
  if (!lock.status().is(Error::kInUse)) return lock;
  return Status(Error::kInUse,
                "another upload from '" + directory.path() + "' is under way; try again when it is done");
}

// Steps 2 to 4 of engine/remote_owner.h.
Status claim(Database& database, Catalog& catalog, OpenPlace& place, const std::optional<PlaceOwner>& there,
             const Cancel& cancel) {
  PlaceOwner mine;
  mine.database_id = catalog.database_id();
  mine.database_path = database.path();
  mine.host = host_name();
  SQB_ASSIGN(mine.token, random_uuid());
  if (there) mine.previous = there->token;
  mine.at = database.env().clock->now();
  SQB_TRY(catalog.remember_owner(place.url(), memory_before_claim(there, mine.token)));
  SQB_TRY(claim_place(place.store(), mine, cancel));
  return catalog.remember_owner(place.url(), {mine.token, {}});
}

Result<OwnerVerdict> judge(Database& database, Catalog& catalog, OpenPlace& place,
                           const std::optional<PlaceOwner>& there, const Cancel& cancel) {
  std::string of_another;
  if (!there) {
    SQB_ASSIGN(of_another, backup_of_another(place.store(), catalog.database_id(), cancel));
  }
  SQB_ASSIGN(const OwnerMemory memory, catalog.owner_memory(place.url()));
  const OwnerSelf self{catalog.database_id(), database.path(), host_name()};
  return decide_owner(there, memory, self, of_another);
}

Status make_sure_of(Database& database, Catalog& catalog, OpenPlace& place, const Cancel& cancel) {
  SQB_ASSIGN(const auto there, read_owner(place.store(), cancel));
  SQB_ASSIGN(const OwnerVerdict verdict, judge(database, catalog, place, there, cancel));
  if (verdict.state == PlaceState::kAnothers) return remote_taken(place.store(), there, verdict.reason);
  return claim(database, catalog, place, there, cancel);
}

// What comes into the backup directory is 'latest' from then on, and would be restored as this database's
// own.
Status check_of_this_database(Database& database, Catalog& catalog, OpenPlace& place, const std::string& name,
                              const Cancel& cancel) {
  SQB_ASSIGN(const RemoteManifest backup, read_remote_manifest(place.store(), name, cancel));
  if (backup.manifest.database_id == catalog.database_id()) return {};
  const auto there = read_owner(place.store(), cancel);
  if (there.ok() && *there) {
    SQB_ASSIGN(const OwnerVerdict verdict, judge(database, catalog, place, *there, cancel));
    if (verdict.state == PlaceState::kMine) return {};
  }
  return {Error::kRemoteTaken,
          "backup '" + name + "' is of another database, '" + backup.manifest.database_path +
              "'; backup_restore('" + place.url() + name +
              "', '{\"to\": ...}') makes a file of it; if this database goes on where that "
              "one ended, SELECT backup_adopt('" +
              place.url() + "') first"};
}

// What uploads left that died a day ago or longer. Done when it can be: a store that lets nobody look, or a
// bad connection just now, is no reason to call the copy a failure.
void clear_old_leftovers(OpenPlace& place, UnixMillis now, const Cancel& cancel) {
  constexpr std::int64_t kDay = std::int64_t{24} * 3600 * 1000;
  if (!place.store().sweep(now - kDay, cancel).ok()) return;
  static_cast<void>(clear_remote_leftovers(place.store(), now - kDay, cancel));
}

Result<std::string> upload(Database& database, BackupDirectory& directory, OpenPlace& place, Run& run) {
  const std::string& name = run.record().name;
  const Cancel cancel = cancel_of(run);
  run.begin_phase("connecting", 0);
  SQB_TRY(make_sure_of(database, run.catalog(), place, cancel));
  SQB_ASSIGN(std::string url, upload_backup(directory, name, place.store(), run));
  const UnixMillis now = database.env().clock->now();
  SQB_TRY(run.catalog().add_copy(name, place.url(), url, now));
  SQB_TRY(write_recovery_text(place.store(), database_file(database), cancel)
              .with_context("the copy is complete, but not the page beside it"));
  clear_old_leftovers(place, now, cancel);
  return url;
}

RunRecord record_of(const char* operation, const std::string& name) {
  RunRecord record;
  record.operation = operation;
  record.trigger = "manual";
  record.name = name;
  return record;
}

}  // namespace

Result<std::string> upload_database_backup(Session::Target& target, const std::string& point,
                                           const std::optional<std::string>& url, Progress& progress) {
  Database& database = *target.database;
  SQB_ASSIGN(auto directory, database.directory());
  SQB_ASSIGN(const auto place, OpenPlace::open(database, url));
  SQB_TRY(check_elsewhere(directory, *place));
  RunRecord record = record_of("upload", "");
  {
    SQB_ASSIGN(auto catalog, database.open_catalog(directory, Catalog::Access::kRead));
    SQB_ASSIGN(const auto backup, resolve_point(*catalog, point, database.env().clock->now()));
    record.name = backup.name;
    record.bytes = backup.size;
  }
  SQB_ASSIGN(const auto reading, directory.lock_name(record.name, LockMode::kShared));
  SQB_ASSIGN(const auto alone, lock_uploads(directory));
  SQB_ASSIGN(auto run, Run::begin(database, directory, Run::Kind::kWrites, record, progress));
  auto uploaded = upload(database, directory, *place, *run);
  SQB_TRY(run->finish(uploaded.status()));
  return uploaded;
}

Result<std::string> download_database_backup(Session::Target& target, const std::string& name,
                                             const std::optional<std::string>& url, Progress& progress) {
  Database& database = *target.database;
  SQB_ASSIGN(auto directory, database.directory());
  SQB_ASSIGN(const auto place, OpenPlace::open(database, url));
  SQB_ASSIGN(auto run,
             Run::begin(database, directory, Run::Kind::kWrites, record_of("download", name), progress));
  const auto fetch = [&]() -> Status {
    std::string& wanted = run->record().name;
    run->begin_phase("connecting", 0);
    if (ascii_lower(wanted) == "latest") {
      SQB_ASSIGN(wanted, newest_in(*place, cancel_of(*run)));
    }
    SQB_TRY(check_of_this_database(database, run->catalog(), *place, wanted, cancel_of(*run)));
    // When it was uploaded: stores tell whole seconds.
    SQB_ASSIGN(const ObjectInfo there, place->store().head(wanted, cancel_of(*run)));
    SQB_ASSIGN(const Manifest manifest, download_backup(place->store(), wanted, directory, *run));
    run->record().bytes = static_cast<std::int64_t>(manifest.stored_size);
    // The list follows the directory, and reads the marks with it.
    return run->catalog().add_copy(wanted, place->url(), place->store().url_of(wanted),
                                   std::max(there.modified, manifest.created_at));
  };
  SQB_TRY(run->finish(fetch()));
  return run->record().name;
}

Result<std::string> adopt_place(Session::Target& target, const std::string& url, Progress& progress) {
  Database& database = *target.database;
  SQB_ASSIGN(auto directory, database.directory());
  SQB_ASSIGN(const auto place, OpenPlace::open(database, url));
  SQB_TRY(check_elsewhere(directory, *place));
  SQB_ASSIGN(const auto alone, [&]() -> Result<std::unique_ptr<FileLock>> {
    SQB_TRY(directory.ensure());
    return lock_uploads(directory);
  }());
  SQB_ASSIGN(auto run, Run::begin(database, directory, Run::Kind::kWrites, record_of("adopt", ""), progress));
  const auto take_over = [&]() -> Status {
    run->begin_phase("connecting", 0);
    auto there = read_owner(place->store(), cancel_of(*run));
    if (!there.ok() && !there.status().is(Error::kRemoteTaken)) return there.status();
    return claim(database, run->catalog(), *place, there.ok() ? *there : std::nullopt, cancel_of(*run));
  };
  SQB_TRY(run->finish(take_over()));
  SQB_TRY(database.set_setting("url", url).status());
  return place->url();
}

}  // namespace sqbackup
