// How the catalog follows what happens to the files of its directory.
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <utility>

#include "catalog/catalog.h"
#include "support/fault_env.h"
#include "unit/catalog/catalog_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;
namespace fs = std::filesystem;
using Names = std::vector<std::string>;

namespace {

// Replaces a file as an editor does: a new one under the old name.
void replace(const std::string& path, const std::string& content) {
  write_whole_file(path + "~", content);
  fs::rename(path + "~", path);
}

void append(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::app | std::ios::binary) << content;
}

// Files on which another process does something at the worst moment of a look at the directory.
class RacingEnv : public FaultEnv {
 public:
  RacingEnv() : FaultEnv(posix_file_env()) {}
  std::function<void()> after_listing = [] {};
  std::function<void()> while_reading = [] {};

  Result<std::vector<DirectoryEntry>> list(const std::string& path) override {
    auto entries = FaultEnv::list(path);
    after_listing();
    return entries;
  }
  Result<std::unique_ptr<ReadableFile>> open(const std::string& path, bool follow) override {
    auto file = FaultEnv::open(path, follow);
    while_reading();
    return file;
  }
};

Names listed_beside(Fixture& fixture, RacingEnv& race) {
  BackupDirectory place(race, fixture.path());
  auto catalog = Catalog::open({&race, &system_clock()}, place, Catalog::Access::kWrite,
                               fixture.database_path(), Catalog::Ownership::kSameOrGone);
  REQUIRE(catalog.ok());
  return listed(**catalog);
}

}  // namespace

TEST_CASE("backups that other processes publish and remove are noticed at once") {
  Fixture fixture;
  fixture.settle();
  auto catalog = fixture.open();
  for (int i = 0; i < 100; ++i) {  // so fast that modification times repeat
    fixture.publish("backup-1.sqlite");
    REQUIRE(listed(*fixture.open()) == Names{"backup-1.sqlite completed"});
    REQUIRE(fixture.place().remove("backup-1.sqlite").ok());
    REQUIRE(listed(*fixture.open(Catalog::Access::kRead)).empty());
  }
}

TEST_CASE("a manifest edited by hand shows a damaged backup") {
  Fixture fixture;
  fixture.publish(fixture.manifest("backup-2025-11-20T10-30-00-000Z.sqlite"));
  fixture.publish("backup-nightly.sqlite");
  const std::string name = GENERATE("backup-2025-11-20T10-30-00-000Z.sqlite", "backup-nightly.sqlite");
  const bool known_before = GENERATE(false, true);
  if (known_before) fixture.settle();
  std::string text = read_whole_file(fixture.path_of(name + ".json"));
  const auto rows = text.find("\"rows\"");
  REQUIRE(rows != std::string::npos);
  text.insert(rows, " ");
  replace(fixture.path_of(name + ".json"), text);

  auto catalog = fixture.open();
  const BackupRecord row = found(*catalog, name);
  CHECK(row.status == "damaged");
  CHECK(row.size == 8192);
  CHECK(!row.sha256);
  CHECK(!row.rows);
  CHECK(row.trigger.empty());
  if (name.starts_with("backup-2025")) CHECK(format_sql_time(row.created_at) == "2025-11-20 10:30:00.000");
  CHECK(row.created_at > 1'700'000'000'000);
  CHECK(catalog->count_restorable()->whole == 1);

  text.erase(rows, 1);
  replace(fixture.path_of(name + ".json"), text);
  CHECK(found(*fixture.open(), name).status == "completed");
}

TEST_CASE("a backup without its data, or with data of another size, is damaged until it is back") {
  Fixture fixture;
  fixture.publish("backup-1.sqlite");
  if (GENERATE(false, true)) fixture.settle();
  fs::rename(fixture.path_of("backup-1.sqlite"), fixture.path_of(".away"));
  CHECK(listed(*fixture.open()) == Names{"backup-1.sqlite damaged"});
  write_whole_file(fixture.path_of("backup-1.sqlite"), "short");
  CHECK(listed(*fixture.open()) == Names{"backup-1.sqlite damaged"});
  fs::rename(fixture.path_of(".away"), fixture.path_of("backup-1.sqlite"));
  CHECK(listed(*fixture.open()) == Names{"backup-1.sqlite completed"});
}

