// Processes that back up, restore and delete are killed at random instants. Whatever they were doing: the
// database is intact or wholly restored, and the next call clears up without being asked.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>

#include "support/bank.h"
#include "support/client.h"
#include "support/environment.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace fs = std::filesystem;

namespace {

constexpr int kKilobytes = 3000;
constexpr int kChildFailed = 3;

int kills_each() { return std::getenv("SQBACKUP_LONG") ? 300 : 30; }

using Work = std::function<Status(Client&)>;  // one round of what the victim repeats

// What the kills hit.
struct Tally {
  int left_something = 0;  // a partial file, a job file, a hot journal
  int left_running = 0;    // a run that its process could not finish

  bool enough() const { return left_something >= kills_each() / 4 && left_running >= kills_each() / 4; }
};

[[noreturn]] void be_the_victim(const std::string& database, const Work& work, int at_work) {
  Client client(database);
  if (::write(at_work, "", 1) != 1) ::_exit(kChildFailed);
  while (work(client).ok()) {
  }
  ::_exit(kChildFailed);
}

std::chrono::microseconds time_of(const std::string& database, const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  {
    Client client(database);
    REQUIRE(work(client).ok());
  }
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
}

// Kills a process that long after it has begun to work.
void kill_after(std::chrono::microseconds delay, const std::string& database, const Work& work) {
  int at_work[2];
  REQUIRE(::pipe(at_work) == 0);
  const pid_t victim = ::fork();
  REQUIRE(victim >= 0);
  if (victim == 0) be_the_victim(database, work, at_work[1]);
  ::close(at_work[1]);
  char byte;
  const bool begun = ::read(at_work[0], &byte, 1) == 1;
  ::close(at_work[0]);
  REQUIRE(begun);
  ::usleep(static_cast<useconds_t>(delay.count()));
  ::kill(victim, SIGKILL);
  int status = 0;
  REQUIRE(::waitpid(victim, &status, 0) == victim);
  INFO("the victim ended by itself, with " << WEXITSTATUS(status));
  REQUIRE(WIFSIGNALED(status));
}

bool left_something(const std::string& directory, const std::string& database) {
  std::error_code none;
  if (fs::file_size(database + "-journal", none) > 0 && !none) return true;
  for (const auto& place : {directory, backups_of(database)}) {
    for (const auto& name : names_in(place)) {
      if (name.starts_with(".") && name != ".lock") return true;
    }
  }
  return false;
}

bool left_running(const std::string& database) {
  App catalog(backups_of(database) + "/catalog.db");
  return catalog.integer("SELECT count(*) FROM runs WHERE status='running'") > 0;
}

// The place in which one kind of victim dies again and again.
struct Scene {
  std::string made;  // a directory with app.db and its backups, copied each time
  Work work;
  std::function<void(const std::string& database)> check;  // of the database itself
  bool writer = false;                                     // a second process writes to it meanwhile
};

Tally kill_again_and_again(const Scene& scene, unsigned seed) {
  TempDir temp;
  const std::string directory = temp.path_of("scene");
  const std::string database = directory + "/app.db";
  fs::copy(scene.made, directory, fs::copy_options::recursive);
  const auto once = time_of(database, scene.work);
  std::mt19937 random(seed);
  std::uniform_int_distribution<std::int64_t> instant(0, once.count() * 2);
  Tally tally;
  // As many as it takes to hit the work in its middle often enough, which depends on the machine.
  for (int i = 0; i < kills_each() || (!tally.enough() && i < 10 * kills_each()); ++i) {
    fs::remove_all(directory);
    fs::copy(scene.made, directory, fs::copy_options::recursive);
    const std::chrono::microseconds delay(instant(random));
    INFO("kill " << i << " after " << delay.count() << " us, seed " << seed);
    {
      std::unique_ptr<BankWriter> writer;
      if (scene.writer) writer = std::make_unique<BankWriter>(database, random(), /*checkpoints=*/true);
      kill_after(delay, database, scene.work);
    }
    if (left_something(directory, database)) ++tally.left_something;
    if (left_running(database)) ++tally.left_running;
    scene.check(database);
    require_sound(database, {});
    // What lies beside the target of a restore is cleared by the next restore to it.
    {
      Client client(database);
      const auto once_more = client.restore_to("latest", directory + "/target.db", /*overwrite=*/true);
      REQUIRE((once_more.ok() || once_more.status().is(Error::kNoSuchBackup)));
    }
    for (const auto& name : names_in(directory)) REQUIRE_FALSE(name.starts_with("."));
  }
  return tally;
}

void check_tally(const Tally& tally) {
  CHECK(tally.left_something >= kills_each() / 4);
  CHECK(tally.left_running >= kills_each() / 4);
}

Status back_up(Client& client) { return client.back_up().status(); }

Status back_up_and_delete(Client& client) {
  SQB_ASSIGN(const auto name, client.back_up());
  return client.remove({name});
}

void kill_in_quiet(const char* mode, int kilobytes, unsigned seed,
                   const std::function<Work(const Template&)>& work) {
  TempDir temp;
  const Template made(temp.path_of("made"), mode, kilobytes);
  write_whole_file(temp.path_of("made/target.db"), "old");
  Scene scene;
  scene.made = temp.path_of("made");
  scene.work = work(made);
  scene.check = [&made](const std::string& database) {
    REQUIRE(soundness(database) == "ok");
    const std::string state = fingerprint(database);
    REQUIRE((state == made.live_state || state == made.first_state));
    const std::string target = directory_of(database) + "/target.db";
    REQUIRE((read_whole_file(target) == "old" || fingerprint(target) == made.first_state));
  };
  check_tally(kill_again_and_again(scene, seed));
}

// A bank with a backup of an older state, made in `directory`. Returns the backup's name.
std::string make_bank(const std::string& directory, const char* mode) {
  fs::create_directories(directory);
  const std::string database = directory + "/app.db";
  create_bank(database, mode);
  const auto let_write = [&](unsigned seed) {
    BankWriter writer(database, seed, /*checkpoints=*/false);
    while (writer.commits() < 1000 && writer.failure().empty()) ::usleep(1000);
    REQUIRE(writer.failure().empty());
  };
  let_write(1);
  std::string name;
  {
    Client client(database);
    const auto backup = client.back_up();
    REQUIRE(backup.ok());
    REQUIRE(client.allow_restore().ok());
    name = *backup;
  }
  let_write(2);
  return name;
}

void kill_beside_a_writer(const char* mode, unsigned seed, bool restores) {
  TempDir temp;
  Scene scene;
  scene.made = temp.path_of("made");
  const std::string name = make_bank(scene.made, mode);
  scene.work = back_up;
  if (restores) scene.work = [name](Client& client) { return client.restore(name).status(); };
  scene.check = [](const std::string& database) { REQUIRE(bank_soundness(database, false) == "ok"); };
  scene.writer = true;
  check_tally(kill_again_and_again(scene, seed));
}

}  // namespace

