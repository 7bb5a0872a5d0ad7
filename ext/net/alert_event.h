// AlertEvent: something that happened to the backups of a database and that somebody wants to be told.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"

namespace sqbackup {

enum class AlertOutcome { kStarted, kSucceeded, kFailed };

struct AlertEvent {
  std::string id;        // unique, and the same when the event is delivered again: letters, digits, '-', '_'
  std::string type;      // "backup.failed": what it is about, and what became of it
  UnixMillis time = 0;   // when it happened
  std::string run;       // UUID of the run, the same for its start and its end; may be empty
  std::string host;      // the machine's name; may be empty
  std::string database;  // absolute path of the database file
  std::string name;      // of the backup; may be empty
  AlertOutcome outcome = AlertOutcome::kFailed;
  std::string title;                                      // one line
  std::string text;                                       // what happened, why, what to do
  std::vector<std::pair<std::string, std::string>> data;  // further facts, in this order
};

}  // namespace sqbackup
