// A disk that is really full: a small file system in memory.
#include <cstdlib>
#include <filesystem>

#include "support/client.h"
#include "support/environment.h"
#include "support/fault_env.h"
#include "support/private_mounts.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace fs = std::filesystem;

namespace {

constexpr int kMegabytes = 6;

// Promises more room than there is, so that a backup meets the end of the disk in its middle.
class RoomyEnv : public FaultEnv {
 public:
  RoomyEnv() : FaultEnv(posix_file_env()) {}
  Result<std::uint64_t> free_space(const std::string&) override { return std::uint64_t{1} << 40; }
};

// A small disk, and a bigger one for the rest.
struct Disks {
  TempDir temp;
  std::string small = temp.path_of("small");
  Disks() { fs::create_directory(small); }
  std::string path_of(const std::string& name) const { return small + "/" + name; }

  void test(const std::function<void()>& body) const {
    with_private_mounts([this] { return mount_memory(small, kMegabytes); }, body);
  }
};

// Writes until nothing more fits, leaving about `kilobytes`.
void fill_up(const std::string& path, std::size_t kilobytes) {
  const auto room = fs::space(fs::path(path).parent_path()).available;
  REQUIRE(room >= kilobytes * 1024);
  write_whole_file(path, std::string(static_cast<std::size_t>(room) - kilobytes * 1024, 'x'));
}

void require_full(const Status& status) {
  INFO(status.to_string());
  REQUIRE(status.is(Error::kDiskFull));
}

}  // namespace

TEST_CASE("a backup for which there is no room is refused before a byte is written") {
  const Disks disks;
  disks.test([&] {
    const Template made(disks.temp.path_of("made"), "wal", 300);
    const std::string database = made.copy_to(disks.path_of("place"));
    FaultEnv files(posix_file_env());
    {
      Client client(database, {&files, &system_clock()});
      files.inject({.nth = UINT64_MAX});
      require_full(client.back_up().status());
    }
    REQUIRE(files.count(FileOp::kAppend) <= 1);  // its progress, for backup_jobs
    REQUIRE(strays_in(backups_of(database), {made.first, made.second}).empty());
    REQUIRE(require_sound(database, {made.live_state}) == std::vector{made.first, made.second});
  });
}

TEST_CASE("a backup that fills the disk in its middle is an error and leaves nothing") {
  const char* mode = GENERATE("wal", "delete");
  const Disks disks;
  disks.test([&] {
    const Template made(disks.temp.path_of("made"), mode, 1400);
    const std::string database = made.copy_to(disks.path_of("place"));
    fill_up(disks.path_of("filler"), 700);  // half of what a backup needs
    RoomyEnv files;
    {
      Client client(database, {&files, &system_clock()});
      files.inject({.nth = UINT64_MAX});
      require_full(client.back_up().status());
    }
    REQUIRE(files.count(FileOp::kAppend) > 1);
    REQUIRE(strays_in(backups_of(database), {made.first, made.second}).empty());
    REQUIRE(require_sound(database, {made.live_state}) == std::vector{made.first, made.second});
  });
}

TEST_CASE("a restore to a path on a full disk is an error and leaves nothing") {
  const Disks disks;
  disks.test([&] {
    const Template made(disks.temp.path_of("made"), "wal", 3000);
    const std::string database = made.copy_to(disks.temp.path_of("place"));
    fill_up(disks.path_of("filler"), 1500);
    require_full(Client(database).restore_to(made.first, disks.path_of("target.db")).status());
    REQUIRE(names_in(disks.small) == std::vector<std::string>{"filler"});
    fs::remove(disks.path_of("filler"));
    REQUIRE(Client(database).restore_to(made.first, disks.path_of("target.db")).ok());
    REQUIRE(fingerprint(disks.path_of("target.db")) == made.first_state);
  });
}

