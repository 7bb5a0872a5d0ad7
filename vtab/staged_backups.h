// StagedBackups: what the open transaction of one connection will do to backups when it commits: rows that
// DELETE took and marks that UPDATE changed. Refusals come while a statement runs; the files change at COMMIT
// alone.
//
// One per connection, shared by `backups` and `backup_list`, so that SQLite tells it everything twice.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "format/manifest.h"
#include "service/operations.h"
#include "vtab/savepoints.h"

namespace sqbackup {

// A row that a statement saw: what a rowid means when DELETE or UPDATE names it, after their scan is over.
struct SeenBackup {
  Session::Target target;
  std::string name;
  bool force;            // the statement said `force = 1`
  Marks marks;           // as the statement saw them
  std::string database;  // the column of that name, as the statement saw it
};

class StagedBackups {
 public:
  std::int64_t rowid(const BackupRecord& record, const SeenBackup& seen);
  const SeenBackup* seen(std::int64_t rowid) const;  // null: no row that this transaction saw

  // Errors: those of Deletion::stage.
  Status remove(const SeenBackup& backup);
  void mark(const SeenBackup& backup, const Marks& marks);

  // How a backup looks inside the transaction.
  bool removes(const Session::Target& target, const std::string& name) const;
  const Marks* marks(const Session::Target& target, const std::string& name) const;  // null: none staged

  void begin() { open_ = true; }
  void commit();
  void roll_back();
  void savepoint(int depth) { savepoints_.add(depth, changes_.size()); }
  void release(int depth) { savepoints_.release(depth); }
  void roll_back_to(int depth) { cut(savepoints_.roll_back_to(depth)); }

 private:
  // What is staged for one database.
  struct Staged {
    explicit Staged(const Session::Target& wanted) : target(wanted) {}
    Session::Target target;
    std::unique_ptr<Deletion> deletion;
    std::set<std::string> removed;
    std::map<std::string, std::vector<Marks>> marked;  // newest last
  };
  struct Change {
    Staged* staged;
    std::string name;
    bool removal;
    std::size_t deletions_before;
  };
  const Staged* find(const Session::Target& target) const;
  Staged& of(const Session::Target& target);
  std::int64_t number_of(const Database* database);
  void cut(std::size_t length);
  void forget();

  bool open_ = false;
  std::map<const Database*, std::int64_t> numbers_;  // what rowids call a database; never reused
  std::map<std::int64_t, SeenBackup> seen_;          // in the open transaction
  std::vector<std::unique_ptr<Staged>> staged_;
  std::vector<Change> changes_;
  Savepoints savepoints_;
};

}  // namespace sqbackup
