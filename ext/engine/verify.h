// Proves a backup: the stored bytes are those that were written, and the database in them is sound. Restore
// begins with the same proof, so verify says ok exactly when restore would succeed.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/file_env.h"
#include "base/progress.h"
#include "base/status.h"
#include "engine/keys.h"
#include "engine/stored_image.h"
#include "format/manifest.h"
#include "store/backup_directory.h"

namespace sqbackup {

enum class VerifyLevel {
  kChecksum,  // manifest seal, size and SHA-256 of the stored bytes
  kQuick,     // and the header against the manifest, and PRAGMA quick_check
  kFull,      // and PRAGMA integrity_check, schema and row counts against the manifest
};
// Of a JSON snapshot, beyond the checksum, all of the text is read, and its rows compared with the manifest;
// kFull loads an imported one into a scratch file, unless it is encrypted.

// nullopt: the name of no level. "checksum" | "quick" | "full".
std::optional<VerifyLevel> verify_level(std::string_view name);

// ok, or the first thing wrong (kStoredBytesDamaged, kManifestDamaged, kDatabaseDamaged, kManifestDisagrees,
// kNotADatabase, kNoSuchBackup). A backup without a manifest (`imported`) has no recorded hash: its structure
// is what is proven. An encrypted one is opened with `keys` (kNoKey), unless its stored bytes are all that is
// to be checked. The caller holds the name's shared lock.
Status verify_backup(BackupDirectory& directory, const std::string& name, VerifyLevel level,
                     const AgeKeys& keys, Progress& progress);

// The database image in the backup, as `manifest` says that it is stored (nullopt: as its first bytes say).
Result<std::unique_ptr<StoredImage>> open_backup(BackupDirectory& directory, const std::string& name,
                                                 const std::optional<Manifest>& manifest, const AgeKeys& keys,
                                                 Progress& progress);

// Whether nothing was wrong with the database when its rows were written: kDatabaseDamaged, for they may not
// be all, or not fit together.
Status was_sound(const Manifest& manifest);

// The proof of an image, beside that of the stored bytes: `level` kQuick or kFull.
Status check_database(Connection& image, const std::optional<Manifest>& manifest, VerifyLevel level,
                      Progress& progress);

// The backup's manifest; nullopt: it has none, as a file that a user copied here (`imported`).
// kManifestDamaged. Of an encrypted one what `keys` do not open stays unknown (Manifest::knows_content()).
Result<std::optional<Manifest>> load_manifest(BackupDirectory& directory, const std::string& name,
                                              const AgeKeys& keys);

}  // namespace sqbackup
