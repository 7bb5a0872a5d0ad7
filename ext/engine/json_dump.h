// A database as a JSON snapshot (docs/format/json.md).
#pragma once

#include <string>
#include <vector>

#include "base/byte_stream.h"
#include "base/progress.h"
#include "base/status.h"
#include "format/json_snapshot.h"
#include "pages/connection.h"

namespace sqbackup {

struct JsonDumpOptions {
  std::vector<std::string> exclude_tables;  // as SQL compares names; their indexes and triggers go too
};

// Writes all of `image` to `out`, whose state must stand still: an image at rest, or a connection of ours
// inside a read transaction. Its schema is not trusted: tables are only scanned. Returns what was written.
// Memory: the largest value, the schema, and some hundred KiB. Phases: "counting", "dumping" (rows).
//
// kBadOption: a table to exclude does not exist, is SQLite's own or belongs to a virtual table that is not
// excluded; or the snapshot could not be loaded again, since a table needs code that only the application has
// (schema_builder.h).
Result<SnapshotManifest> dump_json(Connection& image, const JsonDumpOptions& options, ByteSink& out,
                                   Progress& progress);

// Whether dump_json() would find that the snapshot could not be made, or not be loaded again: the same
// errors, without reading a row.
Status rehearse_dump(Connection& image, const JsonDumpOptions& options, Progress& progress);

}  // namespace sqbackup
