// Each file operation of ours, in each thing a user can ask for, fails in turn.
#include <cstdlib>
#include <sstream>

#include "fault/operation_trials.h"
#include "support/environment.h"
#include "support/fault_env.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

constexpr int kKilobytes = 40;
constexpr int kSeveralBlocks = 1100;  // more than one block of a copy

struct Manner {
  bool sticky;
  int error_number;
  bool short_write;
};

std::vector<Manner> manners() {
  if (std::getenv("SQBACKUP_LONG") == nullptr) return {{false, EIO, false}, {true, ENOSPC, true}};
  return {{false, EIO, false}, {false, ENOSPC, true}, {true, EIO, false}, {true, ENOSPC, true}};
}

// Returns how many file operations of ours were failed.
std::uint64_t fail_each_of_ours(const Template& made, const Operation& operation, const Manner& manner,
                                bool clones) {
  TempDir temp;
  const std::size_t descriptors = open_descriptors();
  for (std::uint64_t n = 1;; ++n) {
    Trial trial = prepare_trial(made, operation, temp.path_of("trial"));
    FaultEnv files(posix_file_env());
    files.fake_clones(clones);
    {
      Client client(trial.database, {&files, &system_clock()});
      files.inject({.nth = n,
                    .error_number = manner.error_number,
                    .sticky = manner.sticky,
                    .short_write = manner.short_write});
      operation.run(client, trial);
    }
    const bool fired = files.fired();
    files.clear();
    trial.can_clear = !manner.sticky;
    INFO(operation.name << ", operation " << n << (manner.sticky ? " and all later ones" : "")
                        << " failed: " << trial.status.to_string());
    if (!fired) REQUIRE(trial.status.ok());
    check_and_repeat(trial, operation, descriptors);
    if (!fired) return n - 1;
  }
}

void fail_all_of_ours(const Operation& operation, const char* mode, int kilobytes, std::uint64_t at_least,
                      bool clones = false) {
  TempDir temp;
  const Template made(temp.path_of("template"), mode, kilobytes);
  for (const Manner& manner : manners()) {
    CHECK(fail_each_of_ours(made, operation, manner, clones) >= at_least);
  }
}

// The same in one manner, unless there is time.
void fail_once(const Operation& operation, const char* mode, std::uint64_t at_least) {
  if (std::getenv("SQBACKUP_LONG") != nullptr) return fail_all_of_ours(operation, mode, kKilobytes, at_least);
  TempDir temp;
  const Template made(temp.path_of("template"), mode, kKilobytes);
  CHECK(fail_each_of_ours(made, operation, manners().front(), /*clones=*/false) >= at_least);
}

}  // namespace

TEST_CASE("a backup of which any file operation fails leaves a backup or nothing") {
  fail_all_of_ours(backup_operation(), "wal", kSeveralBlocks, 50);
  fail_all_of_ours(backup_operation(), "delete", kKilobytes, 50, /*clones=*/true);
}

TEST_CASE("a backup or a restore to a path whose bytes could not be synced is never acknowledged") {
  TempDir temp;
  const Template made(temp.path_of("template"), "wal", kKilobytes);
  for (const Operation& operation : {backup_operation(), restore_to_operation(false)}) {
    std::uint64_t n = 1;
    for (;; ++n) {
      Trial trial = prepare_trial(made, operation, temp.path_of("trial"));
      FaultEnv files(posix_file_env());
      Client client(trial.database, {&files, &system_clock()});
      files.inject({.kind = FileOp::kSync, .nth = n});
      operation.run(client, trial);
      INFO(operation.name << ", sync " << n);
      REQUIRE(trial.status.ok() != files.fired());
      if (!files.fired()) break;
    }
    CHECK(n > 1);
  }
}

TEST_CASE("a restore to a path of which any file operation fails leaves the whole copy or what was there") {
  fail_all_of_ours(restore_to_operation(false), "wal", kSeveralBlocks, 30);
  fail_all_of_ours(restore_to_operation(true), "delete", kKilobytes, 30);
}

TEST_CASE("a live restore of which any file operation fails leaves one of the two states") {
  fail_all_of_ours(restore_operation(), "wal", kKilobytes, 80);
  fail_all_of_ours(restore_operation(), "delete", kKilobytes, 80);
}

TEST_CASE("a live restore across page sizes of which any file operation fails leaves one of the two states") {
  TempDir temp;
  Template made(temp.path_of("template"), "wal", kKilobytes);
  made.change_page_size(1024);
  for (const Manner& manner : manners()) {
    CHECK(fail_each_of_ours(made, restore_operation(), manner, /*clones=*/false) >= 90);
  }
}

TEST_CASE("a preflight of which any file operation fails leaves nothing") {
  fail_all_of_ours(check_operation(), "wal", kKilobytes, 60);
}

TEST_CASE("a deletion, a verification and a mark of which any file operation fails tell the truth") {
  fail_all_of_ours(delete_operation(), "wal", kKilobytes, 20);
  fail_all_of_ours(verify_operation(), "wal", kKilobytes, 20);
  fail_all_of_ours(pin_operation(), "wal", kKilobytes, 15);
}

TEST_CASE("compressed and encrypted backups of which any file operation fails are whole or nothing too") {
  const CompressedAndEncrypted form;
  fail_once(backup_operation(), "wal", 50);
  fail_once(backup_operation(), "delete", 60);
  fail_once(restore_to_operation(false), "wal", 30);
  fail_once(restore_operation(), "wal", 80);
  fail_once(pin_operation(), "wal", 15);
}

TEST_CASE("backups of rows of which any file operation fails are whole or nothing too") {
  const EncryptedRows form;
  fail_once(backup_operation(), "wal", 40);
  fail_once(backup_operation(), "delete", 50);
  fail_once(restore_to_operation(true), "wal", 30);
  fail_once(restore_operation(), "wal", 60);
}

TEST_CASE("copies in another place of which any file operation fails are whole or nothing, there and back") {
  fail_all_of_ours(upload_operation(), "wal", kKilobytes, 60);
  fail_all_of_ours(download_operation(), "wal", kKilobytes, 40);
  fail_all_of_ours(restore_from_place_operation(), "wal", kKilobytes, 60);
}

TEST_CASE("new keys of which any file operation fails open the backup, or the old ones do") {
  const CompressedAndEncrypted form;
  const BothKeys keys;
  TempDir temp;
  const Template made(temp.path_of("template"), "wal", kKilobytes);
  mark_for_rekey(temp.path_of("template"), made);
  for (const Manner& manner : manners()) {
    CHECK(fail_each_of_ours(made, rekey_operation(), manner, /*clones=*/false) >= 50);
  }
}
