// SchemaBuilder: makes a new database with the schema of a JSON snapshot: first the tables, then, when they
// are filled, the rest.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/status.h"
#include "engine/schema_gate.h"
#include "format/json_snapshot.h"
#include "pages/connection.h"
#include "pages/stand_ins.h"

namespace sqbackup {

// A connection that builds or fills a database out of a text that anybody may have written: nothing of the
// schema runs by itself, neither triggers nor foreign keys nor CHECK constraints. Outside of a transaction.
Status prepare_to_fill(Connection& database);

// The row of a virtual table in sqlite_schema, which is all of it besides its shadow tables.
Status insert_virtual_table(Connection& database, const SnapshotObject& object);

// Builds it without rows, in memory, to know that it can be built. Errors as those of SchemaBuilder.
Status rehearse_schema(const SnapshotManifest& manifest, Progress& progress);

class SchemaBuilder {
 public:
  SchemaBuilder(Connection& target, const SnapshotManifest& manifest);

  // Page size, encoding, auto-vacuum; outside of a transaction. kAlreadyExists: the database is not empty.
  Status prepare();
  // kStoredBytesDamaged: the manifest describes other tables. kBadOption: only the application could build
  // one.
  Status create_tables();
  // Indexes, views, triggers, virtual tables, and the numbers in the header.
  Status finish(Progress& progress);

  // Tables whose indexes need collations or functions that only the application has: they are in a wrong
  // order until the application runs REINDEX on each. Complete after finish().
  std::vector<std::string> tables_to_reindex() const { return {reindex_.begin(), reindex_.end()}; }

 private:
  Status create_own_table(const SnapshotObject& object);
  Status create_table(const SnapshotObject& object);
  Status compare(const SnapshotTable& table);
  Status look_for_stand_ins(const SnapshotTable& table, const std::string& origin);

  Connection& target_;
  const SnapshotManifest& manifest_;
  StandIns stand_ins_;
  SchemaGate gate_;
  std::vector<const SnapshotObject*> virtual_tables_;
  std::set<std::string>
      needs_functions_;  // tables, in lower case, that use functions which only the application has
  std::set<std::string> reindex_;
};

}  // namespace sqbackup
