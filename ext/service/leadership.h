// Leadership: of all keepers of a database, in whatever process, one is the leader: it holds the leader lock
// of the backup directory, which a process that dies lets go.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/file_env.h"
#include "service/database.h"

namespace sqbackup {

// Not for use by two threads at once.
class Leadership {
 public:
  explicit Leadership(Database& database) : database_(database) {}  // which must outlive it

  // Takes the lead where nobody has it, or keeps it; makes what is missing of the directory. False: another
  // one leads. On an error who led leads on, so that somebody hears of it. Errors: kNoDirectory,
  // kDirectoryTaken, and those of opening the catalog.
  Result<bool> take();
  bool held() const { return lock_ != nullptr; }
  // Whether it is held where everybody looks for it: the directory may have been removed and made anew.
  bool stands() const;
  const std::string& directory() const { return directory_; }  // that it was taken in last

 private:
  Database& database_;
  std::unique_ptr<FileLock> lock_;
  std::string directory_;
  std::optional<FileId> file_;  // what lock_ is on
};

}  // namespace sqbackup