TEST_CASE("a backup whose source was damaged is listed so") {
  Fixture fixture;
  auto manifest = fixture.manifest("backup-1.sqlite");
  manifest.warnings.push_back("row 3 missing from index i");
  fixture.publish(manifest);
  CHECK(listed(*fixture.open()) == Names{"backup-1.sqlite damaged"});
}

TEST_CASE("a backup whose manifest was deleted becomes an imported file, if it is a database at all") {
  Fixture fixture;
  fixture.publish("backup-1.sqlite");
  fixture.settle();
  fs::remove(fixture.path_of("backup-1.sqlite.json"));
  CHECK(listed(*fixture.open()).empty());
  replace(fixture.path_of("backup-1.sqlite"), database_bytes());
  CHECK(found(*fixture.open(), "backup-1.sqlite").trigger == "imported");
}

TEST_CASE("a database that is copied into the directory is listed as imported") {
  Fixture fixture;
  fixture.settle();
  const std::string bytes = database_bytes();
  write_whole_file(fixture.path_of("old ü.db"), bytes);
  write_whole_file(fixture.path_of("notes.txt"), "not a database");
  write_whole_file(fixture.path_of("empty"), "");
  fs::create_symlink("old ü.db", fixture.path_of("link.db"));
  fs::create_directory(fixture.path_of("folder.db"));
  auto catalog = fixture.open();
  CHECK(listed(*catalog) == Names{"old ü.db completed"});
  const BackupRecord row = found(*catalog, "old ü.db");
  CHECK(row.trigger == "imported");
  CHECK(row.format == "sqlite");
  CHECK(row.size == static_cast<std::int64_t>(bytes.size()));
  CHECK(row.database_size == row.size);
  CHECK(row.page_size == 4096);
  CHECK(!row.sha256);
  CHECK(!row.duration);
  CHECK(!row.pinned);
  catalog.reset();
  fs::remove(fixture.path_of("old ü.db"));
  CHECK(listed(*fixture.open()).empty());
}

TEST_CASE("a file that is still being copied grows from look to look") {
  Fixture fixture;
  const std::string bytes = database_bytes();
  write_whole_file(fixture.path_of("arriving.db"), "");
  fixture.settle();
  CHECK(listed(*fixture.open()).empty());
  append(fixture.path_of("arriving.db"), bytes.substr(0, 5000));
  const auto access = GENERATE(Catalog::Access::kRead, Catalog::Access::kWrite);
  {
    auto catalog = fixture.open(access);
    CHECK(listed(*catalog) == Names{"arriving.db damaged"});
    CHECK(found(*catalog, "arriving.db").size == 5000);
  }
  fixture.settle();
  append(fixture.path_of("arriving.db"), bytes.substr(5000));
  auto catalog = fixture.open(access);
  CHECK(listed(*catalog) == Names{"arriving.db completed"});
  CHECK(found(*catalog, "arriving.db").size == static_cast<std::int64_t>(bytes.size()));
}

TEST_CASE("the database itself is no backup of its own, even inside the directory") {
  Fixture fixture;
  const std::string path = fixture.path_of("inside.db");
  write_whole_file(path, database_bytes());
  auto catalog = Catalog::open(system_env(), fixture.place(), Catalog::Access::kWrite, path,
                               Catalog::Ownership::kSameOrGone);
  REQUIRE(catalog.ok());
  CHECK(listed(**catalog).empty());
}

