// The way back: read_remote_manifest(), download_backup().
#include "engine/file_sink.h"
#include "engine/remote_backup.h"
#include "engine/remote_layout.h"
#include "engine/room.h"

namespace sqbackup {
namespace {

Result<RemoteManifest> fetch_manifest(ObjectStore& store, const std::string& name, const Cancel& cancel) {
  SQB_TRY(check_remote_name(name));
  SQB_ASSIGN(auto text, read_text_object(store, remote_manifest_key(name), kLargestRemoteText, cancel));
  if (!text) return Status(Error::kNoSuchBackup, "there is no such backup in '" + store.url_of("") + "'");
  SQB_ASSIGN(Manifest manifest, read_manifest(*text, name));
  return RemoteManifest{std::move(*text), std::move(manifest)};
}

Result<std::unique_ptr<PendingBackup>> begin(BackupDirectory& directory, const RemoteManifest& backup) {
  SQB_TRY(require_room(directory.files(), directory.path(), backup.manifest.stored_size, "its copy",
                       "make room there"));
  auto pending = directory.begin(backup.manifest.name);
  if (!pending.status().is(Error::kAlreadyExists)) return pending;
  return Status(Error::kAlreadyExists,
                pending.status().message() + "; use that one, or DELETE it before it is fetched again");
}

Status fetch_data(ObjectStore& store, const Manifest& manifest, WritableFile& file, Progress& progress) {
  FileSink out(file);
  SQB_TRY(out.restart(FileSink::Feed::kHashedPieces));
  progress.begin_phase("downloading", manifest.stored_size);
  const Status status = store.download(manifest.name, manifest.stored_size, out, progress);
  if (status.is(Error::kNoSuchObject)) {
    return {Error::kStoredBytesDamaged,
            "'" + store.url_of(manifest.name) + "' is missing, and only its manifest is there"};
  }
  SQB_TRY(status);
  SQB_ASSIGN(const std::string hash, out.finish());
  if (out.size() == manifest.stored_size && hash == manifest.sha256) return {};
  return {Error::kStoredBytesDamaged, "'" + store.url_of(manifest.name) + "' has " +
                                          std::to_string(out.size()) + " bytes with the SHA-256 " + hash +
                                          " instead of " + std::to_string(manifest.stored_size) + " with " +
                                          manifest.sha256 + "; restore another backup"};
}

// What does not fit may have been replaced while it came.
Status explain(const Status& damaged, ObjectStore& store, const RemoteManifest& backup,
               const Cancel& cancel) {
  if (!damaged.is(Error::kStoredBytesDamaged)) return damaged;
  SQB_ASSIGN(const auto now,
             read_text_object(store, remote_manifest_key(backup.manifest.name), kLargestRemoteText, cancel));
  if (now == backup.text) return damaged;
  return {Error::kInUse, "it was replaced or removed there while it was fetched; try again"};
}

Result<Manifest> fetch(ObjectStore& store, const std::string& name, BackupDirectory& directory,
                       CancelByProgress& progress) {
  const Cancel cancel = progress.cancel();
  SQB_ASSIGN(RemoteManifest backup, fetch_manifest(store, name, cancel));
  SQB_ASSIGN(const auto pending, begin(directory, backup));
  // Marks that are damaged come as they are: the directory's readers keep such a backup as if it were pinned.
  SQB_ASSIGN(const auto marks, read_text_object(store, remote_marks_key(name), kLargestRemoteText, cancel));
  SQB_TRY(explain(fetch_data(store, backup.manifest, pending->file(), progress), store, backup, cancel));
  SQB_TRY(pending->publish(backup.text));
  if (marks) {
    // `pending` still has the exclusive lock.
    if (const Status written = directory.write_marks(name, *marks); !written.ok()) {
      static_cast<void>(directory.remove(name));
      return written;
    }
  }
  return std::move(backup.manifest);
}

}  // namespace

Result<RemoteManifest> read_remote_manifest(ObjectStore& store, const std::string& name,
                                            const Cancel& cancel) {
  auto manifest = fetch_manifest(store, name, cancel);
  if (manifest.ok()) return manifest;
  return manifest.status().with_context("backup '" + name + "'");
}

Result<Manifest> download_backup(ObjectStore& store, const std::string& name, BackupDirectory& directory,
                                 Progress& progress) {
  CancelByProgress watched(progress);
  auto manifest = fetch(store, name, directory, watched);
  if (manifest.ok()) return manifest;
  return manifest.status().with_context("backup '" + name + "'");
}

}  // namespace sqbackup
