// Rows of `events` as they are written, inside the transaction of what they tell. Internal to catalog/.
#pragma once

#include <string>

#include "catalog/catalog.h"

namespace sqbackup {

inline constexpr std::int64_t kMaxEvents = 10'000;

// Adds it under a new id; what is older than the newest kMaxEvents goes.
Status insert_event(Connection& connection, const EventRecord& event);

// The UUID of a run: the same for its start and its end, in whatever process.
Result<std::string> uuid_of_run(const std::string& database_id, const RunRecord& run);

// The end of a run as an event. `database_path`: empty for a database without a file.
Result<EventRecord> event_of_run(const std::string& database_id, const std::string& database_path,
                                 const RunRecord& run);

}  // namespace sqbackup
