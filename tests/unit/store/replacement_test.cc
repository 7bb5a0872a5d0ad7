// Other bytes for a backup that stands: data, manifest and marks are the old ones or the new ones, all three,
// whatever fails, dies or loses its power, for whoever holds a lock on the name.
#include <functional>

#include "store/backup_directory.h"
#include "store/lock_bytes.h"
#include "support/fault_env.h"
#include "support/power_loss_env.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

using Names = std::vector<std::string>;
using Operation = std::function<Status(BackupDirectory&)>;

constexpr std::uint32_t kSeeds = 16;
constexpr std::uint32_t kSeedsOfTwo = 32;  // for each pair of instants

const Names kWhole{"b.json", "b.json.json", "b.json.marks.json"};

// Of the backup's bytes number 1, 2, 3 ...: each is of another length.
std::string data_of(int number) { return std::string(3000 + 500 * static_cast<std::size_t>(number), 'a'); }
std::string manifest_of(int number) {
  return "manifest " + std::string(static_cast<std::size_t>(number), 'm');
}
std::string marks_of(int number) { return "marks " + std::string(static_cast<std::size_t>(number), 'k'); }

Status publish(BackupDirectory& directory) {
  SQB_TRY(directory.ensure());
  SQB_ASSIGN(auto pending, directory.begin("b.json"));
  SQB_TRY(pending->file().append(as_bytes(data_of(1))));
  SQB_TRY(pending->publish(manifest_of(1)));
  return directory.write_marks("b.json", marks_of(1));
}

Status replace_by(BackupDirectory& directory, int number) {
  SQB_ASSIGN(const auto lock, directory.lock_name("b.json", LockMode::kExclusive));
  SQB_ASSIGN(const auto pending, directory.begin_replacement("b.json"));
  SQB_TRY(pending->file().append(as_bytes(data_of(number).substr(0, 2000))));
  SQB_TRY(pending->file().append(as_bytes(data_of(number).substr(2000))));
  return pending->commit(manifest_of(number), marks_of(number));
}

Status replace(BackupDirectory& directory) { return replace_by(directory, 2); }

Status clear(BackupDirectory& directory) {
  SQB_ASSIGN(const auto listing, directory.list());
  SQB_ASSIGN(const auto cleared, directory.clear_leftovers(listing));
  return {};
}

// What whoever has a lock finds: the number of all three. Fails the test where they do not belong together.
int read_whole(BackupDirectory& directory) {
  const auto lock = directory.lock_name("b.json", LockMode::kShared);
  INFO("lock: " << lock.status().to_string());
  REQUIRE(lock.ok());
  const std::string manifest = *directory.read_manifest("b.json");
  for (int number = 1; number <= 3; ++number) {
    if (manifest != manifest_of(number)) continue;
    REQUIRE(read_whole_file(directory.path_of("b.json")) == data_of(number));
    REQUIRE(*directory.read_marks("b.json") == marks_of(number));
    return number;
  }
  FAIL("the manifest is " << manifest);
  return 0;
}

Names names_of(BackupDirectory& directory) {
  Names names = names_in(directory.path());
  std::erase(names, ".lock");
  return names;
}

// A backup in a directory whose operations can be made to fail.
struct Place {
  TempDir temp;
  FaultEnv env{posix_file_env()};
  BackupDirectory directory{env, temp.path_of("backups")};
  Place() { REQUIRE(publish(directory).ok()); }
  std::string at(const std::string& name) const { return directory.path_of(name); }
};

// What a process leaves that died right after the decision, or before it.
void leave(BackupDirectory& directory, int number, bool decided) {
  write_whole_file(directory.path_of(".b.json.partial"), data_of(number));
  write_whole_file(directory.path_of(".b.json.marks.json.partial"), marks_of(number));
  write_whole_file(directory.path_of(decided ? ".b.json.json.next" : ".b.json.json.partial"),
                   manifest_of(number));
}

}  // namespace

TEST_CASE("a backup that is replaced has its new bytes, manifest and marks, and nothing is left") {
  Place place;
  REQUIRE(replace(place.directory).ok());
  CHECK(read_whole(place.directory) == 2);
  CHECK(names_of(place.directory) == kWhole);
  {
    const auto lock = place.directory.lock_name("b.json", LockMode::kExclusive);
    auto pending = place.directory.begin_replacement("b.json");
    REQUIRE((*pending)->file().append(as_bytes(data_of(3))).ok());
    REQUIRE((*pending)->commit(manifest_of(3), std::nullopt).ok());
  }
  CHECK(*place.directory.read_manifest("b.json") == manifest_of(3));
  CHECK(*place.directory.read_marks("b.json") == marks_of(2));
}

