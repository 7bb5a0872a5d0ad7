// What becomes of a catalog that is deleted or damaged.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "catalog/catalog.h"
#include "support/fault_env.h"
#include "support/fault_vfs.h"
#include "unit/catalog/catalog_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;
namespace fs = std::filesystem;

namespace {

const std::vector<std::string> kBoth = {"backup-1.sqlite completed", "backup-2.sqlite completed"};

void publish_two(Fixture& fixture) {
  fixture.publish("backup-1.sqlite");
  fixture.publish("backup-2.sqlite", kNoon + 1);
}

std::vector<std::string> set_aside_in(const std::string& directory) {
  std::vector<std::string> aside;
  for (const std::string& name : names_in(directory)) {
    if (name.starts_with("catalog.db.damaged-") && !name.ends_with("-journal")) aside.push_back(name);
  }
  return aside;
}

void overwrite(const std::string& path, std::streamoff offset, const std::string& bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(offset);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  REQUIRE(file.good());
}

// Starts `count` processes of `body` at the same moment; how many did not return 0.
template <typename Body>
int failures_at_once(int count, Body body) {
  int gate[2];
  REQUIRE(::pipe(gate) == 0);
  std::vector<int> children;
  for (int i = 0; i < count; ++i) {
    children.push_back(fork_child([&] {
      ::close(gate[1]);
      char c;
      if (::read(gate[0], &c, 1) != 0) return 99;
      return body();
    }));
  }
  ::close(gate[0]);
  ::close(gate[1]);
  int failures = 0;
  for (const int child : children) failures += wait_for(child) != 0;
  return failures;
}

}  // namespace

TEST_CASE("a deleted catalog is rebuilt with pins, notes, labels and identity") {
  Fixture fixture;
  auto first = fixture.manifest("backup-1.sqlite");
  first.note = "from the manifest";
  first.labels = R"({"a":1})";
  first.pinned = true;
  fixture.publish(first);
  fixture.publish("backup-2.sqlite", kNoon + 1);
  fixture.mark("backup-2.sqlite", {true, "marked later", R"({"b":2})"});
  auto old_list = fixture.open()->list({}, nullptr, 10);
  fs::remove(fixture.path_of("catalog.db"));
  if (GENERATE(false, true)) fs::remove(fixture.path_of("catalog.db-journal"));

  auto catalog = fixture.open(GENERATE(Catalog::Access::kRead, Catalog::Access::kWrite));
  CHECK(catalog->database_id() == first.database_id);
  CHECK(listed(*catalog) == kBoth);
  const BackupRecord one = found(*catalog, "backup-1.sqlite");
  CHECK(one.pinned);
  CHECK(one.note == "from the manifest");
  CHECK(one.labels == R"({"a":1})");
  CHECK(one.created_at == kNoon);
  CHECK(one.trigger == "manual");
  CHECK(one.size == 8192);
  CHECK(one.database_size == 8192);
  CHECK(one.page_size == 4096);
  CHECK(one.tables == 1);
  CHECK(one.rows == 7);
  CHECK(one.sha256 == std::string(64, 'a'));
  CHECK(one.duration == 0.25);
  const BackupRecord two = found(*catalog, "backup-2.sqlite");
  CHECK(two.pinned);
  CHECK(two.note == "marked later");
  CHECK(two.labels == R"({"b":2})");
  CHECK(fs::exists(fixture.path_of("catalog.db")));
}

