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

constexpr std::uint64_t kCommitsBetween = 11;  // two captures
constexpr std::uint64_t kFirstCommits =
    500;  // before the first capture: the writers are at work, the bank has rows

int long_or(int captures, int long_captures) {
  return std::getenv("SQBACKUP_LONG") ? long_captures : captures;
}

// Two processes that write to the same bank.
class Writers {
 public:
  Writers(const std::string& database, unsigned seed, bool checkpoints, unsigned pause_us)
      : one_(database, seed, checkpoints, pause_us), two_(database, seed + 1, checkpoints, pause_us) {
    wait_until([&] { return one_.commits() >= kFirstCommits && two_.commits() >= kFirstCommits; });
  }

  // Waits for so many commits, of which the last begins after this call: the next one that each of the two
  // reports may have been made already.
  void wait_for_commits() {
    const std::uint64_t wanted = commits() + kCommitsBetween;
    wait_until([&] { return commits() >= wanted; });
  }

  void stop() {
    one_.stop();
    two_.stop();
  }
  std::uint64_t commits() const { return one_.commits() + two_.commits(); }
  std::uint64_t checkpoints() const { return one_.checkpoints() + two_.checkpoints(); }
  std::string failure() const { return one_.failure() + two_.failure(); }

 private:
  template <typename Condition>
  void wait_until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!condition() && failure().empty() && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    INFO("writers: " << failure());
    REQUIRE(condition());
  }

  BankWriter one_;
  BankWriter two_;
};

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

// Takes captures in a row, each after commits that followed the one before: each is a committed state with
// every commit that had been acknowledged when it began.
void capture_in_a_row(const std::string& database, int captures, Writers& writers) {
  BackupDirectory directory(posix_file_env(), database + "-backups");
  REQUIRE(directory.ensure().ok());
  std::int64_t last = 0;
  for (int i = 0; i < captures; ++i) {
    writers.wait_for_commits();
    const auto acknowledged = static_cast<std::int64_t>(writers.commits());
    const auto manifest = capture(directory, database);
    INFO("capture " << i << ": " << manifest.status().to_string());
    REQUIRE(manifest.ok());
    REQUIRE(manifest->warnings.empty());
    const std::string copy = directory.path_of(manifest->name);
    REQUIRE(bank_soundness(copy, /*immutable=*/true) == "ok");
    const auto commits = bank_commits(copy, /*immutable=*/true);
    REQUIRE(commits >= acknowledged);
    REQUIRE(commits > last);
    last = commits;
    REQUIRE(directory.remove(manifest->name).ok());
  }
}

// Returns how many checkpoints ran meanwhile.
std::uint64_t captures_beside_writers(const std::string& mode, int captures, unsigned seed,
                                      bool checkpoints) {
  TempDir temp;
  const std::string database = temp.path_of("bank.db");
  create_bank(database, mode);
  // In rollback mode a writer that never pauses keeps the other one from its lock.
  Writers writers(database, seed, checkpoints, mode == "wal" ? 0 : 200);
  const std::uint64_t before = writers.commits();
  capture_in_a_row(database, captures, writers);
  writers.stop();
  const std::uint64_t meanwhile = writers.commits() - before;
  INFO(captures << " captures beside " << meanwhile << " commits and " << writers.checkpoints()
                << " checkpoints in mode " << mode);
  CHECK(writers.failure().empty());
  CHECK(meanwhile >= kCommitsBetween * static_cast<unsigned>(captures));
  CHECK(bank_soundness(database, /*immutable=*/false) == "ok");
  return writers.checkpoints();
}

}  // namespace

TEST_CASE("every capture beside two writers with random checkpoints is a committed state") {
  const int captures = long_or(1000, 10000);
  CHECK(captures_beside_writers("wal", captures, 1, /*checkpoints=*/true) >
        static_cast<unsigned>(captures) / 2);
}

TEST_CASE("every capture beside two writers of a rollback-journal database is a committed state") {
  const std::string mode = GENERATE("delete", "persist");
  captures_beside_writers(mode, long_or(100, 1000), 3, /*checkpoints=*/false);
}
