// Copies through sqlite3_backup: the way in for databases that cannot be read as a file (in memory,
// temporary, other VFSes, exclusive locking mode), and the way back into a live database.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/progress.h"
#include "base/status.h"
#include "pages/connection.h"
#include "pages/source.h"

namespace sqbackup {

// Copies the source's state, as its connection sees it committed, into the existing empty file `target_path`,
// in one step. Nothing is synced. kInTransaction when the connection has written in a transaction that is
// still open.
Status copy_from_connection(const Source& source, const std::string& target_path);

// Copies the image over the live database `target.path`: one SQLite transaction.
// `before_writing` runs when the transaction has begun, so that nobody else can commit, and no page is
// written yet: what it captures of the Source it is given is exactly what will be replaced. `before_commit`
// runs when all but the last page is written and nothing committed. An error of either rolls everything back.
Status copy_into_live(Connection& image, const Source& target,
                      const std::function<Status(const Source& locked)>& before_writing,
                      const std::function<Status()>& before_commit, Progress& progress);

// A connection of ours to write to the live database, as one that nobody notices.
Result<Connection> open_live(const Source& target);
// The error for an SQLite result code of writing through it.
Status live_status(const Source& target, int code);

struct LiveTarget {
  bool wal = false;
  std::uint32_t page_size = 0;  // 0: its header cannot be read
  std::string encoding;         // as PRAGMA encoding names it; empty: it is empty or cannot be read
};
// How the live database is set up; waits for nobody.
Result<LiveTarget> inspect_live(const Source& target);

}  // namespace sqbackup
