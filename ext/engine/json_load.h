// Databases out of JSON snapshots (docs/format/json.md). The text may come from anybody: its SQL can create
// schema objects and do nothing else (schema_gate.h), and none of them runs while it is loaded.
//
// Text that is not what the format wants is kStoredBytesDamaged, in the manifest kManifestDamaged; both say
// where.
#pragma once

#include <string>
#include <vector>

#include "base/byte_stream.h"
#include "base/progress.h"
#include "base/status.h"
#include "format/json_snapshot.h"
#include "format/json_snapshot_reader.h"
#include "pages/connection.h"

namespace sqbackup {

struct JsonLoaded {
  SnapshotManifest manifest;
  // Tables whose indexes stand in a wrong order until the application, which alone has the collations or
  // functions they need, runs REINDEX on each of them.
  std::vector<std::string> reindex;
};

// Builds the database in `target`, a connection of ours to a new, empty file, that nobody else uses. The file
// is written without a journal and not synced: after an error it is to be removed, after success to be
// checked and synced. Memory: the largest value, the schema, and 24 MiB. Phases: "restoring" (bytes of the
// text), "indexing".
Result<JsonLoaded> load_json(ByteSource& text, Connection& target, Progress& progress);

// Reads all of it: the structure is whole and each table has as many rows as the manifest says. Phase
// "checking" (bytes of the text).
Result<SnapshotManifest> check_json(ByteSource& text, Progress& progress);

// Runs `insert` (insert_statement() of json_tables.h) for each row of the table that `text` is at. `progress`
// learns how much of the text was read.
Status insert_rows(JsonSnapshotReader& text, Statement& insert, Progress& progress);

}  // namespace sqbackup
