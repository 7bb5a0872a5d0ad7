// The process dies, or the machine loses its power, at every change that a backup directory makes. After
// that, and after the clearing of what was left, a backup is wholly there or wholly gone.
#include <functional>

#include "store/backup_directory.h"
#include "support/power_loss_env.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

using Names = std::vector<std::string>;
using Operation = std::function<Status(BackupDirectory&)>;

constexpr std::uint32_t kSeeds = 24;
constexpr std::uint32_t kSeedsInRecovery = 10;  // for each pair of instants

const std::string kBytes(5000, 'b');
constexpr std::string_view kManifest = "{\"the\": \"manifest\"}";
constexpr std::string_view kOldMarks = "old marks";
constexpr std::string_view kNewMarks = "new marks, which are longer";

Status back_up(BackupDirectory& directory) {
  SQB_TRY(directory.ensure());
  SQB_ASSIGN(auto pending, directory.begin("b.json"));
  SQB_TRY(pending->file().append(as_bytes(std::string_view(kBytes).substr(0, 4000))));
  SQB_TRY(pending->file().append(as_bytes(std::string_view(kBytes).substr(4000))));
  return pending->publish(kManifest);
}

Status back_up_with_marks(BackupDirectory& directory) {
  SQB_TRY(back_up(directory));
  return directory.write_marks("b.json", kOldMarks);
}

Status give_up(BackupDirectory& directory) {
  SQB_ASSIGN(auto pending, directory.begin("b.json"));
  return pending->file().append(as_bytes(kBytes));
}

Status remove_backup(BackupDirectory& directory) { return directory.remove("b.json"); }

Status change_marks(BackupDirectory& directory) { return directory.write_marks("b.json", kNewMarks); }

Status recover(BackupDirectory& directory) {
  SQB_ASSIGN(const auto listing, directory.list());
  SQB_ASSIGN(const auto cleared, directory.clear_leftovers(listing));
  return {};
}

// What is there after the recovery. Fails the test when it is half.
enum class Found { kGone, kWithoutMarks, kWithOldMarks, kWithNewMarks };

Found examine(BackupDirectory& directory) {
  const auto listing = directory.list();
  REQUIRE(listing.ok());
  REQUIRE(listing->foreign.empty());
  REQUIRE(listing->leftovers.empty());
  REQUIRE(listing->stale_partials.empty());
  Names names = names_in(directory.path());
  std::erase(names, ".lock");
  if (listing->backups.empty()) {
    REQUIRE(names.empty());
    return Found::kGone;
  }
  REQUIRE(*directory.read_manifest("b.json") == kManifest);
  REQUIRE(read_whole_file(directory.path_of("b.json")) == kBytes);
  const auto marks = directory.read_marks("b.json");
  if (!marks.ok()) {
    REQUIRE(names == Names{"b.json", "b.json.json"});
    return Found::kWithoutMarks;
  }
  REQUIRE(names == Names{"b.json", "b.json.json", "b.json.marks.json"});
  REQUIRE((*marks == kOldMarks || *marks == kNewMarks));
  return *marks == kOldMarks ? Found::kWithOldMarks : Found::kWithNewMarks;
}

struct Scenario {
  Operation prepare;    // durable before
  Operation operation;  // dies at each of its changes
  Found before, after;  // the states of which one must be found; `after` if the operation returned ok
};

const Scenario kBackingUp = {[](BackupDirectory& directory) { return directory.ensure(); }, back_up,
                             Found::kGone, Found::kWithoutMarks};
const Scenario kGivingUp = {[](BackupDirectory& directory) { return directory.ensure(); }, give_up,
                            Found::kGone, Found::kGone};
const Scenario kRemoving = {back_up_with_marks, remove_backup, Found::kWithOldMarks, Found::kGone};
const Scenario kMarking = {back_up_with_marks, change_marks, Found::kWithOldMarks, Found::kWithNewMarks};

void check_found(const Scenario& scenario, BackupDirectory& directory, bool completed) {
  const Found found = examine(directory);
  if (completed) {
    REQUIRE(found == scenario.after);
  } else {
    REQUIRE((found == scenario.before || found == scenario.after));
  }
}

