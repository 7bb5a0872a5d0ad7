// Trying out a backup directory leaves nothing in it, whatever fails.
#include "store/backup_directory.h"
#include "support/fault_env.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

const std::vector<std::string> kNothing = {".lock"};

// What is there once leftovers have been cleared, as the next use of the directory does.
std::vector<std::string> cleared(const std::string& path) {
  BackupDirectory directory(posix_file_env(), path);
  const auto listing = directory.list();
  REQUIRE(listing.ok());
  CHECK(listing->backups.empty());
  CHECK(listing->foreign.empty());
  REQUIRE(directory.clear_leftovers(*listing).ok());
  return names_in(path);
}

// Returns how many operations were failed.
std::uint64_t fail_each(bool sticky) {
  for (std::uint64_t n = 1;; ++n) {
    TempDir temp;
    FaultEnv files(posix_file_env());
    BackupDirectory directory(files, temp.path());
    files.inject({.nth = n, .sticky = sticky});
    const Status status = directory.probe_files();
    INFO("operation " << n << ": " << status.to_string());
    if (!files.fired()) {
      CHECK(status.ok());
      return n - 1;
    }
    if (!sticky && !names_in(temp.path()).empty()) CHECK(names_in(temp.path()) == kNothing);
    if (!names_in(temp.path()).empty()) CHECK(cleared(temp.path()) == kNothing);
  }
}

}  // namespace

TEST_CASE("a probe of files leaves nothing, whichever operation fails") {
  CHECK(fail_each(/*sticky=*/false) > 15);
  CHECK(fail_each(/*sticky=*/true) > 15);
}

TEST_CASE("what a killed probe leaves is cleared, and what a living one has made is not") {
  TempDir temp;
  BackupDirectory directory(posix_file_env(), temp.path());
  write_whole_file(temp.path_of(".backup-probe-1.partial"), "dead");
  write_whole_file(temp.path_of(".backup-probe-2.db.json.partial"), "dead");
  const auto alive = directory.begin("backup-probe-3.db");
  REQUIRE(alive.ok());
  CHECK(cleared(temp.path()) == std::vector<std::string>{".backup-probe-3.db.partial", ".lock"});
}

TEST_CASE("a probe of locks leaves the lock file alone, free") {
  TempDir temp;
  BackupDirectory directory(posix_file_env(), temp.path());
  for (int i = 0; i < 3; ++i) CHECK(directory.probe_locks().ok());
  CHECK(names_in(temp.path()) == kNothing);
}
