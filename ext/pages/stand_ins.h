// StandIns: what stands where an application's own collations and functions would, on a connection of ours
// that reads or builds a database which needs them.
#pragma once

#include <set>
#include <string>

#include "base/status.h"
#include "pages/connection.h"

namespace sqbackup {

class StandIns {
 public:
  // While it lives, each collation that `connection` lacks compares bytes.
  explicit StandIns(Connection& connection);
  ~StandIns();
  StandIns(const StandIns&) = delete;
  StandIns& operator=(const StandIns&) = delete;

  // Whether `status` says that a function is missing and there is one now, whose value is always NULL: then
  // what failed is worth another try. There are at most so many.
  bool for_missing_function(const Status& status);

  bool any() const { return !collations_.empty() || !functions_.empty(); }
  const std::set<std::string>& collations() const { return collations_; }  // in lower case
  const std::set<std::string>& functions() const { return functions_; }    // in lower case

 private:
  static void collation_needed(void* self, sqlite3* connection, int encoding, const char* name);

  Connection& connection_;
  std::set<std::string> collations_;
  std::set<std::string> functions_;
};

}  // namespace sqbackup