TEST_CASE("looking at an imported file drops no locks on it in this process") {
  Fixture fixture;
  const std::string path = fixture.path_of("open.db");
  write_whole_file(path, database_bytes());
  auto user = Connection::open(path, SQLITE_OPEN_READWRITE);
  REQUIRE(user->execute("BEGIN EXCLUSIVE; DELETE FROM t").ok());
  CHECK(listed(*fixture.open()) == Names{"open.db completed"});
  const int child = fork_child([&] {
    auto other = Connection::open(path, SQLITE_OPEN_READWRITE);
    return other->execute("BEGIN IMMEDIATE").is(Error::kDatabaseBusy) ? 0 : 1;
  });
  CHECK(wait_for(child) == 0);
  CHECK(user->execute("ROLLBACK").ok());
}

TEST_CASE("marks that another process wrote are taken over, and no mark is a verdict") {
  Fixture fixture;
  fixture.publish("backup-1.sqlite");
  {
    auto catalog = fixture.open();
    REQUIRE(catalog->set_verified("backup-1.sqlite", kNoon + 5).ok());
  }
  fixture.mark("backup-1.sqlite", {true, "n", ""});
  auto row = found(*fixture.open(), "backup-1.sqlite");
  CHECK(row.pinned);
  CHECK(row.note == "n");
  CHECK(!row.labels);
  CHECK(row.verified_at == kNoon + 5);

  fs::remove(fixture.path_of("backup-1.sqlite.marks.json"));
  row = found(*fixture.open(), "backup-1.sqlite");
  CHECK(!row.pinned);
  CHECK(!row.note);
  CHECK(row.verified_at == kNoon + 5);
}

TEST_CASE("marks of the catalog's own and those beside the backup end up the same") {
  Fixture fixture;
  fixture.publish("backup-1.sqlite");
  auto catalog = fixture.open();
  const Marks marks{true, "mine", R"({"k":"v"})"};
  fixture.mark("backup-1.sqlite", marks);
  REQUIRE(catalog->set_marks("backup-1.sqlite", marks).ok());
  CHECK(found(*catalog, "backup-1.sqlite").note == "mine");
  fixture.mark("backup-1.sqlite", {false, "theirs", ""});
  CHECK(found(*fixture.open(), "backup-1.sqlite").note == "theirs");
  CHECK(!found(*fixture.open(), "backup-1.sqlite").pinned);
}

TEST_CASE("unreadable marks leave a backup pinned") {
  Fixture fixture;
  fixture.publish("backup-1.sqlite");
  replace(fixture.path_of("backup-1.sqlite.marks.json"), "{}");
  auto catalog = fixture.open();
  CHECK(found(*catalog, "backup-1.sqlite").pinned);
  CHECK(listed(*catalog) == Names{"backup-1.sqlite completed"});
}

TEST_CASE("what a verify found stays until the files change") {
  Fixture fixture;
  fixture.publish("backup-1.sqlite");
  REQUIRE(fixture.open()->set_damaged("backup-1.sqlite").ok());
  fixture.publish("backup-2.sqlite", kNoon + 1);
  CHECK(listed(*fixture.open()) == Names{"backup-1.sqlite damaged", "backup-2.sqlite completed"});
  REQUIRE(fixture.open()->set_verified("backup-1.sqlite", kNoon).ok());
  CHECK(listed(*fixture.open()) == Names{"backup-1.sqlite completed", "backup-2.sqlite completed"});
}

TEST_CASE("leftovers of dead processes are cleared, those of live ones stay") {
  Fixture fixture;
  write_whole_file(fixture.path_of(".backup-1.sqlite.partial"), "dead");
  auto live = fixture.place().begin("backup-2.sqlite");
  REQUIRE(live.ok());
  CHECK(listed(*fixture.open()).empty());
  CHECK(!path_exists(fixture.path_of(".backup-1.sqlite.partial")));
  CHECK(path_exists(fixture.path_of(".backup-2.sqlite.partial")));
}

