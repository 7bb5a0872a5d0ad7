// Each file operation of SQLite's, in each thing a user can ask for, fails in turn.
#include <cstdlib>

#include "fault/operation_trials.h"
#include "support/environment.h"
#include "support/fault_vfs.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

constexpr int kKilobytes = 40;

std::uint64_t fail_each_of_sqlite(const Template& made, const Operation& operation, bool sticky, bool full) {
  TempDir temp;
  const std::size_t descriptors = open_descriptors();
  for (std::uint64_t n = 1;; ++n) {
    Trial trial = prepare_trial(made, operation, temp.path_of("trial"));
    bool fired = false;
    {
      FaultVfs vfs;
      Client client(trial.database);
      vfs.inject({.nth = n, .sticky = sticky, .full = full});
      operation.run(client, trial);
      fired = vfs.fired();
      vfs.clear();
    }
    INFO(operation.name << ", SQLite's operation " << n << (sticky ? " and all later ones" : "")
                        << " failed: " << trial.status.to_string());
    if (!fired) REQUIRE(trial.status.ok());
    check_and_repeat(trial, operation, descriptors);
    if (!fired) return n - 1;
  }
}

void fail_all_of_sqlite(const Operation& operation, const char* mode, std::uint64_t at_least) {
  TempDir temp;
  const Template made(temp.path_of("template"), mode, kKilobytes);
  CHECK(fail_each_of_sqlite(made, operation, /*sticky=*/false, /*full=*/false) >= at_least);
  CHECK(fail_each_of_sqlite(made, operation, /*sticky=*/true, /*full=*/true) >= at_least);
}

}  // namespace

TEST_CASE("a backup during which any operation of SQLite fails leaves a backup or nothing") {
  fail_all_of_sqlite(backup_operation(), "wal", 50);
  fail_all_of_sqlite(backup_operation(), "delete", 50);
}

TEST_CASE("a live restore during which any operation of SQLite fails leaves one of the two states") {
  fail_all_of_sqlite(restore_operation(), "wal", 100);
  fail_all_of_sqlite(restore_operation(), "delete", 100);
}

TEST_CASE("a preflight during which any operation of SQLite fails leaves nothing") {
  if (std::getenv("SQBACKUP_LONG") == nullptr) return;  // it reads the catalog some fifty times
  fail_all_of_sqlite(check_operation(), "wal", 50);
}

TEST_CASE(
    "a restore to a path, a deletion and a verification tell the truth when any operation of SQLite fails") {
  fail_all_of_sqlite(restore_to_operation(false), "wal", 50);
  fail_all_of_sqlite(delete_operation(), "wal", 30);
  fail_all_of_sqlite(verify_operation(), "wal", 50);
}

TEST_CASE("a restore of rows during which any operation of SQLite fails leaves the whole or what was there") {
  const EncryptedRows form;
  TempDir temp;
  const Template made(temp.path_of("template"), "wal", kKilobytes);
  CHECK(fail_each_of_sqlite(made, restore_to_operation(true), /*sticky=*/false, /*full=*/false) >= 50);
  if (std::getenv("SQBACKUP_LONG") != nullptr)
    CHECK(fail_each_of_sqlite(made, restore_operation(), /*sticky=*/false, /*full=*/false) >= 50);
}
