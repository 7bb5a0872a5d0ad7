// ForeignKeys: which foreign keys a transaction violates that were not violated before.
#pragma once

#include "base/status.h"
#include "pages/connection.h"

namespace sqbackup {

class ForeignKeys {
 public:
  // `connection` is of ours: what it was before is kept in a temporary table of it.
  explicit ForeignKeys(Connection& connection) : connection_(connection) {}

  Status remember();  // what is violated now
  Status compare();   // kForeignKeys, naming table and parent: more is violated than then

 private:
  Connection& connection_;
};

}  // namespace sqbackup
