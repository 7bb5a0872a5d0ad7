// DrillScratch: the place of one drill, a directory (0700) of its own that is gone when the drill ends. Its
// name says whose it is, and is locked in the backup directory while the drill lives: so the next drill
// recognises what a dead one left, and clears it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file_env.h"
#include "base/status.h"
#include "store/backup_directory.h"

namespace sqbackup {

class DrillScratch {
 public:
  // Makes it in the existing directory `parent`.
  static Result<std::unique_ptr<DrillScratch>> make(BackupDirectory& backups, const std::string& parent);
  ~DrillScratch();  // remove(), where nobody can be told of an error
  DrillScratch(const DrillScratch&) = delete;
  DrillScratch& operator=(const DrillScratch&) = delete;

  // Removes what dead drills of these backups left in `parent`; returns a sentence for each that stayed.
  static Result<std::vector<std::string>> clear_leftovers(BackupDirectory& backups,
                                                          const std::string& parent);

  const std::string& database() const { return database_; }  // where the database is restored to
  Status remove_database();                                  // not there: ok
  Status remove();                                           // all of it

 private:
  DrillScratch(FileEnv& files, std::string path, std::unique_ptr<FileLock> lock);
  FileEnv& files_;
  std::string path_;
  std::string database_;
  std::unique_ptr<FileLock> lock_;
  bool removed_ = false;
};

}  // namespace sqbackup
