#include "catalog/catalog.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "unit/catalog/catalog_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;
namespace fs = std::filesystem;

TEST_CASE("reading where there is no directory makes nothing and finds nothing") {
  TempDir dir;
  BackupDirectory place(posix_file_env(), dir.path_of("app.db-backups"));
  auto catalog = Catalog::open(system_env(), place, Catalog::Access::kRead, dir.path_of("app.db"),
                               Catalog::Ownership::kAny);
  REQUIRE(catalog.ok());
  CHECK(listed(**catalog).empty());
  CHECK(!(*catalog)->newest(std::nullopt, true)->has_value());
  CHECK(names_in(dir.path()).empty());
}

TEST_CASE("a catalog is private whatever the umask") {
  Fixture fixture;
  const mode_t before = ::umask(0);
  auto catalog = fixture.open();
  CHECK(catalog->set_setting("k", "v").ok());
  ::umask(before);
  for (const char* name : {"catalog.db", "catalog.db-journal"}) {
    INFO(name);
    CHECK(fs::status(fixture.path_of(name)).permissions() == fs::perms(0600));
  }
}

TEST_CASE("a symbolic link in the catalog's place is refused and not followed") {
  Fixture fixture;
  TempDir elsewhere;
  fs::create_symlink(elsewhere.path_of("target.db"), fixture.path_of("catalog.db"));
  for (const auto access : {Catalog::Access::kRead, Catalog::Access::kWrite}) {
    CHECK(fixture.try_open(access).status().is(Error::kNotAnOrdinaryFile));
  }
  CHECK(names_in(elsewhere.path()).empty());
}

TEST_CASE("a directory reached through a symbolic link is an ordinary one") {
  Fixture fixture;
  fixture.publish("backup-1.sqlite");
  TempDir elsewhere;
  fs::create_directory_symlink(fixture.path(), elsewhere.path_of("link"));
  BackupDirectory place(posix_file_env(), elsewhere.path_of("link"));
  auto catalog = Catalog::open(system_env(), place, Catalog::Access::kWrite, fixture.database_path(),
                               Catalog::Ownership::kSameOrGone);
  REQUIRE(catalog.ok());
  CHECK(listed(**catalog) == std::vector<std::string>{"backup-1.sqlite completed"});
}

TEST_CASE("a catalog of a newer sqbackup is refused and left as it is") {
  Fixture fixture;
  fixture.open().reset();
  fixture.execute("PRAGMA user_version = 1000");
  const std::string before = read_whole_file(fixture.path_of("catalog.db"));
  CHECK(fixture.try_open(Catalog::Access::kRead).status().is(Error::kCatalogNewer));
  CHECK(fixture.try_open(Catalog::Access::kWrite).status().is(Error::kCatalogNewer));
  CHECK(Catalog::stored_setting(system_env(), fixture.path(), "k").ok());
  CHECK(read_whole_file(fixture.path_of("catalog.db")) == before);
}

TEST_CASE("the database keeps its identity") {
  Fixture fixture;
  const std::string id = fixture.open()->database_id();
  CHECK(id.size() == 36);
  CHECK(fixture.open()->database_id() == id);
}

TEST_CASE("settings are stored, changed and forgotten") {
  Fixture fixture;
  {
    auto catalog = fixture.open();
    CHECK(!catalog->setting("a")->has_value());
    CHECK(catalog->set_setting("b", "2").ok());
    CHECK(catalog->set_setting("a", "1").ok());
    CHECK(catalog->set_setting("a", "").ok());
  }
  auto catalog = fixture.open(Catalog::Access::kRead);
  CHECK(*catalog->setting("a") == "");
  CHECK(*catalog->settings() == std::vector<std::pair<std::string, std::string>>{{"a", ""}, {"b", "2"}});
  CHECK(*Catalog::stored_setting(system_env(), fixture.path(), "b") == "2");
  CHECK(catalog->set_setting("b", std::nullopt).ok());
  CHECK(!Catalog::stored_setting(system_env(), fixture.path(), "b")->has_value());
}

TEST_CASE("reading one stored setting makes nothing") {
  TempDir dir;
  CHECK(!Catalog::stored_setting(system_env(), dir.path(), "a")->has_value());
  CHECK(!Catalog::stored_setting(system_env(), dir.path_of("no/such"), "a")->has_value());
  write_whole_file(dir.path_of("catalog.db"), std::string(5000, 'x'));
  CHECK(!Catalog::stored_setting(system_env(), dir.path(), "a")->has_value());
  CHECK(names_in(dir.path()) == std::vector<std::string>{"catalog.db"});
}

TEST_CASE("a database that was moved with its directory keeps its list") {
  Fixture fixture;
  fixture.publish("backup-1.sqlite");
  const std::string id = fixture.open()->database_id();
  TempDir other;
  fs::rename(fixture.database_path(), other.path_of("moved.db"));
  auto moved = Catalog::open(system_env(), fixture.place(), Catalog::Access::kWrite,
                             other.path_of("moved.db"), Catalog::Ownership::kSameOrGone);
  REQUIRE(moved.ok());
  CHECK((*moved)->database_id() == id);
  CHECK(listed(**moved) == std::vector<std::string>{"backup-1.sqlite completed"});
  // It belongs to the new place from now on.
  write_whole_file(fixture.database_path(), "another database");
  CHECK(fixture.try_open().status().is(Error::kDirectoryTaken));
}