TEST_CASE("a catalog overwritten with garbage is set aside, rebuilt, and the log says so") {
  const auto access = GENERATE(Catalog::Access::kRead, Catalog::Access::kWrite);
  Fixture fixture;
  publish_two(fixture);
  const std::string id = fixture.open()->database_id();
  fixture.settle();
  const std::uintmax_t size = fs::file_size(fixture.path_of("catalog.db"));
  std::string garbage(size, '\x5a');
  SECTION("all of it") { write_whole_file(fixture.path_of("catalog.db"), garbage); }
  SECTION("its schema") { overwrite(fixture.path_of("catalog.db"), 100, std::string(3900, '\x5a')); }
  SECTION("all but its header") { overwrite(fixture.path_of("catalog.db"), 100, garbage); }
  SECTION("cut in the middle") { fs::resize_file(fixture.path_of("catalog.db"), size / 2 / 4096 * 4096); }
  SECTION("a table is gone") { fixture.execute("DROP TABLE meta"); }

  auto catalog = fixture.open(access);
  CHECK(listed(*catalog) == kBoth);
  const auto aside = set_aside_in(fixture.path());
  REQUIRE(aside.size() == 1);
  const auto runs = catalog->runs(0, 10);
  REQUIRE(runs.ok());
  REQUIRE(runs->size() == 1);
  CHECK(runs->front().operation == "catalog");
  CHECK(runs->front().status == "completed");
  CHECK_THAT(runs->front().error, Catch::Contains(aside[0]) && Catch::Contains("stored settings"));
  catalog.reset();
  // The next one finds nothing wrong.
  CHECK(listed(*fixture.open(access)) == kBoth);
  CHECK(set_aside_in(fixture.path()) == aside);
  CHECK(fixture.open()->database_id() == fixture.manifest("x").database_id);
}

TEST_CASE("somebody else's database called catalog.db is left alone") {
  Fixture fixture;
  publish_two(fixture);
  write_whole_file(fixture.path_of("catalog.db"), database_bytes());
  BackupDirectory place(posix_file_env(), fixture.path());
  const auto access = GENERATE(Catalog::Access::kRead, Catalog::Access::kWrite);
  const auto catalog =
      Catalog::open(system_env(), place, access, fixture.database_path(), Catalog::Ownership::kAny);
  CHECK(catalog.status().is(Error::kDirectoryTaken));
  CHECK(read_whole_file(fixture.path_of("catalog.db")) == database_bytes());
  CHECK(set_aside_in(fixture.path()).empty());
}

TEST_CASE("damage that shows only while the catalog is used is healed under way") {
  Fixture fixture;
  publish_two(fixture);
  fixture.settle();
  const auto page = std::stoll(fixture.query("SELECT rootpage FROM sqlite_schema WHERE name = 'runs'"));
  overwrite(fixture.path_of("catalog.db"), (page - 1) * 4096, std::string(4096, '\x5a'));
  const auto index =
      std::stoll(fixture.query("SELECT rootpage FROM sqlite_schema WHERE name = 'backups_by_created'"));
  overwrite(fixture.path_of("catalog.db"), (index - 1) * 4096, std::string(4096, '\x5a'));
  auto catalog = fixture.open();
  CHECK(listed(*catalog) == kBoth);
  auto run = catalog->begin_run({});
  REQUIRE(run.ok());
  CHECK(catalog->finish_run(run->id, {}).ok());
  CHECK(set_aside_in(fixture.path()).size() == 1);
}

TEST_CASE("a catalog that is deleted while it is open is begun anew by the next write") {
  Fixture fixture;
  publish_two(fixture);
  auto catalog = fixture.open();
  auto run = catalog->begin_run({});
  REQUIRE(run.ok());
  fs::remove(fixture.path_of("catalog.db"));
  RunRecord outcome;
  outcome.operation = "verify";
  outcome.status = "completed";
  const Status finished = catalog->finish_run(run->id, outcome);
  CHECK(finished.to_string() == "ok");
  CHECK(listed(*catalog) == kBoth);
  catalog.reset();
  const auto runs = fixture.open()->runs(0, 10);
  REQUIRE(runs->size() == 1);
  CHECK(runs->front().operation == "verify");
  CHECK(runs->front().status == "completed");
}