TEST_CASE("a replacement that is given up leaves the backup as it was, and nothing beside it") {
  Place place;
  {
    const auto lock = place.directory.lock_name("b.json", LockMode::kExclusive);
    auto pending = place.directory.begin_replacement("b.json");
    REQUIRE((*pending)->file().append(as_bytes(data_of(2))).ok());
    CHECK(place.directory.lock_name("b.json", LockMode::kShared).status().is(Error::kInUse));
    CHECK(place.directory.list()->backups == Names{"b.json"});
    REQUIRE(clear(place.directory).ok());  // another process, which finds the name locked
    CHECK(path_exists(place.at(".b.json.partial")));
  }
  CHECK(read_whole(place.directory) == 1);
  CHECK(names_of(place.directory) == kWhole);
}

TEST_CASE("what a dead process had decided is finished by whoever locks the name, and by the next clearing") {
  Place place;
  leave(place.directory, 2, /*decided=*/true);
  SECTION("a reader") { CHECK(read_whole(place.directory) == 2); }
  SECTION("a writer") { CHECK(place.directory.lock_name("b.json", LockMode::kExclusive).ok()); }
  SECTION("a clearing") { CHECK(clear(place.directory).ok()); }
  SECTION("another replacement") {
    CHECK(replace_by(place.directory, 3).ok());
    CHECK(read_whole(place.directory) == 3);
    return;
  }
  SECTION("a reader in a directory that it cannot write") {
    place.env.inject({.kind = FileOp::kLock, .error_number = EACCES});
    const auto lock = place.directory.lock_name("b.json", LockMode::kShared);
    CHECK(lock.status().is(Error::kNoPermission));
    CHECK(names_of(place.directory).size() > kWhole.size());
    place.env.clear();
  }
  SECTION("a reader beside another one that was faster") {
    const auto other = posix_file_env().lock(place.at(".lock"), name_lock_byte("b.json"), LockMode::kShared);
    CHECK(place.directory.lock_name("b.json", LockMode::kShared).status().is(Error::kInUse));
  }
  CHECK(read_whole(place.directory) == 2);
  CHECK(names_of(place.directory) == kWhole);
}

TEST_CASE("a reader who has finished a replacement shares the backup with others") {
  Place place;
  leave(place.directory, 2, /*decided=*/true);
  const auto first = place.directory.lock_name("b.json", LockMode::kShared);
  CHECK(first.ok());
  CHECK(place.directory.lock_name("b.json", LockMode::kShared).ok());
  CHECK(place.directory.lock_name("b.json", LockMode::kExclusive).status().is(Error::kInUse));
}

TEST_CASE("what a dead process had not decided is cleared, and the backup is as it was") {
  Place place;
  leave(place.directory, 2, /*decided=*/false);
  CHECK(read_whole(place.directory) == 1);
  REQUIRE(clear(place.directory).ok());
  CHECK(names_of(place.directory) == kWhole);
  CHECK(read_whole(place.directory) == 1);
}

TEST_CASE("without its manifest a backup is not replaced any more, and its file stays as somebody's own") {
  Place place;
  leave(place.directory, 2, /*decided=*/true);
  REQUIRE(posix_file_env().remove(place.at("b.json.json")).ok());
  REQUIRE(clear(place.directory).ok());
  CHECK(place.directory.list()->foreign == Names{"b.json"});
  CHECK(read_whole_file(place.at("b.json")) == data_of(1));
  CHECK_FALSE(path_exists(place.at(".b.json.json.next")));
}

TEST_CASE("a removal beside the leftovers of a replacement leaves the backup whole or nothing of it") {
  for (const bool decided : {false, true}) {
    bool reached = true;
    for (std::uint64_t n = 0; reached; ++n) {
      for (std::uint32_t seed = 0; seed < kSeeds; ++seed) {
        TempDir temp;
        PowerLossEnv env(posix_file_env(), temp.path());
        BackupDirectory directory(env, temp.path_of("backups"));
        REQUIRE(publish(directory).ok());
        leave(directory, 2, decided);
        env.crash_after(n);
        const bool removed = directory.remove("b.json").ok();
        reached = env.crashed();
        env.lose_power(seed);
        env.restart_process();
        REQUIRE(clear(directory).ok());
        INFO("died at change " << n << ", seed " << seed << ", decided: " << decided);
        CHECK(directory.list()->foreign.empty());
        if (removed || directory.list()->backups.empty()) {
          REQUIRE(names_of(directory).empty());
        } else {
          static_cast<void>(read_whole(directory));
        }
      }
    }
  }
}

