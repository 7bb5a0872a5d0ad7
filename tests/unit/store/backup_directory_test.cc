#include "store/backup_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include "support/child.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

using Names = std::vector<std::string>;

struct Fixture {
  TempDir temp;
  std::string path = temp.path_of("db-backups");
  BackupDirectory directory{posix_file_env(), path};

  Fixture() { REQUIRE(directory.ensure().ok()); }

  std::string at(const std::string& name) const { return path + "/" + name; }

  void publish(const std::string& name, const std::string& bytes, const std::string& manifest) {
    auto pending = directory.begin(name);
    REQUIRE(pending.ok());
    REQUIRE((*pending)->file().append(as_bytes(bytes)).ok());
    REQUIRE((*pending)->publish(manifest).ok());
  }

  BackupDirectory::Listing listing() {
    auto result = directory.list();
    REQUIRE(result.ok());
    return *result;
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "a name that is not plain is refused everywhere, in readable words") {
  for (const std::string& name : {std::string("../out"), std::string("a\0b", 3), std::string("catalog.db"),
                                  std::string(".x"), std::string()}) {
    CHECK(directory.begin(name).status().is(Error::kBadName));
    CHECK(directory.open_data(name).status().is(Error::kBadName));
    CHECK(directory.read_manifest(name).status().is(Error::kBadName));
    CHECK(directory.read_marks(name).status().is(Error::kBadName));
    CHECK(directory.write_marks(name, "{}").is(Error::kBadName));
    CHECK(directory.remove(name).is(Error::kBadName));
    CHECK(directory.lock_name(name, LockMode::kShared).status().is(Error::kBadName));
  }
  CHECK(directory.open_data("a\n/b").status().message().starts_with("'a?/b' cannot be the name of a backup"));
  CHECK(names_in(path).empty());
}

TEST_CASE_METHOD(Fixture, "a backup exists with its bytes and its manifest once it is published") {
  {
    auto pending = directory.begin("b1.db");
    REQUIRE(pending.ok());
    CHECK((*pending)->name() == "b1.db");
    CHECK((*pending)->partial_path() == at(".b1.db.partial"));
    REQUIRE((*pending)->file().append(as_bytes("bytes")).ok());
    CHECK(listing().backups.empty());
    REQUIRE((*pending)->publish("{}").ok());
    CHECK(listing().backups == Names{"b1.db"});
  }
  CHECK(names_in(path) == Names{".lock", "b1.db", "b1.db.json"});
  CHECK(*directory.read_manifest("b1.db") == "{}");
  CHECK(read_whole_file(directory.path_of("b1.db")) == "bytes");
  const auto data = directory.open_data("b1.db");
  REQUIRE(data.ok());
  CHECK((*data)->info()->size == 5);
  struct stat status;
  for (const char* name : {"b1.db", "b1.db.json", ".lock"}) {
    REQUIRE(::lstat(at(name).c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
  }
}

TEST_CASE_METHOD(Fixture, "a backup that is given up leaves nothing") {
  {
    auto pending = directory.begin("b1.db");
    REQUIRE(pending.ok());
    REQUIRE((*pending)->file().append(as_bytes("half")).ok());
    CHECK(listing().leftovers == Names{"b1.db"});
  }
  CHECK(names_in(path) == Names{".lock"});
  publish("b1.db", "bytes", "{}");
}

TEST_CASE_METHOD(Fixture, "a name that any file has already cannot be begun, and nothing is changed") {
  for (const char* file : {"b.db", "b.db.json", "b.db.marks.json", ".b.db.partial", ".b.db.json.partial",
                           ".b.db.marks.json.partial"}) {
    INFO("file: " << file);
    write_whole_file(at(file), "kept");
    const auto pending = directory.begin("b.db");
    CHECK(pending.status().is(Error::kAlreadyExists));
    CHECK(read_whole_file(at(file)) == "kept");
    REQUIRE(::unlink(at(file).c_str()) == 0);
    REQUIRE(::symlink("nowhere", at(file).c_str()) == 0);
    CHECK(directory.begin("b.db").status().is(Error::kAlreadyExists));
    REQUIRE(::unlink(at(file).c_str()) == 0);
  }
  CHECK(names_in(path) == Names{".lock"});
}

TEST_CASE_METHOD(Fixture, "publishing replaces nothing that has come to stand there meanwhile") {
  for (const char* file : {"b.db", "b.db.json", ".b.db.json.partial"}) {
    INFO("file: " << file);
    auto pending = directory.begin("b.db");
    REQUIRE(pending.ok());
    REQUIRE((*pending)->file().append(as_bytes("bytes")).ok());
    write_whole_file(at(file), "foreign");
    CHECK((*pending)->publish("{}").is(Error::kAlreadyExists));
    CHECK(read_whole_file(at(file)) == "foreign");
    REQUIRE(::unlink(at(file).c_str()) == 0);
  }
}

TEST_CASE_METHOD(Fixture, "a foreign file of the name survives the clearing of a dead backup") {
  {
    auto pending = directory.begin("b.db");
    REQUIRE(pending.ok());
    write_whole_file(at("b.db"), "foreign");
    CHECK((*pending)->publish("{}").is(Error::kAlreadyExists));
  }
  CHECK(names_in(path) == Names{".lock", "b.db"});
  write_whole_file(at(".b.db.partial"), "half");
  write_whole_file(at(".b.db.json.partial"), "{}");
  CHECK(*directory.clear_leftovers(listing()) == Names{"b.db"});
  CHECK(names_in(path) == Names{".lock", "b.db"});
  CHECK(read_whole_file(at("b.db")) == "foreign");
}

TEST_CASE_METHOD(Fixture, "the list tells backups, foreign files and leftovers apart") {
  publish("whole.db", "bytes", "{}");
  write_whole_file(at("no-data.db.json"), "{}");
  write_whole_file(at("foreign.db"), "");
  write_whole_file(at("foreign.json"), "");
  publish("rows.json", "bytes", "{}");
  write_whole_file(at(".dead1.json.partial"), "");
  write_whole_file(at(".dead2.db.json.partial"), "");
  write_whole_file(at("dead2.db"), "");
  write_whole_file(at(".whole.db.marks.json.partial"), "");
  write_whole_file(at(".gone.db.marks.json.partial"), "");
  for (const char* other :
       {"catalog.db", "catalog.db-wal", "whole.db.marks.json", ".hidden", ".job-7", "x.partial", "x.marks"}) {
    write_whole_file(at(other), "");
  }
  REQUIRE(::mkdir(at("directory").c_str(), 0700) == 0);
  REQUIRE(::mkdir(at("directory.json").c_str(), 0700) == 0);
  REQUIRE(::symlink("whole.db", at("link").c_str()) == 0);
  REQUIRE(::symlink("whole.db.json", at("foreign.db.json").c_str()) == 0);
  const auto found = listing();
  CHECK(found.backups == Names{"no-data.db", "rows.json", "whole.db"});
  CHECK(found.foreign == Names{"foreign.db", "foreign.json"});
  CHECK(found.leftovers == Names{"dead1.json", "dead2.db"});
  CHECK(found.stale_partials == Names{"gone.db", "whole.db"});
  CHECK(BackupDirectory(posix_file_env(), path + "-missing").list().status().is(Error::kNoSuchFile));
}

TEST_CASE_METHOD(Fixture,
                 "a backup's name has an ending, so that its manifest is known from a JSON snapshot") {
  CHECK(directory.begin("bare").status().is(Error::kBadName));
  CHECK(names_in(path).empty());
}

TEST_CASE_METHOD(Fixture, "a JSON snapshot is nobody's manifest, whatever lies beside it") {
  write_whole_file(at("golden"), "a database");
  write_whole_file(at("golden.json"), "a snapshot");
  CHECK(manifest_file_of("golden") != "golden.json");
  CHECK(manifest_file_of("golden.json") == "golden.json.json");
  CHECK(listing().foreign == Names{"golden", "golden.json"});
  CHECK(directory.read_manifest("golden").status().is(Error::kManifestDamaged));
  CHECK(directory.remove("golden").ok());
  CHECK(names_in(path) == Names{"golden.json"});
}

TEST_CASE_METHOD(Fixture, "leftovers are cleared, and what stands stays") {
  publish("whole.db", "bytes", "{}");
  write_whole_file(at("foreign.db"), "foreign");
  write_whole_file(at(".dead1.json.partial"), "");
  write_whole_file(at(".dead2.db.json.partial"), "");
  write_whole_file(at("dead2.db"), "");
  write_whole_file(at("dead2.db.marks.json"), "");
  write_whole_file(at(".whole.db.marks.json.partial"), "");
  write_whole_file(at(".whole.db.partial"), "");
  write_whole_file(at(".whole.db.json.partial"), "");
  write_whole_file(at(".foreign.db.marks.json.partial"), "");
  CHECK(*directory.clear_leftovers(listing()) == Names{"dead1.json", "dead2.db"});
  CHECK(names_in(path) == Names{".lock", "foreign.db", "whole.db", "whole.db.json"});
  CHECK(directory.clear_leftovers(listing())->empty());
}

TEST_CASE_METHOD(Fixture, "a backup that was published since the listing is not cleared") {
  write_whole_file(at(".b.db.partial"), "half");
  const auto before = listing();
  REQUIRE(::unlink(at(".b.db.partial").c_str()) == 0);
  publish("b.db", "bytes", "{}");
  CHECK(before.leftovers == Names{"b.db"});
  CHECK(directory.clear_leftovers(before)->empty());
  CHECK(names_in(path) == Names{".lock", "b.db", "b.db.json"});
}

TEST_CASE_METHOD(Fixture, "what a live job holds is not cleared, until it dies") {
  std::unique_ptr<PendingBackup> in_child;
  HoldingChild child([&] {
    auto pending = directory.begin("live.db");
    if (!pending.ok() || !(*pending)->file().append(as_bytes("half")).ok()) return false;
    in_child = std::move(pending).value();
    return true;
  });
  REQUIRE(child.holds());
  CHECK(listing().leftovers == Names{"live.db"});
  CHECK(directory.clear_leftovers(listing())->empty());
  CHECK(path_exists(at(".live.db.partial")));
  CHECK(directory.begin("live.db").status().is(Error::kInUse));
  child.kill();
  CHECK(*directory.clear_leftovers(listing()) == Names{"live.db"});
  CHECK(names_in(path) == Names{".lock"});

  auto pending = directory.begin("own.db");
  REQUIRE(pending.ok());
  CHECK(directory.clear_leftovers(listing())->empty());
  CHECK((*pending)->publish("{}").ok());
}

TEST_CASE_METHOD(Fixture, "removing takes the backup with all that belongs to it, and nothing else") {
  publish("b1.db", "bytes", "{}");
  publish("b10.db", "bytes", "{}");
  REQUIRE(directory.write_marks("b1.db", "{}").ok());
  write_whole_file(at(".b1.db.marks.json.partial"), "");
  CHECK(directory.remove("b1.db").ok());
  CHECK(names_in(path) == Names{".lock", "b10.db", "b10.db.json"});
  CHECK(directory.remove("b1.db").ok());
  CHECK(BackupDirectory(posix_file_env(), path + "-missing").remove("b1.db").ok());
}

TEST_CASE_METHOD(Fixture,
                 "a foreign file, a lone manifest and a lone symbolic link are removed by their names") {
  write_whole_file(temp.path_of("outside"), "kept");
  write_whole_file(at("foreign"), "");
  REQUIRE(directory.write_marks("foreign", "{}").ok());
  write_whole_file(at("lone.db.json"), "{}");
  REQUIRE(::symlink("../outside", at("link").c_str()) == 0);
  for (const char* name : {"foreign", "lone.db", "link"}) CHECK(directory.remove(name).ok());
  CHECK(names_in(path) == Names{".lock"});
  CHECK(read_whole_file(temp.path_of("outside")) == "kept");
}

TEST_CASE_METHOD(Fixture, "no symbolic link below the directory is followed") {
  write_whole_file(temp.path_of("outside"), "secret");
  for (const char* name : {"b.db", "b.db.json", "b.db.marks.json"})
    REQUIRE(::symlink("../outside", at(name).c_str()) == 0);
  CHECK(directory.open_data("b.db").status().is(Error::kNotAnOrdinaryFile));
  CHECK(directory.read_manifest("b.db").status().is(Error::kNotAnOrdinaryFile));
  CHECK(directory.read_marks("b.db").status().is(Error::kNotAnOrdinaryFile));
  CHECK(directory.write_marks("b.db", "mine").ok());
  CHECK(read_whole_file(temp.path_of("outside")) == "secret");
  CHECK(*directory.read_marks("b.db") == "mine");
}

TEST_CASE_METHOD(Fixture, "a planted symbolic link in place of the lock file is refused") {
  REQUIRE(::symlink("../outside", at(".lock").c_str()) == 0);
  CHECK(directory.begin("b.db").status().is(Error::kNotAnOrdinaryFile));
  CHECK(directory.lock_name("b.db", LockMode::kShared).status().is(Error::kNotAnOrdinaryFile));
  CHECK_FALSE(path_exists(temp.path_of("outside")));
}

TEST_CASE_METHOD(Fixture, "the directory itself may be a symbolic link that the user made") {
  REQUIRE(::mkdir(temp.path_of("elsewhere").c_str(), 0700) == 0);
  REQUIRE(::symlink("elsewhere", temp.path_of("link").c_str()) == 0);
  BackupDirectory linked(posix_file_env(), temp.path_of("link"));
  REQUIRE(linked.ensure().ok());
  auto pending = linked.begin("b.db");
  REQUIRE(pending.ok());
  REQUIRE((*pending)->publish("{}").ok());
  CHECK(names_in(temp.path_of("elsewhere")) == Names{".lock", "b.db", "b.db.json"});
}

TEST_CASE("a directory is made for its owner alone, where its parent exists and nothing else stands") {
  TempDir temp;
  BackupDirectory directory(posix_file_env(), temp.path_of("new"));
  REQUIRE(directory.ensure().ok());
  REQUIRE(directory.ensure().ok());
  struct stat status;
  REQUIRE(::stat(temp.path_of("new").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 0700);
  write_whole_file(temp.path_of("file"), "");
  CHECK(BackupDirectory(posix_file_env(), temp.path_of("file")).ensure().is(Error::kNotAnOrdinaryFile));
  CHECK(BackupDirectory(posix_file_env(), temp.path_of("no/new")).ensure().is(Error::kNoSuchFile));
}

TEST_CASE_METHOD(Fixture, "a manifest that is missing or too large is damaged") {
  write_whole_file(at("b.db"), "bytes");
  CHECK(directory.read_manifest("b.db").status().is(Error::kManifestDamaged));
  write_whole_file(at("b.db.json"), "");
  CHECK(directory.read_manifest("b.db")->empty());
  REQUIRE(::truncate(at("b.db.json").c_str(), 64 << 20) == 0);
  CHECK(directory.read_manifest("b.db")->size() == 64 << 20);
  REQUIRE(::truncate(at("b.db.json").c_str(), (64 << 20) + 1) == 0);
  CHECK(directory.read_manifest("b.db").status().is(Error::kManifestDamaged));
  CHECK(directory.open_data("missing").status().is(Error::kNoSuchFile));
}

TEST_CASE_METHOD(Fixture, "marks are replaced as a whole, past what a dead writer left") {
  publish("b.db", "bytes", "{}");
  CHECK(directory.read_marks("b.db").status().is(Error::kNoSuchFile));
  write_whole_file(at(".b.db.marks.json.partial"), "half");
  CHECK(directory.write_marks("b.db", "first, and longer").ok());
  CHECK(*directory.read_marks("b.db") == "first, and longer");
  CHECK(directory.write_marks("b.db", "second").ok());
  CHECK(*directory.read_marks("b.db") == "second");
  CHECK(names_in(path) == Names{".lock", "b.db", "b.db.json", "b.db.marks.json"});
  CHECK(directory.write_marks("missing", "{}").is(Error::kNoSuchBackup));
}

TEST_CASE_METHOD(Fixture, "marks may be written while the backup is read") {
  publish("b.db", "bytes", "{}");
  const auto reader = directory.lock_name("b.db", LockMode::kShared);
  REQUIRE(reader.ok());
  CHECK(directory.write_marks("b.db", "{}").ok());
}

TEST_CASE_METHOD(Fixture,
                 "readers of a name go together and exclude its writer, here and in other processes") {
  auto reader = directory.lock_name("b.db", LockMode::kShared);
  REQUIRE(reader.ok());
  CHECK(directory.lock_name("b.db", LockMode::kShared).ok());
  const auto refused = directory.lock_name("b.db", LockMode::kExclusive);
  CHECK(refused.status().is(Error::kInUse));
  CHECK(refused.status().message().starts_with("the backup 'b.db' is being made, read or deleted"));
  CHECK(directory.begin("b.db").status().is(Error::kInUse));
  CHECK(directory.lock_name("c.db", LockMode::kExclusive).ok());
  CHECK(run_in_child([&] {
          if (directory.lock_name("b.db", LockMode::kExclusive).ok()) return 1;
          return directory.lock_name("b.db", LockMode::kShared).ok() ? 0 : 2;
        }) == 0);
  reader->reset();
  CHECK(directory.lock_name("b.db", LockMode::kExclusive).ok());
}

TEST_CASE_METHOD(Fixture, "a job holds many names at once, and lets go of each or of all") {
  auto reader = directory.lock_name("read", LockMode::kShared);
  REQUIRE(reader.ok());
  {
    NameLocks locks(posix_file_env(), path);
    for (int i = 0; i < 2000; ++i) REQUIRE(locks.lock("b" + std::to_string(i)).ok());
    const Status refused = locks.lock("read");
    CHECK(refused.is(Error::kInUse));
    CHECK(refused.message().starts_with("the backup 'read' is being made, read or deleted"));
    CHECK(directory.lock_name("b7", LockMode::kShared).status().is(Error::kInUse));
    CHECK(run_in_child([&] { return directory.lock_name("b1999", LockMode::kShared).ok() ? 1 : 0; }) == 0);
    locks.unlock("b7");
    CHECK(directory.lock_name("b7", LockMode::kShared).ok());
    CHECK(directory.lock_name("b8", LockMode::kShared).status().is(Error::kInUse));
  }
  CHECK(directory.lock_name("b8", LockMode::kExclusive).ok());
}

TEST_CASE_METHOD(Fixture, "a run is alive exactly while its lock is held, and no name's lock is in its way") {
  auto run = directory.lock_run(1);
  REQUIRE(run.ok());
  CHECK(directory.lock_run(1).status().is(Error::kInUse));
  CHECK(directory.lock_run(2).ok());
  CHECK(directory.lock_name("1", LockMode::kExclusive).ok());
  run->reset();
  std::unique_ptr<FileLock> in_child;
  HoldingChild child([&] {
    auto held = directory.lock_run(1);
    if (held.ok()) in_child = std::move(held).value();
    return in_child != nullptr;
  });
  REQUIRE(child.holds());
  CHECK(directory.lock_run(1).status().is(Error::kInUse));
  child.kill();
  CHECK(directory.lock_run(1).ok());
}

TEST_CASE_METHOD(Fixture, "in a directory that cannot be written backups are read, and nothing else") {
  publish("b.db", "bytes", "{}");
  REQUIRE(::chmod(temp.path().c_str(), 0755) == 0);
  for (const char* name : {"b.db", "b.db.json"}) REQUIRE(::chmod(at(name).c_str(), 0644) == 0);
  REQUIRE(::chmod(path.c_str(), 0555) == 0);
  const auto check = [&] {
    if (!directory.ensure().ok()) return 1;
    if (directory.list()->backups != Names{"b.db"}) return 2;
    if (!directory.lock_name("b.db", LockMode::kShared).ok()) return 3;
    if (!directory.lock_name("b.db", LockMode::kExclusive).status().is(Error::kNoPermission)) return 4;
    if (!directory.open_data("b.db").ok() || !directory.read_manifest("b.db").ok()) return 5;
    if (!directory.begin("c.db").status().is(Error::kNoPermission)) return 6;
    if (!directory.write_marks("b.db", "{}").is(Error::kNoPermission)) return 7;
    if (!directory.remove("b.db").is(Error::kNoPermission)) return 8;
    return directory.clear_leftovers(*directory.list()).ok() ? 0 : 9;
  };
  CHECK(run_unprivileged(check) == 0);  // the lock file is there, not to be opened by others
  REQUIRE(::unlink(at(".lock").c_str()) == 0);
  CHECK(run_unprivileged(check) == 0);
  CHECK(names_in(path) == Names{"b.db", "b.db.json"});
  REQUIRE(::chmod(path.c_str(), 0700) == 0);
}
