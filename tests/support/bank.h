// A bank: a database under fire. Processes of their own write to it with plain SQLite as fast as they can;
// what holds in every committed state of it, and in nothing else, can be checked in any copy.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace sqbackup_test {

// Makes the database `path`. `journal_mode` "wal" or a rollback mode.
void create_bank(const std::string& path, const std::string& journal_mode);

// "ok", or what is wrong with the database: integrity, foreign keys, the sum over all accounts, parents that
// disagree with their children. `immutable`: a copy at rest, opened without locks.
std::string bank_soundness(const std::string& path, bool immutable);

// How many transactions the bank has seen by its own count.
std::int64_t bank_commits(const std::string& path, bool immutable);

// A process that writes to the bank until it is stopped. Start it while this process has no connection to the
// database: SQLite's locks do not survive fork().
class BankWriter {
 public:
  // `checkpoints`: now and then one of a random mode. `pause_us`: between two transactions.
  BankWriter(const std::string& path, unsigned seed, bool checkpoints, unsigned pause_us = 0);
  ~BankWriter() { stop(); }
  BankWriter(const BankWriter&) = delete;
  BankWriter& operator=(const BankWriter&) = delete;

  void stop();  // kills it; idempotent
  std::uint64_t commits() const;
  std::uint64_t checkpoints() const;  // that ran to their end
  std::string failure() const;        // the first error that was no lock of others; empty: none

  struct Report;

 private:
  pid_t pid_ = -1;
  Report* report_;  // in memory shared with the writer, until this process ends
};

}  // namespace sqbackup_test
