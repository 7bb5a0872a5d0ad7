// SchemaGate: runs the schema statements of a text that anybody may have written. A statement that does
// anything but create the one object that it is said to create is refused before it runs.
#pragma once

#include <set>
#include <string>

#include "base/status.h"
#include "format/json_snapshot.h"
#include "pages/connection.h"
#include "pages/stand_ins.h"

namespace sqbackup {

class SchemaGate {
 public:
  // `stand_ins`: for functions that statements need and the connection lacks; nullptr: such are errors.
  SchemaGate(Connection& connection, StandIns* stand_ins) : connection_(connection), stand_ins_(stand_ins) {}

  // Creates the object. Virtual tables are only looked at: their modules do not run here.
  // kStoredBytesDamaged: it would do something else. kSqliteFailed: SQLite cannot do it.
  Status create(const SnapshotObject& object);

  // Of the latest create():
  bool was_virtual() const { return virtual_; }
  bool used_stand_in() const;  // a function

 private:
  static int authorize(void* self, int action, const char* first, const char* second, const char* schema,
                       const char* trigger);
  bool allow(int action, const char* first, const char* second, const char* schema);
  Status prepare_and_run();
  Status refused(const std::string& why) const;

  Connection& connection_;
  StandIns* stand_ins_;
  const SnapshotObject* object_ = nullptr;
  int created_ = 0;  // how often the statement creates the object
  bool virtual_ = false;
  bool denied_ = false;
  std::set<std::string> functions_;
};

}  // namespace sqbackup