// Power is lost at change `n` of the operation. Returns whether it got that far.
bool lose_power_at(const Scenario& scenario, std::uint64_t n, std::uint32_t seed) {
  TempDir temp;
  BackupDirectory plain(posix_file_env(), temp.path_of("backups"));
  PowerLossEnv env(posix_file_env(), temp.path());
  BackupDirectory mortal(env, plain.path());
  REQUIRE(scenario.prepare(mortal).ok());
  env.crash_after(n);
  const bool completed = scenario.operation(mortal).ok();
  const bool crashed = env.crashed();
  env.lose_power(seed);
  env.restart_process();
  REQUIRE(recover(mortal).ok());
  INFO("died at change " << n << ", seed " << seed);
  check_found(scenario, plain, completed);
  return crashed;
}

// The process dies at change `n`, the next one at change `m` of its recovery, and there the power is lost
// too. Returns whether the recovery got that far.
bool lose_power_in_recovery(const Scenario& scenario, std::uint64_t n, std::uint64_t m, std::uint32_t seed) {
  TempDir temp;
  BackupDirectory plain(posix_file_env(), temp.path_of("backups"));
  PowerLossEnv env(posix_file_env(), temp.path());
  BackupDirectory mortal(env, plain.path());
  REQUIRE(scenario.prepare(mortal).ok());
  env.crash_after(n);
  const bool completed = scenario.operation(mortal).ok();
  env.restart_process();
  env.crash_after(m);
  const bool recovered = recover(mortal).ok();
  const bool listed = recovered && !plain.list()->backups.empty();
  const bool crashed = env.crashed();
  env.lose_power(seed);
  env.restart_process();
  REQUIRE(recover(mortal).ok());
  INFO("died at change " << n << " and at change " << m << " of the recovery, seed " << seed);
  check_found(scenario, plain, completed);
  if (recovered) REQUIRE(listed == !plain.list()->backups.empty());
  return crashed;
}

void lose_power_everywhere(const Scenario& scenario, std::uint64_t at_least) {
  std::uint64_t n = 0;
  for (bool reached = true; reached; ++n) {
    for (std::uint32_t seed = 0; seed < kSeeds; ++seed) reached = lose_power_at(scenario, n, seed);
  }
  CHECK(n > at_least);
}

void lose_power_everywhere_in_recovery(const Scenario& scenario, std::uint64_t changes) {
  for (std::uint64_t n = 0; n < changes; ++n) {
    std::uint64_t m = 0;
    for (bool reached = true; reached; ++m) {
      for (std::uint32_t seed = 0; seed < kSeedsInRecovery; ++seed)
        reached = lose_power_in_recovery(scenario, n, m, seed);
    }
  }
}

}  // namespace

TEST_CASE("a power loss at any instant of a backup leaves it whole or nothing of it") {
  lose_power_everywhere(kBackingUp, 12);
  lose_power_everywhere(kGivingUp, 3);
}

TEST_CASE("a power loss at any instant of a removal leaves the backup whole or nothing of it") {
  lose_power_everywhere(kRemoving, 6);
}

TEST_CASE("a power loss at any instant of the removal of a foreign file never leaves its marks alone") {
  bool reached = true;
  for (std::uint64_t n = 0; reached; ++n) {
    for (std::uint32_t seed = 0; seed < kSeeds; ++seed) {
      TempDir temp;
      PowerLossEnv env(posix_file_env(), temp.path());
      BackupDirectory directory(env, temp.path_of("backups"));
      REQUIRE(directory.ensure().ok());
      write_whole_file(directory.path_of("foreign"), kBytes);
      REQUIRE(directory.write_marks("foreign", kOldMarks).ok());
      env.crash_after(n);
      const bool completed = directory.remove("foreign").ok();
      reached = env.crashed();
      env.lose_power(seed);
      const bool there = path_exists(directory.path_of("foreign"));
      INFO("died at change " << n << ", seed " << seed);
      if (completed) REQUIRE_FALSE(there);
      if (!there) REQUIRE(names_in(directory.path()) == Names{".lock"});
    }
  }
}

TEST_CASE("a power loss at any instant of a change of marks leaves the old or the new ones") {
  lose_power_everywhere(kMarking, 5);
}

TEST_CASE("a power loss at any instant of the recovery from a death in a backup is recovered from") {
  lose_power_everywhere_in_recovery(kBackingUp, 14);
}

TEST_CASE("a power loss at any instant of the recovery from a death in a removal is recovered from") {
  lose_power_everywhere_in_recovery(kRemoving, 9);
}

TEST_CASE("a power loss at any instant of the recovery from a death in a change of marks is recovered from") {
  lose_power_everywhere_in_recovery(kMarking, 6);
}
