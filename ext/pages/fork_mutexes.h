// The mutexes that all connections of the host's SQLite share, across fork().
#pragma once

namespace sqbackup {

// From now on each fork() of this process holds SQLite's static mutexes while it forks, so that none of them
// is left locked in the child by a thread that is not there. It beats base/fork_gate.h where a thread of ours
// is in one call of SQLite for long, an integrity check say. After two tenths of a second of trying it goes
// on without.
void hold_sqlite_mutexes_at_fork();

}  // namespace sqbackup
