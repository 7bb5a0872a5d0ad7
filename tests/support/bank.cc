#include "support/bank.h"

#include <signal.h>
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <random>
#include <stdexcept>

#include "support/databases.h"

namespace sqbackup_test {
namespace {

constexpr int kAccounts = 200;
constexpr int kMoney = 1000;   // in each account at first
constexpr int kParents = 400;  // ids that parents may have

std::string query(sqlite3* connection, const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  std::string text;
  if (sqlite3_prepare_v2(connection, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK) {
    const int code = sqlite3_step(statement);
    if (code == SQLITE_ROW && sqlite3_column_text(statement, 0) != nullptr) {
      text = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    }
    if (code == SQLITE_ROW || code == SQLITE_DONE) {
      sqlite3_finalize(statement);
      return text;
    }
  }
  text = std::string("error: ") + sqlite3_errmsg(connection);
  sqlite3_finalize(statement);
  return text;
}

class Reader {
 public:
  Reader(const std::string& path, bool immutable) {
    const std::string uri = "file:" + path + (immutable ? "?immutable=1" : "");
    const int flags = SQLITE_OPEN_URI | (immutable ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    sqlite3_open_v2(uri.c_str(), &connection_, flags, nullptr);
    sqlite3_busy_timeout(connection_, 20000);
  }
  ~Reader() { sqlite3_close(connection_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  std::string text(const std::string& sql) { return query(connection_, sql); }

 private:
  sqlite3* connection_ = nullptr;
};

}  // namespace

struct BankWriter::Report {
  std::atomic<std::uint64_t> commits{0};
  std::atomic<std::uint64_t> checkpoints{0};
  char failure[256] = {};
};

namespace {

class Writer {
 public:
  Writer(const std::string& path, unsigned seed, BankWriter::Report& report)
      : random_(seed), report_(report) {
    check(sqlite3_open_v2(path.c_str(), &connection_, SQLITE_OPEN_READWRITE, nullptr));
    sqlite3_busy_timeout(connection_, 30000);
    run("PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON");
  }

  void transact() {
    run("BEGIN IMMEDIATE");
    switch (up_to(4)) {
      case 0:
        run("DELETE FROM parents WHERE id=" + parent());  // its children go with it
        break;
      case 1:
        replace_parent(parent());
        break;
      default:
        transfer();
    }
    run("UPDATE counter SET commits=commits+1");
    run("COMMIT");
    ++report_.commits;
  }

  void checkpoint() {
    constexpr int kModes[] = {SQLITE_CHECKPOINT_PASSIVE, SQLITE_CHECKPOINT_FULL, SQLITE_CHECKPOINT_RESTART,
                              SQLITE_CHECKPOINT_TRUNCATE};
    sqlite3_busy_timeout(connection_, static_cast<int>(up_to(20)));
    const int code = sqlite3_wal_checkpoint_v2(connection_, nullptr, kModes[up_to(4)], nullptr, nullptr);
    sqlite3_busy_timeout(connection_, 30000);
    if (code == SQLITE_OK) ++report_.checkpoints;
    if (code != SQLITE_BUSY && code != SQLITE_LOCKED) check(code);
  }

  unsigned up_to(unsigned limit) { return std::uniform_int_distribution<unsigned>(0, limit - 1)(random_); }

 private:
  std::string parent() { return std::to_string(up_to(kParents)); }

  void transfer() {
    const std::string amount = std::to_string(1 + up_to(50));
    run("UPDATE accounts SET money=money-" + amount + " WHERE id=" + std::to_string(up_to(kAccounts)));
    run("UPDATE accounts SET money=money+" + amount + " WHERE id=" + std::to_string(up_to(kAccounts)));
  }

  void replace_parent(const std::string& id) {
    const unsigned children = 1 + up_to(6);
    run("DELETE FROM parents WHERE id=" + id);
    run("INSERT INTO parents VALUES(" + id + "," + std::to_string(children) + ",0)");
    for (unsigned i = 0; i < children; ++i) {
      run("INSERT INTO children(parent, value, data) VALUES(" + id + "," + std::to_string(up_to(1000)) +
          ",randomblob(" + std::to_string(up_to(1500)) + "))");
    }
    run("UPDATE parents SET total=(SELECT sum(value) FROM children WHERE parent=id) WHERE id=" + id);
  }

  void run(const std::string& sql) {
    int code = SQLITE_BUSY;
    // SQLite's busy handler is not fair: beside another writer it may run out of patience without anybody's
    // fault.
    while (code == SQLITE_BUSY) code = sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr);
    check(code);
  }

  void check(int code) {
    if (code == SQLITE_OK) return;
    std::strncpy(report_.failure, sqlite3_errmsg(connection_), sizeof report_.failure - 1);
    ::_exit(1);
  }

  sqlite3* connection_ = nullptr;
  std::mt19937 random_;
  BankWriter::Report& report_;
};

}  // namespace

void create_bank(const std::string& path, const std::string& journal_mode) {
  App app(path);
  app.run("PRAGMA auto_vacuum=FULL; PRAGMA journal_mode=" + journal_mode);
  app.run(
      "CREATE TABLE accounts(id INTEGER PRIMARY KEY, money INTEGER NOT NULL);"
      "CREATE TABLE counter(commits INTEGER NOT NULL);"
      "CREATE TABLE parents(id INTEGER PRIMARY KEY, children INTEGER NOT NULL, total INTEGER NOT NULL);"
      "CREATE TABLE children(parent INTEGER NOT NULL REFERENCES parents(id) ON DELETE CASCADE,"
      " value INTEGER NOT NULL, data BLOB);"
      "CREATE INDEX children_by_parent ON children(parent);"
      "CREATE INDEX children_by_value ON children(value);"
      "INSERT INTO counter VALUES(0)");
  app.run("WITH RECURSIVE s(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM s WHERE i<" +
          std::to_string(kAccounts - 1) + ") INSERT INTO accounts SELECT i, " + std::to_string(kMoney) +
          " FROM s");
}

std::string bank_soundness(const std::string& path, bool immutable) {
  Reader reader(path, immutable);
  const std::string integrity = reader.text("PRAGMA integrity_check");
  if (integrity != "ok") return "integrity: " + integrity;
  const std::string keys = reader.text("SELECT count(*) FROM pragma_foreign_key_check");
  if (keys != "0") return "foreign keys: " + keys;
  const std::string sum = reader.text("SELECT sum(money) FROM accounts");
  if (sum != std::to_string(kAccounts * kMoney)) return "the sum over all accounts is " + sum;
  const std::string torn = reader.text(
      "SELECT count(*) FROM parents p WHERE (children, total) IS NOT"
      " (SELECT count(*), sum(value) FROM children c WHERE c.parent=p.id)");
  return torn == "0" ? "ok" : "parents that disagree with their children: " + torn;
}

std::int64_t bank_commits(const std::string& path, bool immutable) {
  return std::stoll(Reader(path, immutable).text("SELECT commits FROM counter"));
}

BankWriter::BankWriter(const std::string& path, unsigned seed, bool checkpoints, unsigned pause_us) {
  void* shared = ::mmap(nullptr, sizeof(Report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) throw std::runtime_error("cannot share memory");
  report_ = new (shared) Report;
  pid_ = ::fork();
  if (pid_ < 0) throw std::runtime_error("cannot fork");
  if (pid_ > 0) return;
  Writer writer(path, seed, *report_);
  while (::getppid() != 1) {
    writer.transact();
    if (checkpoints && writer.up_to(20) == 0) writer.checkpoint();
    if (pause_us != 0) ::usleep(pause_us);
  }
  ::_exit(0);
}

void BankWriter::stop() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

std::uint64_t BankWriter::commits() const { return report_->commits; }
std::uint64_t BankWriter::checkpoints() const { return report_->checkpoints; }
std::string BankWriter::failure() const { return report_->failure; }

}  // namespace sqbackup_test