TEST_CASE("a process killed while it backs up leaves nothing that the next call does not clear") {
  for (const char* mode : {"wal", "delete"}) {
    kill_in_quiet(mode, kKilobytes, 11, [](const Template&) { return back_up; });
  }
}

TEST_CASE("a process killed while it compresses and encrypts leaves nothing that is not cleared either") {
  const CompressedAndEncrypted form;
  kill_in_quiet("delete", kKilobytes, 14, [](const Template&) { return back_up; });
}

TEST_CASE("a process killed while it writes or restores rows leaves nothing half either") {
  const EncryptedRows form;
  kill_in_quiet("delete", kKilobytes, 14, [](const Template&) { return back_up; });
  kill_in_quiet("wal", kKilobytes, 12, [](const Template& made) {
    return [&made](Client& client) { return client.restore(made.first).status(); };
  });
}

TEST_CASE("a process killed while it gives a backup new keys leaves one that the old or the new open") {
  const CompressedAndEncrypted form;
  const BothKeys keys;
  kill_in_quiet("delete", kKilobytes, 18, [](const Template& made) {
    return [&made](Client& client) {
      SQB_TRY(client.rekey(made.first, other_keys().identities.front().recipient().text()).status());
      return client.rekey(made.first, "").status();
    };
  });
}

TEST_CASE("a process killed while it restores leaves the database as it was or wholly restored") {
  for (const char* mode : {"wal", "delete"}) {
    kill_in_quiet(mode, kKilobytes, 12, [](const Template& made) {
      return [&made](Client& client) { return client.restore(made.first).status(); };
    });
  }
}

TEST_CASE("a process killed while it restores to a path leaves the old file or the new one") {
  kill_in_quiet("wal", kKilobytes, 13, [](const Template& made) {
    return [&made](Client& client) {
      const std::string path = sqlite3_db_filename(client.app().handle(), "main");
      return client.restore_to(made.first, directory_of(path) + "/target.db", /*overwrite=*/true).status();
    };
  });
}

TEST_CASE("a process killed while it deletes leaves whole backups only") {
  for (const char* mode : {"wal", "delete"}) {
    kill_in_quiet(mode, 40, 14, [](const Template&) { return back_up_and_delete; });
  }
}

TEST_CASE("a process killed beside a writer leaves a committed state") {
  kill_beside_a_writer("wal", 15, /*restores=*/false);
  kill_beside_a_writer("wal", 16, /*restores=*/true);
  kill_beside_a_writer("delete", 17, /*restores=*/true);
}
