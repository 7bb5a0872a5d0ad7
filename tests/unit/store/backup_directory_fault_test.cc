// Every file operation of every step of a backup directory fails once, or from then on.
#include <functional>

#include "store/backup_directory.h"
#include "support/fault_env.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

using Names = std::vector<std::string>;

Status back_up(BackupDirectory& directory, const std::string& name, std::string_view bytes) {
  SQB_TRY(directory.ensure());
  SQB_ASSIGN(auto pending, directory.begin(name));
  SQB_TRY(pending->file().append(as_bytes(bytes)));
  return pending->publish("manifest of " + name);
}

Status clear(BackupDirectory& directory) {
  SQB_ASSIGN(const auto listing, directory.list());
  SQB_ASSIGN(const auto cleared, directory.clear_leftovers(listing));
  return {};
}

// Runs `operation` in a directory that `prepare` has made, with each of its file operations failing in turn,
// and then `check`, which also gets what the operation returned.
void with_every_fault(bool sticky, const std::function<void(BackupDirectory&)>& prepare,
                      const std::function<Status(BackupDirectory&)>& operation,
                      const std::function<void(BackupDirectory&, const Status&)>& check) {
  for (std::uint64_t n = 1;; ++n) {
    TempDir temp;
    BackupDirectory plain(posix_file_env(), temp.path_of("backups"));
    prepare(plain);
    FaultEnv env(posix_file_env());
    env.inject(
        {.nth = n, .error_number = n % 2 == 0 ? EIO : ENOSPC, .sticky = sticky, .short_write = n % 3 == 0});
    BackupDirectory faulty(env, plain.path());
    const Status status = operation(faulty);
    INFO("operation " << n << " failed, the whole returned " << status.to_string());
    if (!env.fired()) {
      REQUIRE(status.ok());
      REQUIRE(n > 3);
      return;
    }
    check(plain, status);
  }
}

void prepare_nothing(BackupDirectory&) {}

void prepare_backup(BackupDirectory& directory) {
  REQUIRE(back_up(directory, "b.db", "bytes").ok());
  REQUIRE(directory.write_marks("b.db", "old marks").ok());
}

bool is_whole(BackupDirectory& directory) {
  return *directory.read_manifest("b.db") == "manifest of b.db" &&
         read_whole_file(directory.path_of("b.db")) == "bytes";
}

Names names_of(BackupDirectory& directory) {
  Names names = names_in(directory.path());
  std::erase(names, ".lock");
  return names;
}

}  // namespace

TEST_CASE("a backup of which one step failed is an error, and leaves nothing") {
  with_every_fault(
      false, prepare_nothing, [](BackupDirectory& directory) { return back_up(directory, "b.db", "bytes"); },
      [](BackupDirectory& directory, const Status& status) {
        CHECK_FALSE(status.ok());
        if (path_exists(directory.path())) CHECK(names_of(directory).empty());
        CHECK(back_up(directory, "b.db", "bytes").ok());
      });
}

TEST_CASE("a backup that may not survive is off the list again when publishing returns") {
  TempDir temp;
  FaultEnv env(posix_file_env());
  BackupDirectory directory(env, temp.path_of("backups"));
  REQUIRE(directory.ensure().ok());
  auto pending = directory.begin("b.db");
  REQUIRE(pending.ok());
  env.inject({.kind = FileOp::kSyncDirectory, .nth = 3});
  CHECK((*pending)->publish("{}").is(Error::kIoError));
  CHECK(env.fired());
  CHECK(directory.list()->backups.empty());
  CHECK(names_of(directory) == Names{".b.db.json.partial", "b.db"});
  pending->reset();
  CHECK(names_of(directory).empty());
}

TEST_CASE("a backup is never listed half, even where clearing up fails too") {
  with_every_fault(
      true, prepare_nothing, [](BackupDirectory& directory) { return back_up(directory, "b.db", "bytes"); },
      [](BackupDirectory& directory, const Status& status) {
        CHECK_FALSE(status.ok());
        REQUIRE(directory.ensure().ok());
        REQUIRE(clear(directory).ok());
        const auto listing = directory.list();
        CHECK(listing->foreign.empty());
        CHECK(listing->leftovers.empty());
        // Listed at all only if the very last step failed, and could not be undone.
        if (listing->backups.empty()) {
          CHECK(names_of(directory).empty());
        } else {
          CHECK(is_whole(directory));
        }
      });
}

