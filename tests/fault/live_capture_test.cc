// Captures beside processes that commit as fast as they can: each is a committed state, whatever the log
// does.
#include <chrono>
#include <cstdlib>
#include <thread>

#include "engine/backup.h"
#include "support/bank.h"
#include "support/databases.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

constexpr std::uint64_t kFirstCommits =
    500;  // before the first capture: the writers are at work, the bank has rows

int long_or(int captures, int long_captures) {
  return std::getenv("SQBACKUP_LONG") ? long_captures : captures;
}

void wait_for_writers(const BankWriter& one, const BankWriter& two) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  const auto at_work = [&] { return one.commits() >= kFirstCommits && two.commits() >= kFirstCommits; };
  const auto failed = [&] { return !(one.failure() + two.failure()).empty(); };
  while (!at_work() && !failed() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  INFO("writers: " << one.failure() << two.failure());
  REQUIRE(at_work());
}

Result<Manifest> capture(BackupDirectory& directory, const std::string& database) {
  Source source;
  source.path = database;
  source.busy_timeout_ms = 30000;
  BackupRequest request;
  request.database_id = "00000000-0000-4000-8000-000000000000";
  request.trigger = "manual";
  request.actor = "test";
  request.row_counts = false;
  NoProgress progress;
  return take_backup(system_env(), directory, source, request, progress);
}

// Takes `captures` captures in a row and checks each. Returns in how many of them the state had moved on
// since the one before.
int capture_in_a_row(const std::string& database, int captures) {
  BackupDirectory directory(posix_file_env(), database + "-backups");
  REQUIRE(directory.ensure().ok());
  int moved = 0;
  std::int64_t last = 0;
  for (int i = 0; i < captures; ++i) {
    const auto manifest = capture(directory, database);
    INFO("capture " << i << ": " << manifest.status().to_string());
    REQUIRE(manifest.ok());
    REQUIRE(manifest->warnings.empty());
    const std::string copy = directory.path_of(manifest->name);
    REQUIRE(bank_soundness(copy, /*immutable=*/true) == "ok");
    const auto commits = bank_commits(copy, /*immutable=*/true);
    REQUIRE(commits >= last);  // never an older state than one seen before
    if (commits > last) ++moved;
    last = commits;
    REQUIRE(directory.remove(manifest->name).ok());
  }
  return moved;
}

}  // namespace

TEST_CASE("every capture beside two writers with random checkpoints is a committed state") {
  const int captures = long_or(1000, 10000);
  TempDir temp;
  const std::string database = temp.path_of("bank.db");
  create_bank(database, "wal");
  BankWriter one(database, 1, /*checkpoints=*/true);
  BankWriter two(database, 2, /*checkpoints=*/true);
  wait_for_writers(one, two);
  const std::uint64_t before = one.commits() + two.commits();

  const int moved = capture_in_a_row(database, captures);
  one.stop();
  two.stop();
  const std::uint64_t meanwhile = one.commits() + two.commits() - before;
  const std::uint64_t checkpoints = one.checkpoints() + two.checkpoints();
  INFO(captures << " captures beside " << meanwhile << " commits and " << checkpoints << " checkpoints");
  CHECK((one.failure() + two.failure()).empty());
  CHECK(meanwhile > 10U * static_cast<unsigned>(captures));
  CHECK(checkpoints > static_cast<unsigned>(captures) / 2);
  CHECK(moved > captures / 3);
  CHECK(bank_soundness(database, /*immutable=*/false) == "ok");
}

TEST_CASE("every capture beside two writers of a rollback-journal database is a committed state") {
  const std::string mode = GENERATE("delete", "persist");
  const int captures = long_or(100, 1000);
  TempDir temp;
  const std::string database = temp.path_of("bank.db");
  create_bank(database, mode);
  BankWriter one(database, 3, /*checkpoints=*/false);
  BankWriter two(database, 4, /*checkpoints=*/false);
  wait_for_writers(one, two);
  const std::uint64_t before = one.commits() + two.commits();

  const int moved = capture_in_a_row(database, captures);
  one.stop();
  two.stop();
  const std::uint64_t meanwhile = one.commits() + two.commits() - before;
  INFO(captures << " captures beside " << meanwhile << " commits in mode " << mode);
  CHECK((one.failure() + two.failure()).empty());
  CHECK(meanwhile > 10U * static_cast<unsigned>(captures));
  CHECK(moved > captures / 3);
  CHECK(bank_soundness(database, /*immutable=*/false) == "ok");
}