TEST_CASE("an empty catalog file is a new catalog") {
  Fixture fixture;
  publish_two(fixture);
  write_whole_file(fixture.path_of("catalog.db"), "");
  CHECK(listed(*fixture.open()) == kBoth);
  CHECK(set_aside_in(fixture.path()).empty());
}

TEST_CASE("many processes that open a new catalog at once all see the whole list") {
  Fixture fixture;
  for (int i = 0; i < 50; ++i) fixture.publish("backup-" + std::to_string(100 + i) + ".sqlite", kNoon + i);
  for (int round = 0; round < 5; ++round) {
    fs::remove(fixture.path_of("catalog.db"));
    const int failures = failures_at_once(6, [&] {
      const auto access = ::getpid() % 2 == 0 ? Catalog::Access::kRead : Catalog::Access::kWrite;
      auto catalog = fixture.try_open(access);
      if (!catalog.ok()) return 1;
      const auto rows = (*catalog)->list({}, nullptr, 1000);
      if (!rows.ok() || rows->size() != 50) return 2;
      return (*catalog)->database_id() == fixture.manifest("x").database_id ? 0 : 3;
    });
    CHECK(failures == 0);
    CHECK(fixture.query("SELECT count(*) FROM backups") == "50");
  }
}

TEST_CASE("of many processes that meet a damaged catalog one sets it aside and all go on") {
  Fixture fixture;
  publish_two(fixture);
  for (int round = 0; round < 5; ++round) {
    fixture.settle();
    write_whole_file(fixture.path_of("catalog.db"), std::string(20000, '\x5a'));
    const int failures = failures_at_once(6, [&] {
      auto catalog = fixture.try_open();
      if (!catalog.ok()) return 1;
      const auto rows = (*catalog)->list({}, nullptr, 10);
      return rows.ok() && rows->size() == 2 ? 0 : 2;
    });
    CHECK(failures == 0);
    CHECK(set_aside_in(fixture.path()).size() == static_cast<std::size_t>(round) + 1);
    CHECK(fixture.query("SELECT count(*) FROM runs WHERE operation = 'catalog'") == "1");
  }
}

// For this clock nothing has just been modified: a look at the directory is remembered.
class LaterClock : public Clock {
 public:
  UnixMillis now() override { return system_clock().now() + 60'000; }
  double monotonic_seconds() override { return system_clock().monotonic_seconds(); }
};

TEST_CASE("a catalog that SQLite opened for reading only, while it was being replaced, is opened again") {
  Fixture fixture;
  publish_two(fixture);
  fixture.open().reset();
  FaultVfs vfs;
  vfs.inject({.kind = VfsOp::kOpen, .read_only = true});
  auto catalog = fixture.try_open();
  INFO(catalog.status().to_string());
  REQUIRE(catalog.ok());
  CHECK(vfs.fired());
  CHECK((*catalog)->set_marks("backup-1.sqlite", {}).ok());
}

TEST_CASE("whichever file operation fails, the next call finds the whole list") {
  for (const bool damaged : {false, true}) {
    Fixture fixture;
    publish_two(fixture);
    FaultEnv faults(posix_file_env());
    BackupDirectory place(faults, fixture.path());
    LaterClock clock;
    bool reached_the_end = false;
    for (std::uint64_t n = 1; !reached_the_end; ++n) {
      REQUIRE(n < 1000);
      fs::remove(fixture.path_of("catalog.db"));
      if (damaged) write_whole_file(fixture.path_of("catalog.db"), std::string(9000, '\x5a'));
      faults.inject({.nth = n, .error_number = n % 2 == 0 ? EIO : EACCES});
      const Env env{&faults, &clock};
      auto broken = Catalog::open(env, place, Catalog::Access::kWrite, fixture.database_path(),
                                  Catalog::Ownership::kSameOrGone);
      reached_the_end = !faults.fired();
      faults.clear();
      if (broken.ok()) broken = Status(Error::kInternal, "closed");
      INFO("fault " << n);
      CHECK(listed(*fixture.open()) == kBoth);
    }
  }
}
