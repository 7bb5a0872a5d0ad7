// Restoring on a machine that has nothing but the place and the keys.
#include "engine/keys.h"
#include "engine/remote_backup.h"
#include "engine/restore.h"
#include "format/backup_name.h"
#include "service/place.h"
#include "service/remote.h"
#include "service/work.h"

namespace sqbackup {
namespace {

// The directory of one download, beside the file that is restored from it.
class Landing {
 public:
  Landing(FileEnv& files, const std::string& target)
      : directory_(files,
                   join_path(directory_of(target), "." + file_name_of(target) + ".sqbackup-download")) {}
  ~Landing() {
    try {
      static_cast<void>(clear());
    } catch (const std::bad_alloc&) {  // the next restore to that path clears it
    }
  }
  Landing(const Landing&) = delete;
  Landing& operator=(const Landing&) = delete;

  BackupDirectory& directory() { return directory_; }

  // Empty, and nobody else's. kInUse: another restore to that path is under way.
  Status begin() {
    SQB_TRY(directory_.ensure());
    SQB_ASSIGN(const FileInfo made, directory_.files().info(directory_.path(), /*follow_symlink=*/false));
    if (made.kind != FileKind::kDirectory) {
      return {Error::kNotAnOrdinaryFile,
              "'" + directory_.path() + "' is a symbolic link, and the download goes there; remove it"};
    }
    auto lock = directory_.lock_name("landing", LockMode::kExclusive);
    if (lock.status().is(Error::kInUse))
      return {Error::kInUse,
              "another restore to the same path is under way; wait for it, or choose another path"};
    SQB_ASSIGN(lock_, std::move(lock));
    return clear_files();
  }

 private:
  Status clear_files() {
    SQB_ASSIGN(const auto listing, directory_.list());
    SQB_TRY(directory_.clear_leftovers(listing).status());
    for (const std::string& name : listing.backups) {
      if (time_of_backup_name(name)) SQB_TRY(directory_.remove(name));
    }
    return {};
  }
  Status clear() {
    if (lock_ == nullptr) return {};
    SQB_TRY(clear_files());
    static_cast<void>(directory_.files().remove(directory_.path_of(".lock")));
    lock_.reset();
    return directory_.files().remove_directory(directory_.path());
  }

  BackupDirectory directory_;
  std::unique_ptr<FileLock> lock_;
};

// Whether the keys that are here open it, before all of it is downloaded.
Status check_keys(const RemoteManifest& backup, const AgeKeys& keys) {
  if (!backup.manifest.encryption) return {};
  Manifest manifest = backup.manifest;
  const Status opened = reveal_content(manifest, keys);
  return opened.ok() ? Status() : no_key(manifest, opened);
}

}  // namespace

Result<std::string> restore_from_place(Session::Target& target, const std::string& url, const PathRestore& to,
                                       Progress& progress) {
  Database& database = *target.database;
  FileEnv& files = *database.env().files;
  SQB_ASSIGN(const RemotePoint point, remote_point(url));
  SQB_ASSIGN(const std::string path, files.canonical(to.path));
  SQB_TRY(check_target_path(files, path, to.overwrite));
  SQB_ASSIGN(const auto place, OpenPlace::open(database, point.place));
  if (!place->directory().empty()) SQB_TRY(check_outside(files, place->directory(), path));
  if (const auto own = database.directory(); own.ok()) SQB_TRY(check_outside(files, own->path(), path));

  const Cancel cancel = [&] { return !progress.advance(0).ok(); };
  progress.begin_phase("connecting", 0);
  std::string name = point.name;
  if (name == "latest") {
    SQB_ASSIGN(name, newest_in(*place, cancel));
  }
  SQB_ASSIGN(const RemoteManifest backup, read_remote_manifest(place->store(), name, cancel));
  SQB_ASSIGN(const AgeKeys keys, keys_of(database, name));
  SQB_TRY(check_keys(backup, keys));
  Landing landing(files, path);
  SQB_TRY(landing.begin());
  SQB_TRY(download_backup(place->store(), name, landing.directory(), progress).status());
  SQB_ASSIGN(const auto reading, landing.directory().lock_name(name, LockMode::kShared));
  std::vector<std::string> reindex;
  const FileRestore file{path, to.overwrite, to.level, to.reindex_later ? &reindex : nullptr};
  SQB_TRY(restore_to_file(landing.directory(), name, keys, file, progress));
  return path;
}

}  // namespace sqbackup