TEST_CASE("a power loss at any instant of a replacement leaves the old or the new, at once for a reader") {
  bool reached = true;
  std::uint64_t n = 0;
  for (; reached; ++n) {
    for (std::uint32_t seed = 0; seed < kSeeds; ++seed) {
      TempDir temp;
      PowerLossEnv env(posix_file_env(), temp.path());
      BackupDirectory directory(env, temp.path_of("backups"));
      REQUIRE(publish(directory).ok());
      env.crash_after(n);
      const bool completed = replace(directory).ok();
      reached = env.crashed();
      env.lose_power(seed);
      env.restart_process();
      INFO("died at change " << n << ", seed " << seed);
      const int found = read_whole(directory);
      if (completed) REQUIRE(found == 2);
      REQUIRE(clear(directory).ok());
      REQUIRE(read_whole(directory) == found);
      REQUIRE(names_of(directory) == kWhole);
    }
  }
  CHECK(n > 14);
}

TEST_CASE("a power loss while somebody finishes what a dead process had decided leaves the old or the new") {
  for (std::uint64_t n = 0; n < 20; ++n) {
    bool reached = true;
    for (std::uint64_t m = 0; reached; ++m) {
      for (std::uint32_t seed = 0; seed < kSeedsOfTwo; ++seed) {
        TempDir temp;
        PowerLossEnv env(posix_file_env(), temp.path());
        BackupDirectory directory(env, temp.path_of("backups"));
        REQUIRE(publish(directory).ok());
        env.crash_after(n);
        const bool completed = replace(directory).ok();
        env.restart_process();
        env.crash_after(m);
        const bool seen = directory.lock_name("b.json", LockMode::kShared).ok();
        const bool is_new = seen && *directory.read_manifest("b.json") == manifest_of(2);
        const bool cleared = clear(directory).ok();
        reached = env.crashed();
        env.lose_power(seed);
        env.restart_process();
        INFO("died at change " << n << " and at change " << m << " after that, seed " << seed);
        const int found = read_whole(directory);
        if (completed || (is_new && cleared)) REQUIRE(found == 2);
        REQUIRE(clear(directory).ok());
        REQUIRE(names_of(directory) == kWhole);
      }
    }
  }
}

TEST_CASE("a replacement whose directory could not be synced does not come back into the next one") {
  for (std::uint64_t sync = 1; sync <= 5; ++sync) {
    bool reached = true;
    for (std::uint64_t n = 0; reached; ++n) {
      for (std::uint32_t seed = 0; seed < kSeedsOfTwo; ++seed) {
        TempDir temp;
        PowerLossEnv power(posix_file_env(), temp.path());
        FaultEnv env(power);
        BackupDirectory directory(env, temp.path_of("backups"));
        REQUIRE(publish(directory).ok());
        env.inject({.kind = FileOp::kSyncDirectory, .nth = sync, .sticky = true});
        const Status failed = replace_by(directory, 2);
        REQUIRE(env.fired());
        REQUIRE_FALSE(failed.ok());
        env.clear();
        power.crash_after(n);
        const bool completed = replace_by(directory, 3).ok();
        reached = power.crashed();
        power.lose_power(seed);
        power.restart_process();
        INFO("sync " << sync << " failed, then the power at change " << n << ", seed " << seed);
        const int found = read_whole(directory);
        if (completed) REQUIRE(found == 3);
        REQUIRE(clear(directory).ok());
        REQUIRE(names_of(directory) == kWhole);
      }
    }
  }
}

TEST_CASE(
    "a replacement of which any step fails is an error that leaves the old, or says that it will be new") {
  for (const bool sticky : {false, true}) {
    for (std::uint64_t n = 1;; ++n) {
      Place place;
      place.env.inject(
          {.nth = n, .error_number = n % 2 == 0 ? EIO : ENOSPC, .sticky = sticky, .short_write = true});
      const Status status = replace(place.directory);
      const bool fired = place.env.fired();
      place.env.clear();
      INFO("operation " << n << " failed: " << status.to_string());
      CHECK(status.ok() != fired);
      const int found = read_whole(place.directory);
      if (!fired) {
        CHECK(n > 14);
        break;
      }
      const bool announced = status.message().find("next use of the backup") != std::string::npos;
      CHECK(found == (announced ? 2 : 1));
      REQUIRE(clear(place.directory).ok());
      REQUIRE(read_whole(place.directory) == found);
      REQUIRE(names_of(place.directory) == kWhole);
    }
  }
}
