// What a database image holds, for its manifest, and whether it still holds it.
#pragma once

#include <string>

#include "base/progress.h"
#include "base/status.h"
#include "format/json_snapshot.h"
#include "format/manifest.h"
#include "pages/connection.h"

namespace sqbackup {

// Fills in user_version, application_id, schema_sha256 and tables from the image; with `count_rows` also
// rows, total_rows and a quick check of the copy. What SQLite finds wrong with the image becomes a warning,
// not an error.
Status describe_image(Connection& image, bool count_rows, Manifest& manifest, Progress& progress);

// The same of a database whose rows were written as `snapshot`: of the tables that are in it. With `check` it
// is an integrity check, since a table's rows do not tell what is wrong with its indexes.
Status describe_rows(Connection& image, const SnapshotManifest& snapshot, bool check, Manifest& manifest,
                     Progress& progress);

// kManifestDisagrees unless the image has the manifest's schema and, where they were counted, its rows. One
// that was built from a JSON snapshot has the same schema in another order, so that it is not compared.
Status compare_with_manifest(Connection& image, const Manifest& manifest, Progress& progress);
// The same of what a snapshot says of itself.
Status compare_with_manifest(const SnapshotManifest& snapshot, const Manifest& manifest);

}  // namespace sqbackup
