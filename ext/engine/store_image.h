// The way of a database image from the live database into the file of a backup.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/status.h"
#include "codec/age/file_key.h"
#include "engine/stored_form.h"
#include "pages/source.h"
#include "store/backup_directory.h"

namespace sqbackup {

// Room that is left to whatever else lives on a disk, by backups and drills.
inline constexpr std::uint64_t kSpareBytes = 16 << 20;

struct Stored {
  std::uint64_t bytes = 0;  // of the file
  std::string sha256;
  std::uint64_t database_bytes = 0;  // of the image in it
  std::string database_sha256;
  std::vector<std::string> warnings;  // what is known to be wrong with the source
  std::optional<AgeFileKey> key;      // that reads the file again, where it is encrypted
};

// Captures the state of `source` into the empty file of `backup`, in `form`. The database's writers do not
// wait for a codec: where the capture holds them up (rollback-journal mode), the image is copied first.
// `salvage` as for Capture::begin(). kDiskFull is told before a byte is written, where the size is known.
// Where it is encrypted, no plain byte of it is written anywhere: kBadOption for a database that can only be
// read through the caller's connection, since SQLite would have to write it.
Result<Stored> store_image(BackupDirectory& directory, const Source& source, const StoredForm& form,
                           bool salvage, PendingBackup& backup, Progress& progress);

}  // namespace sqbackup
