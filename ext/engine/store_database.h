// The way of a database from where it lives into the file of a backup.
#pragma once

#include <cstdint>
#include <optional>

#include "base/progress.h"
#include "base/status.h"
#include "codec/age/file_key.h"
#include "engine/stored_form.h"
#include "pages/source.h"
#include "store/backup_directory.h"

namespace sqbackup {

struct StoreOptions {
  StoredForm form;
  bool salvage = false;    // as for Capture::begin()
  bool check_rows = true;  // of a JSON snapshot: store_rows()
};

// Captures the state of `source` into the empty file of `backup`. The database's writers do not wait for a
// codec: where the capture holds them up (rollback-journal mode), the image is copied first. Fills in what
// `manifest` says of the stored bytes and of the size and hash of what is in them; of a JSON snapshot, all
// that it says of the content. Returns the key that reads the file again, where it is encrypted.
// kDiskFull is told before a byte is written, where the size is known. Where it is encrypted, no plain byte
// of it is written anywhere: kBadOption for a database that can only be read through the caller's connection,
// since SQLite would have to write it.
Result<std::optional<AgeFileKey>> store_database(BackupDirectory& directory, const Source& source,
                                                 const StoreOptions& options, PendingBackup& backup,
                                                 Manifest& manifest, Progress& progress);

}  // namespace sqbackup
