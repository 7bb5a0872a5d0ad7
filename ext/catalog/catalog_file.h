// The file catalog.db: created, opened, set aside when it is damaged. Internal to catalog/.
#pragma once

#include <string>

#include "base/file_env.h"
#include "base/status.h"
#include "pages/connection.h"
#include "store/backup_directory.h"

namespace sqbackup {

// Opens the catalog of `directory`, which exists, with every migration applied; creates it when it is
// missing, and replaces a damaged one, recording that in the new one's log. `suspicious`: reading it has
// failed before, so look at all of it.
Result<Connection> open_catalog_file(const Env& env, const BackupDirectory& directory, bool suspicious);

// An existing catalog as it is: nothing created or migrated. An empty connection: there is none.
Result<Connection> open_existing_catalog(FileEnv& files, const std::string& directory);

Result<Connection> open_memory_catalog();
// In memory, for a reader where nothing can be written: with all that an older catalog there holds, if there
// is one.
Result<Connection> open_catalog_copy(const Env& env, const BackupDirectory& directory);
// A catalog in memory with all that `connection` holds.
Result<Connection> copy_to_memory(Connection& connection);

// Whether an error says that nothing can be written at this place, so that a reader may go on without.
bool is_unwritable(const Status& status);

}  // namespace sqbackup