TEST_CASE("an added backup is a row at once, and a look at the directory changes nothing about it") {
  Fixture fixture;
  auto catalog = fixture.open();
  auto manifest = fixture.manifest("backup-1.sqlite");
  fixture.publish(manifest);
  REQUIRE(catalog->add(manifest).ok());
  REQUIRE(catalog->set_verified("backup-1.sqlite", kNoon).ok());
  const BackupRecord row = found(*catalog, "backup-1.sqlite");
  CHECK(!row.note);
  CHECK(!row.labels);
  CHECK(found(*fixture.open(), "backup-1.sqlite").verified_at == kNoon);
  CHECK(found(*fixture.open(), "backup-1.sqlite").id == row.id);
  REQUIRE(catalog->forget("backup-1.sqlite").ok());
  CHECK(!catalog->find("backup-1.sqlite")->has_value());
}

TEST_CASE("no process loses sight of a backup that another one has just published") {
  Fixture fixture;
  fixture.open().reset();
  const int looker = fork_child([&] {
    ::alarm(60);
    while (!path_exists(fixture.path_of(".stop"))) {
      if (!fixture.try_open(Catalog::Access::kRead).ok()) return 1;
    }
    return 0;
  });
  for (int i = 0; i < 200; ++i) {
    auto manifest = fixture.manifest("backup-" + std::to_string(1000 + i) + ".sqlite", kNoon + i);
    auto catalog = fixture.open();
    fixture.publish(manifest);
    REQUIRE(catalog->add(manifest).ok());
    REQUIRE(catalog->find(manifest.name)->has_value());
    REQUIRE(listed(*fixture.open()).size() == static_cast<std::size_t>(i) + 1);
  }
  write_whole_file(fixture.path_of(".stop"), "");
  CHECK(wait_for(looker) == 0);
}

TEST_CASE("a backup that is removed while a look at it is under way stays removed") {
  Fixture fixture;
  fixture.publish("backup-1.sqlite");
  RacingEnv race;
  race.while_reading = [&] { REQUIRE(fixture.place().remove("backup-1.sqlite").ok()); };
  CHECK(listed_beside(fixture, race).empty());
}

TEST_CASE("a backup that comes back while a look at the directory is under way stays listed") {
  Fixture fixture;
  fixture.publish("backup-1.sqlite");
  fixture.settle();
  REQUIRE(fixture.place().remove("backup-1.sqlite").ok());
  RacingEnv race;
  race.after_listing = [&] {
    if (!path_exists(fixture.path_of("backup-1.sqlite"))) fixture.publish("backup-1.sqlite");
  };
  CHECK(listed_beside(fixture, race) == Names{"backup-1.sqlite completed"});
}

TEST_CASE("what was read of a backup before it got other bytes does not replace its newer row") {
  Fixture fixture;
  fixture.publish("backup-1.sqlite");
  RacingEnv race;
  bool replaced = false;
  race.while_reading = [&] {
    if (std::exchange(replaced, true)) return;
    const auto lock = fixture.place().lock_name("backup-1.sqlite", LockMode::kExclusive);
    const auto pending = fixture.place().begin_replacement("backup-1.sqlite");
    REQUIRE((*pending)->file().append(as_bytes(std::string(8192, 'y'))).ok());
    REQUIRE((*pending)->commit(*write_manifest(fixture.manifest("backup-1.sqlite")), std::nullopt).ok());
    const auto catalog = fixture.open();
    auto row = *catalog->find("backup-1.sqlite");
    row->verified_at = kNoon;
    REQUIRE(catalog->put(*row).ok());
  };
  fs::last_write_time(fixture.path_of("backup-1.sqlite.json"),
                      fs::file_time_type::clock::now() - std::chrono::hours(1));
  CHECK(listed_beside(fixture, race) == Names{"backup-1.sqlite completed"});
  CHECK(replaced);
  CHECK((*fixture.open()->find("backup-1.sqlite"))->verified_at == kNoon);
}
