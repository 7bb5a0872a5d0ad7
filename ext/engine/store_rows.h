// The rows of a database on their way into the file of a backup, as a JSON snapshot.
#pragma once

#include <string>

#include "base/byte_stream.h"
#include "base/progress.h"
#include "base/status.h"
#include "engine/json_dump.h"
#include "format/manifest.h"
#include "pages/connection.h"

namespace sqbackup {

// Writes `image`, whose state stands still, to `out`, and what it holds into `manifest`. Returns the SHA-256
// of the text. `check`: with row counts, and an integrity check of the image, whose finding becomes a
// warning: rows of a database whose indexes are damaged may not be loaded again. Errors as dump_json(), and
// kDatabaseDamaged where rows cannot be read.
Result<std::string> store_rows(Connection& image, const JsonDumpOptions& options, bool check, ByteSink& out,
                               Manifest& manifest, Progress& progress);

}  // namespace sqbackup
