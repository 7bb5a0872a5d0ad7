// Copies of backups in an object store. The layout there is that of the local directory
// (store/backup_directory.h), with two objects more:
//
//   NAME                  the stored bytes
//   NAME.json             its manifest, byte for byte: a backup exists there when this does
//   NAME.marks.json       what the user changed later, where there is anything
//   owner.sqbackup.json   who writes there (engine/remote_owner.h)
//   RECOVERY.txt          how to restore without us (engine/recovery_text.h)
//
// Coming: data, marks, manifest. Going: manifest, marks, data. So a process that dies in between leaves data
// that is not listed, which the next upload of that backup completes, or clear_remote_leftovers() takes away.
//
// Other keys (engine/rekey.h) change data and manifest of a backup that is there, and no store exchanges two
// objects at once. So the local file is proven first, then the old manifest goes, and the new pair comes as
// if nothing had been there: at every instant the store has the old pair, no such backup, or the new pair,
// and never data beside a manifest of other data. While the new data is on its way, the backup is not listed
// there; if that upload dies, it stays unlisted until the next one.
//
// Names are those of the directory, but need an ending, for without one there is no manifest; and neither
// "owner.sqbackup" nor "RECOVERY.txt" is one: kBadName. Whoever writes to a place makes sure first that it is
// its own, and writes one backup from one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/progress.h"
#include "base/status.h"
#include "format/manifest.h"
#include "store/backup_directory.h"
#include "store/object_store.h"

namespace sqbackup {

// Makes the store have the backup as it is here; returns its URL there. What is there already is not sent
// again: its hash is the one that the store keeps, or is taken by reading it. Where the manifest is there,
// marks are sent if they differ; marks that are damaged here are not. The caller holds the name's shared
// lock. Phases: "hashing" where other keys replace those there, "uploading". Errors: kNoSuchBackup;
// kImported: without a manifest; kManifestDamaged, kStoredBytesDamaged: of the local one, and nothing of it
// is listed there (what was there before stays); kAlreadyExists: another backup has this name there, and
// stays; kInterrupted, and those of the store: trying again completes it.
Result<std::string> upload_backup(BackupDirectory& directory, const std::string& name, ObjectStore& store,
                                  Progress& progress);

// The marks alone, as they are here; none here: ok, and nothing is done. The caller holds the name's shared
// lock. kNoSuchBackup: it is not there. kManifestDamaged: they are damaged here.
Status upload_marks(BackupDirectory& directory, const std::string& name, ObjectStore& store,
                    const Cancel& cancel);

struct RemoteManifest {
  std::string text;  // as it stands there
  Manifest manifest;
};

// kNoSuchBackup, kManifestDamaged.
Result<RemoteManifest> read_remote_manifest(ObjectStore& store, const std::string& name,
                                            const Cancel& cancel);

// The way back: the backup `name`, with manifest and marks byte for byte. It appears in the directory when
// all of its stored bytes are there, durable, and have the manifest's size and SHA-256. Phase: "downloading".
// Errors, with nothing published: kNoSuchBackup: it is not there; kAlreadyExists: here it is already;
// kInUse, also where it is given other keys there meanwhile; kManifestDamaged, kStoredBytesDamaged: of what
// is there; kDiskFull before a byte is written, where that can be known; kInterrupted; those of the store and
// of BackupDirectory. If the process dies between the publishing of the backup and that of its marks, it
// comes without marks.
Result<Manifest> download_backup(ObjectStore& store, const std::string& name, BackupDirectory& directory,
                                 Progress& progress);

struct RemoteBackup {
  std::string name;
  std::uint64_t data_size = 0;
  UnixMillis data_modified = 0;  // times by the store's clock; 0: not known
  UnixMillis manifest_modified = 0;
  std::optional<UnixMillis> marks_modified;  // nullopt: it has none
};

struct RemoteListing {
  std::vector<RemoteBackup> backups;  // with manifest and data, by name
  std::vector<std::string> no_data;   // names as ours with a manifest alone: they are lost there; sorted
  std::int64_t ignored = 0;           // objects that are nothing of ours
};

// What is there, by its keys alone: no object is read. Uploads that are not complete are not in it.
Result<RemoteListing> list_remote(ObjectStore& store, const Cancel& cancel);

// Takes the backup away there; gone already: ok. What has neither a manifest nor a name as ours
// (format/backup_name.h) is somebody else's, and stays.
Status remove_remote(ObjectStore& store, const std::string& name, const Cancel& cancel);

// Removes what uploads and removals that died have left: data and marks without a manifest, all older than
// `before` by the store's clock, of names as ours. Returns those names. No upload by this process to this
// place may be running; others are what `before` leaves time for. (Uploads that the store itself has not
// finished are ObjectStore::sweep()'s.)
Result<std::vector<std::string>> clear_remote_leftovers(ObjectStore& store, UnixMillis before,
                                                        const Cancel& cancel);

}  // namespace sqbackup
