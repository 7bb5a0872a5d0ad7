// The rows of a JSON snapshot on their way into a database: into a new file, or into a live one.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/byte_stream.h"
#include "base/file_env.h"
#include "base/progress.h"
#include "base/status.h"
#include "pages/source.h"

namespace sqbackup {

// Builds the database in `file`, the empty one at `path`, durably. Errors as load_json(), and kTableDiffers
// where tables need a REINDEX by the application, unless `reindex` is there to take their names.
Status load_rows(ByteSource& text, const std::string& path, WritableFile& file,
                 std::vector<std::string>* reindex, Progress& progress);

// Replaces the rows in `target`, as replace_from_json() does. `take_undo` and `before_commit` run as those of
// copy_into_live() do. kSqliteFailed: the live database is damaged.
Status replace_rows(ByteSource& text, const Source& target,
                    const std::function<Status(const Source& locked)>& take_undo,
                    const std::function<Status()>& before_commit, Progress& progress);

}  // namespace sqbackup