TEST_CASE("a directory that another database uses is refused, naming both") {
  Fixture fixture;
  fixture.open().reset();
  TempDir other;
  write_whole_file(other.path_of("other.db"), database_bytes());
  for (const auto access : {Catalog::Access::kRead, Catalog::Access::kWrite}) {
    const auto taken = Catalog::open(system_env(), fixture.place(), access, other.path_of("other.db"),
                                     Catalog::Ownership::kSameOrGone);
    REQUIRE(taken.status().is(Error::kDirectoryTaken));
    CHECK_THAT(taken.status().message(), Catch::Contains("'" + fixture.database_path() + "'"));
    CHECK_THAT(taken.status().message(), Catch::Contains("'" + other.path_of("other.db") + "'"));
  }
  CHECK(Catalog::open(system_env(), fixture.place(), Catalog::Access::kWrite, "",
                      Catalog::Ownership::kSameOrGone)
            .status()
            .is(Error::kDirectoryTaken));
  CHECK(fixture.try_open().ok());
}

TEST_CASE("a directory is another database's even when its catalog was deleted") {
  Fixture fixture;
  fixture.publish("backup-1.sqlite");
  TempDir other;
  write_whole_file(other.path_of("other.db"), database_bytes());
  const auto taken = Catalog::open(system_env(), fixture.place(), Catalog::Access::kWrite,
                                   other.path_of("other.db"), Catalog::Ownership::kSameOrGone);
  CHECK(taken.status().is(Error::kDirectoryTaken));
}

TEST_CASE("another name of the same file is the same database") {
  Fixture fixture;
  fixture.open().reset();
  const std::string alias = fixture.database_path() + ".alias";
  fs::create_hard_link(fixture.database_path(), alias);
  CHECK(Catalog::open(system_env(), fixture.place(), Catalog::Access::kWrite, alias,
                      Catalog::Ownership::kSameOrGone)
            .ok());
}

TEST_CASE("opening a catalog that is in line with its directory writes nothing") {
  Fixture fixture;
  fixture.publish("backup-1.sqlite");
  write_whole_file(fixture.path_of("copied.db"), database_bytes());
  fixture.settle();
  const std::string before = read_whole_file(fixture.path_of("catalog.db"));
  const auto time = fs::last_write_time(fixture.path_of("catalog.db"));
  const auto directory_time = fs::last_write_time(fixture.path());
  for (const auto access : {Catalog::Access::kRead, Catalog::Access::kWrite}) fixture.open(access).reset();
  CHECK(read_whole_file(fixture.path_of("catalog.db")) == before);
  CHECK(fs::last_write_time(fixture.path_of("catalog.db")) == time);
  CHECK(fs::last_write_time(fixture.path()) == directory_time);
}

TEST_CASE("ordinary writes to the catalog leave the directory's modification time alone") {
  Fixture fixture;
  fixture.settle();
  const auto before = fs::last_write_time(fixture.path());
  auto catalog = fixture.open();
  CHECK(catalog->set_setting("a", "1").ok());
  CHECK(catalog->set_setting("a", "2").ok());
  catalog.reset();
  CHECK(fs::last_write_time(fixture.path()) == before);
}

TEST_CASE("in a directory that cannot be written, reading works and writing is refused") {
  if (!privileged()) return;
  Fixture fixture;
  fixture.publish("backup-1.sqlite");
  fixture.mark("backup-1.sqlite", {true, "kept", "{}"});
  bool with_catalog = false;
  SECTION("without a catalog") {}
  SECTION("with a catalog that knows all but the newest") {
    REQUIRE(fixture.open()->set_setting("a", "1").ok());
    with_catalog = true;
  }
  SECTION("with a catalog that is in line with the files") {
    REQUIRE(fixture.open()->set_setting("a", "1").ok());
    fixture.publish("backup-2.sqlite", kNoon + 1);
    fixture.settle();
    with_catalog = true;
  }
  if (!path_exists(fixture.path_of("backup-2.sqlite"))) fixture.publish("backup-2.sqlite", kNoon + 1);
  fs::permissions(fs::path(fixture.path()).parent_path(), fs::perms(0755));
  for (const auto& entry : fs::directory_iterator(fixture.path()))
    fs::permissions(entry.path(), fs::perms(0644));
  fs::permissions(fixture.path(), fs::perms(0555));

  const auto names_before = names_in(fixture.path());
  const int child = fork_child([&] {
    if (!become_nobody()) return 1;
    if (!fixture.try_open(Catalog::Access::kWrite).status().is(Error::kNoPermission)) return 2;
    auto catalog = fixture.try_open(Catalog::Access::kRead);
    if (!catalog.ok()) return 3;
    const auto rows = (*catalog)->list({}, nullptr, 10);
    if (!rows.ok() || rows->size() != 2 || !rows->front().pinned || rows->front().note != "kept") return 4;
    if ((*catalog)->setting("a")->has_value() != with_catalog) return 5;
    // A run that only reads is recorded in memory.
    auto run = (*catalog)->begin_run({});
    if (!run.ok() || !(*catalog)->finish_run(run->id, {}).ok()) return 6;
    return (*catalog)->set_verified("backup-1.sqlite", kNoon).ok() ? 0 : 7;
  });
  CHECK(wait_for(child) == 0);
  CHECK(names_in(fixture.path()) == names_before);
}
