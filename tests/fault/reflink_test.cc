// Where the file system shares blocks between files, a backup takes no room and little time. A real btrfs.
#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <thread>

#include "support/bank.h"
#include "support/client.h"
#include "support/fault_env.h"
#include "support/private_mounts.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace fs = std::filesystem;

namespace {

constexpr int kMegabytes = 256;
constexpr int kDatabaseMegabytes = 64;
constexpr std::uint32_t kMostExtents = 4096;

// How many bytes of the file lie in blocks that it shares with others.
std::uint64_t shared_bytes(const std::string& path) {
  std::vector<std::uint64_t> buffer((sizeof(fiemap) + kMostExtents * sizeof(fiemap_extent)) / 8 + 1);
  auto* map = reinterpret_cast<fiemap*>(buffer.data());
  map->fm_length = FIEMAP_MAX_OFFSET;
  map->fm_flags = FIEMAP_FLAG_SYNC;
  map->fm_extent_count = kMostExtents;
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(file >= 0);
  const int outcome = ::ioctl(file, FS_IOC_FIEMAP, map);
  ::close(file);
  REQUIRE(outcome == 0);
  REQUIRE(map->fm_mapped_extents < kMostExtents);
  std::uint64_t shared = 0;
  for (std::uint32_t i = 0; i < map->fm_mapped_extents; ++i) {
    fiemap_extent extent;
    std::memcpy(&extent, reinterpret_cast<const std::uint8_t*>(map) + sizeof(fiemap) + i * sizeof extent,
                sizeof extent);
    if ((extent.fe_flags & FIEMAP_EXTENT_SHARED) != 0) shared += extent.fe_length;
  }
  return shared;
}

struct Btrfs {
  TempDir temp;
  std::string place = temp.path_of("btrfs");
  Btrfs() { fs::create_directory(place); }
  void test(const std::function<void()>& body) const {
    with_private_mounts([this] { return mount_btrfs(place, temp.path_of("image"), kMegabytes); }, body);
  }
};

void fill(App& app, const char* mode) {
  app.run(std::string("PRAGMA journal_mode=") + mode + "; CREATE TABLE t(id INTEGER PRIMARY KEY, x)");
  app.run("WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<" +
          std::to_string(kDatabaseMegabytes) + ") INSERT INTO t SELECT i, randomblob(1000000) FROM s");
  app.run("PRAGMA wal_checkpoint(TRUNCATE)");
}

}  // namespace

TEST_CASE("on btrfs a backup shares the database's blocks") {
  const char* mode = GENERATE("wal", "delete");
  const Btrfs btrfs;
  btrfs.test([&] {
    const std::string database = btrfs.place + "/app.db";
    FaultEnv files(posix_file_env());
    std::string name;
    {
      Client client(database, {&files, &system_clock()});
      fill(client.app(), mode);
      client.app().run("UPDATE t SET x='changed' WHERE id%16=0");  // in the log only, in WAL mode
      const auto backup = client.back_up();
      INFO(backup.status().to_string());
      REQUIRE(backup.ok());
      name = *backup;
    }
    REQUIRE(files.count(FileOp::kClone) == 1);
    const std::string stored = backups_of(database) + "/" + name;
    const std::uint64_t size = fs::file_size(stored);
    REQUIRE(size > (std::uint64_t{kDatabaseMegabytes} << 20) * 8 / 10);
    REQUIRE(shared_bytes(stored) > size * 9 / 10);
    REQUIRE(fingerprint(stored) == fingerprint(database));
    REQUIRE(require_sound(database, {}) == std::vector{name});
  });
}

TEST_CASE("on btrfs every backup beside two writers is a committed state") {
  const Btrfs btrfs;
  btrfs.test([&] {
    const std::string database = btrfs.place + "/bank.db";
    create_bank(database, "wal");
    BankWriter one(database, 21, /*checkpoints=*/true);
    BankWriter two(database, 22, /*checkpoints=*/true);
    while (one.commits() + two.commits() < 1000 && (one.failure() + two.failure()).empty())
      std::this_thread::yield();
    const std::uint64_t before = one.commits() + two.commits();
    constexpr unsigned kBackups = 50;
    FaultEnv files(posix_file_env());
    {
      Client client(database, {&files, &system_clock()});
      std::string last;
      for (unsigned i = 0; i < kBackups; ++i) {
        const auto backup = client.back_up(/*row_counts=*/false);
        INFO("backup " << i << ": " << backup.status().to_string());
        REQUIRE(backup.ok());
        REQUIRE(bank_soundness(backups_of(database) + "/" + *backup, /*immutable=*/true) == "ok");
        if (!last.empty()) REQUIRE(client.remove({last}).ok());
        last = *backup;
      }
    }
    one.stop();
    two.stop();
    REQUIRE(files.count(FileOp::kClone) >= kBackups);
    REQUIRE((one.failure() + two.failure()).empty());
    REQUIRE(one.commits() + two.commits() - before > 10 * kBackups);
  });
}