TEST_CASE("a removal of which a step failed leaves the backup whole or off the list, and can be repeated") {
  for (bool sticky : {false, true}) {
    with_every_fault(
        sticky, prepare_backup, [](BackupDirectory& directory) { return directory.remove("b.db"); },
        [](BackupDirectory& directory, const Status& status) {
          CHECK_FALSE(status.ok());
          const auto listing = directory.list();
          CHECK(listing->foreign.empty());
          if (!listing->backups.empty()) CHECK(is_whole(directory));
          CHECK(directory.remove("b.db").ok());
          CHECK(names_of(directory).empty());
        });
  }
}

TEST_CASE("after a removal of which a step failed, clearing leaves all or nothing of the backup") {
  for (bool sticky : {false, true}) {
    with_every_fault(
        sticky, prepare_backup, [](BackupDirectory& directory) { return directory.remove("b.db"); },
        [](BackupDirectory& directory, const Status&) {
          REQUIRE(clear(directory).ok());
          if (directory.list()->backups.empty()) {
            CHECK(names_of(directory).empty());
          } else {
            CHECK(is_whole(directory));
          }
        });
  }
}

TEST_CASE("a foreign file whose removal failed is still there, or wholly gone") {
  const auto prepare = [](BackupDirectory& directory) {
    REQUIRE(directory.ensure().ok());
    write_whole_file(directory.path_of("b.db"), "bytes");
    REQUIRE(directory.write_marks("b.db", "old marks").ok());
  };
  with_every_fault(
      true, prepare, [](BackupDirectory& directory) { return directory.remove("b.db"); },
      [](BackupDirectory& directory, const Status&) {
        REQUIRE(clear(directory).ok());
        const Names names = names_of(directory);
        CHECK((names.empty() || names == Names{"b.db"} || names == Names{"b.db", "b.db.marks.json"}));
      });
}

TEST_CASE("marks of which a step failed are the old or the new ones") {
  for (bool sticky : {false, true}) {
    with_every_fault(
        sticky, prepare_backup,
        [](BackupDirectory& directory) { return directory.write_marks("b.db", "new marks, and longer"); },
        [](BackupDirectory& directory, const Status& status) {
          CHECK_FALSE(status.ok());
          const std::string marks = *directory.read_marks("b.db");
          CHECK((marks == "old marks" || marks == "new marks, and longer"));
          CHECK(is_whole(directory));
          REQUIRE(clear(directory).ok());
          CHECK(names_of(directory) == Names{"b.db", "b.db.json", "b.db.marks.json"});
        });
  }
}

TEST_CASE("a clearing of which a step failed takes nothing that stands, and can be repeated") {
  const auto prepare = [](BackupDirectory& directory) {
    prepare_backup(directory);
    for (const char* name : {".dead.db.partial", ".gone.db.json.partial", "gone.db", "gone.db.marks.json",
                             ".b.db.marks.json.partial"}) {
      write_whole_file(directory.path_of(name), "");
    }
  };
  for (bool sticky : {false, true}) {
    with_every_fault(sticky, prepare, clear, [](BackupDirectory& directory, const Status&) {
      CHECK(directory.list()->backups == Names{"b.db"});
      CHECK(directory.list()->foreign.empty());
      CHECK(is_whole(directory));
      REQUIRE(clear(directory).ok());
      CHECK(names_of(directory) == Names{"b.db", "b.db.json", "b.db.marks.json"});
    });
  }
}

TEST_CASE("reading that fails is an error, never a shorter text") {
  with_every_fault(
      false, prepare_backup,
      [](BackupDirectory& directory) {
        SQB_ASSIGN(const std::string manifest, directory.read_manifest("b.db"));
        if (manifest != "manifest of b.db") return Status(Error::kInternal, "wrong manifest");
        SQB_ASSIGN(const std::string marks, directory.read_marks("b.db"));
        return marks == "old marks" ? Status() : Status(Error::kInternal, "wrong marks");
      },
      [](BackupDirectory&, const Status& status) {
        CHECK_FALSE(status.ok());
        CHECK_FALSE(status.is(Error::kInternal));
      });
}
