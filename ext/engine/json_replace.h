// A JSON snapshot brought back into a live database, table by table.
#pragma once

#include <functional>

#include "base/byte_stream.h"
#include "base/progress.h"
#include "base/status.h"
#include "format/json_snapshot.h"
#include "pages/connection.h"

namespace sqbackup {

struct JsonReplaceHooks {                  // each may be empty; an error ends it, and nothing was changed
  std::function<Status()> before_writing;  // the write lock is held, nothing is changed yet
  std::function<Status()> before_commit;
};

// In one transaction, which begins (BEGIN IMMEDIATE) and ends in here, on `live`, a connection of ours that
// is in none and is used for nothing else afterwards:
//
// - a table of the snapshot that is there with the same columns gets the snapshot's rows instead of its own;
// its
//   indexes and triggers stay what they are, and no trigger fires;
// - a table, virtual table or view that is not there is created, with its indexes and triggers;
// - sqlite_sequence gets the rows of these tables; statistics, user_version and all else stay what they are,
//   but into a database without any table or view user_version and application_id come too;
// - shadow tables of virtual tables are tables like others.
//
// Readers see the state of before until the commit, in WAL mode without waiting. Errors, all without any
// change: kTableDiffers: a table has other columns, is no table here, or needs code that only the application
// has. kForeignKeys: a foreign key would be violated that is not now. kDatabaseBusy. Text that is damaged: as
// for load_json(). Phases: "restoring" (bytes of the text), "checking".
Result<SnapshotManifest> replace_from_json(ByteSource& text, Connection& live, const JsonReplaceHooks& hooks,
                                           Progress& progress);

}  // namespace sqbackup
