// The power goes at any change that an operation makes to files of ours. After the recovery every backup that
// is listed is whole, and none that was acknowledged is missing, whether the catalog survived, was lost, or
// was put back from before.
#include <cstdlib>

#include "fault/operation_trials.h"
#include "support/environment.h"
#include "support/power_loss_env.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace fs = std::filesystem;

namespace {

constexpr int kKilobytes = 40;

std::uint32_t seeds() { return std::getenv("SQBACKUP_LONG") ? 60 : 6; }

enum class CatalogFate { kKept, kLost, kOlder };

const char* name_of(CatalogFate fate) {
  switch (fate) {
    case CatalogFate::kKept:
      return "kept";
    case CatalogFate::kLost:
      return "lost";
    case CatalogFate::kOlder:
      break;
  }
  return "put back from before";
}

void apply(CatalogFate fate, const std::string& directory, const std::string& before) {
  if (fate == CatalogFate::kKept) return;
  for (const char* name : {"/catalog.db", "/catalog.db-journal"}) fs::remove(directory + name);
  if (fate == CatalogFate::kLost) return;
  fs::copy_file(before + "/catalog.db", directory + "/catalog.db");
}

// Returns whether the operation got as far as change `n`.
bool lose_power_at(const Template& made, const Operation& operation, std::uint64_t n, std::uint32_t seed,
                   CatalogFate fate) {
  TempDir temp;
  Trial trial = prepare_trial(made, operation, temp.path_of("trial"));
  made.copy_to(temp.path_of("before"));
  PowerLossEnv files(posix_file_env(), trial.directory);
  {
    Client client(trial.database, {&files, &system_clock()});
    files.crash_after(n);
    operation.run(client, trial);
  }
  const bool crashed = files.crashed();
  files.lose_power(seed);
  trial.can_clear = false;
  apply(fate, backups_of(trial.database), backups_of(temp.path_of("before/app.db")));
  INFO(operation.name << ", the power went at change " << n << ", seed " << seed << ", the catalog was "
                      << name_of(fate) << "; the operation had said: " << trial.status.to_string());
  if (!crashed) REQUIRE(trial.status.ok());
  check_trial(trial, operation);
  return crashed;
}

void lose_power_everywhere(const Template& made, const Operation& operation, std::uint64_t at_least) {
  std::uint64_t n = 0;
  for (bool reached = true; reached; ++n) {
    for (std::uint32_t seed = 0; seed < seeds(); ++seed) {
      for (const auto fate : {CatalogFate::kKept, CatalogFate::kLost, CatalogFate::kOlder}) {
        reached = lose_power_at(made, operation, n, seed, fate);
      }
    }
  }
  CHECK(n > at_least);
}

void lose_power_everywhere(const Operation& operation, std::uint64_t at_least) {
  TempDir temp;
  lose_power_everywhere(Template(temp.path_of("template"), "wal", kKilobytes), operation, at_least);
}

}  // namespace

TEST_CASE("a backup that was acknowledged survives a power loss, and one that was not is whole or nothing") {
  lose_power_everywhere(backup_operation(), 12);
}

TEST_CASE("a deletion that was acknowledged survives a power loss, and another is whole or nothing") {
  lose_power_everywhere(delete_operation(), 6);
}

TEST_CASE("a mark that was acknowledged survives a power loss, and another is the old or the new one") {
  lose_power_everywhere(pin_operation(), 5);
}

TEST_CASE("a restored file that was acknowledged survives a power loss, and another is whole or nothing") {
  lose_power_everywhere(restore_to_operation(/*overwrite=*/false), 5);
  lose_power_everywhere(restore_to_operation(/*overwrite=*/true), 5);
}

TEST_CASE(
    "new keys that were acknowledged survive a power loss, and else they open the backup or the old do") {
  const CompressedAndEncrypted form;
  const BothKeys keys;
  TempDir temp;
  const Template made(temp.path_of("template"), "wal", kKilobytes);
  mark_for_rekey(temp.path_of("template"), made);
  lose_power_everywhere(made, rekey_operation(), 14);
}