TEST_CASE("a live restore that fills the database's disk rolls back") {
  const char* mode = GENERATE("wal", "delete");
  const Disks disks;
  disks.test([&] {
    // The backups are on the bigger disk, and bigger than what is left of the small one.
    ::setenv("SQBACKUP_DIRECTORY", disks.temp.path().c_str(), 1);
    ::setenv("SQBACKUP_ALLOW_RESTORE", "on", 1);
    const std::string database = disks.path_of("app.db");
    std::string name;
    std::string big;
    std::string shrunk;
    {
      Client client(database);
      client.app().run(std::string("PRAGMA journal_mode=") + mode + "; CREATE TABLE t(x)");
      client.app().run(
          "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<1500)"
          " INSERT INTO t SELECT randomblob(1000) FROM s");
      const auto backup = client.back_up();
      REQUIRE(backup.ok());
      name = *backup;
      big = fingerprint(database);
      client.app().run("DELETE FROM t WHERE rowid>50; VACUUM; PRAGMA wal_checkpoint(TRUNCATE)");
      shrunk = fingerprint(database);
      fill_up(disks.path_of("filler"), 1000);
      require_full(client.restore(name).status());
      REQUIRE(client.app().integer("SELECT count(*) FROM t") == 50);
    }
    REQUIRE(soundness(database) == "ok");
    REQUIRE(fingerprint(database) == shrunk);
    fs::remove(disks.path_of("filler"));
    REQUIRE(Client(database).restore(name).ok());
    REQUIRE(soundness(database) == "ok");
    REQUIRE(fingerprint(database) == big);
  });
}

TEST_CASE("on a full disk backups are listed, verified and deleted, which makes room again") {
  const Disks disks;
  disks.test([&] {
    const Template made(disks.temp.path_of("made"), "wal", 300);
    const std::string database = made.copy_to(disks.path_of("place"));
    fill_up(disks.path_of("filler"), 0);
    Client client(database);
    const auto listed = client.list();
    INFO("list: " << listed.status().to_string());
    REQUIRE(listed.ok());
    REQUIRE(listed->size() == 2);
    const Status verified = client.verify(made.first);
    INFO("verify: " << verified.to_string());
    REQUIRE((verified.ok() || verified.is(Error::kDiskFull)));
    require_full(client.back_up().status());
    const Status removed = client.remove({made.first});
    INFO("delete: " << removed.to_string());
    REQUIRE(removed.ok());
    REQUIRE(require_sound(database, {made.live_state}) == std::vector{made.second});
  });
}

TEST_CASE("on a full disk one backup after another can be deleted, be there room for the log or not") {
  const Disks disks;
  disks.test([&] {
    const Template made(disks.temp.path_of("made"), "delete", 40);
    const std::string database = made.copy_to(disks.path_of("place"));
    RoomyEnv files;
    Client client(database, {&files, &system_clock()});
    std::vector<std::string> names = {made.first};
    for (int i = 0; i < 40; ++i) {
      const auto backup = client.back_up();
      REQUIRE(backup.ok());
      names.push_back(*backup);
    }
    for (const auto& name : names) {
      fs::remove(disks.path_of("filler"));
      fill_up(disks.path_of("filler"), 0);
      const Status removed = client.remove({name});
      INFO("delete of " << name << ": " << removed.to_string());
      REQUIRE(removed.ok());
    }
    REQUIRE(client.list()->size() == 1);
  });
}

TEST_CASE(
    "new keys for which there is no room are refused before a byte, or leave nothing and the old keys") {
  const bool told = GENERATE(true, false);  // whether the disk says how full it is
  const CompressedAndEncrypted form;
  const Disks disks;
  disks.test([&] {
    const Template made(disks.temp.path_of("made"), "wal", 1000);
    const std::string database = made.copy_to(disks.path_of("place"));
    fill_up(disks.path_of("filler"), 500);  // half of what the second file needs
    FaultEnv files(posix_file_env());
    RoomyEnv roomy;
    FaultEnv& disk = told ? files : roomy;
    {
      Client client(database, {&disk, &system_clock()});
      disk.inject({.nth = UINT64_MAX});
      require_full(client.rekey(made.first, other_keys().identities.front().recipient().text()).status());
    }
    REQUIRE((disk.count(FileOp::kAppend) <= 1) == told);  // its progress, for backup_jobs
    REQUIRE(strays_in(backups_of(database), {made.first, made.second}).empty());
    REQUIRE(require_sound(database, {made.live_state}) == std::vector{made.first, made.second});
  });
}
