#include "service/database.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) { ::setenv(name, value.c_str(), 1); }
  ~Variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

Connection client(const std::string& file) {
  auto connection = Connection::open(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI);
  REQUIRE(connection.ok());
  return std::move(*connection);
}

Connection client_with_table(const std::string& file) {
  Connection connection = client(file);
  REQUIRE(connection.execute("CREATE TABLE IF NOT EXISTS t(x)").ok());
  return connection;
}

std::string value_of(const Result<SettingValue>& setting) {
  if (!setting.ok()) return setting.status().to_string();
  return setting->value.value_or("NULL") + " (" + setting->source + ")";
}

// Runs `body` in a forked child and returns its exit code.
template <typename Body>
int in_child(Body body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

bool privileged() { return ::geteuid() == 0; }

}  // namespace

TEST_CASE("a session knows the file of each attached database, links resolved") {
  TempDir dir;
  Connection app = client_with_table(dir.path_of("app.db"));
  std::filesystem::create_symlink(dir.path_of("app.db"), dir.path_of("link.db"));
  Connection through_link = client(dir.path_of("link.db"));
  REQUIRE(through_link
              .execute("ATTACH '" + dir.path_of("other ü '' x.db") +
                       "' AS other; ATTACH ':memory:' AS mem;"
                       "CREATE TABLE other.t(x)")
              .ok());
  sqlite3_busy_timeout(through_link.handle(), 60'000);
  Session session(system_env(), through_link.handle());

  const auto main = session.attached("main");
  REQUIRE(main.ok());
  CHECK(main->database->path() == dir.path_of("app.db"));
  CHECK(main->source.path == dir.path_of("app.db"));
  CHECK(main->source.vfs == "unix");
  CHECK(main->source.connection == through_link.handle());
  CHECK(main->source.busy_timeout_ms == 60'000);
  CHECK(session.attached("MAIN")->database == main->database);
  CHECK(session.attached("other")->source.path == dir.path_of("other ü ' x.db"));
  CHECK(session.attached("mem")->source.path.empty());
  CHECK(session.attached("temp")->source.path.empty());
  CHECK(session.attached("mem")->database != session.attached("temp")->database);
  CHECK(session.attached("mem")->database == session.attached("Mem")->database);
}

TEST_CASE("a schema that is not attached is refused with a list of those that are") {
  TempDir dir;
  Connection app = client_with_table(dir.path_of("app.db"));
  REQUIRE(app.execute("ATTACH ':memory:' AS side").ok());
  Session session(system_env(), app.handle());
  const auto missing = session.attached("nope");
  REQUIRE(missing.status().is(Error::kNoSuchDatabase));
  CHECK(missing.status().message() == "no database is attached as 'nope'; there are: main, side");
}

TEST_CASE("a caller with a short busy timeout still waits five seconds for locks") {
  Connection memory = client(":memory:");
  Session session(system_env(), memory.handle());
  CHECK(session.attached("main")->source.busy_timeout_ms == 5000);
}

TEST_CASE("a shared in-memory database whose name looks like a path has no file") {
  Connection shared = client("file:/sqbackup-test?vfs=memdb");
  Session session(system_env(), shared.handle());
  CHECK(session.attached("main")->source.path.empty());
}

TEST_CASE("another database file must exist as a regular file, named by its plain path") {
  TempDir dir;
  Connection app = client_with_table(dir.path_of("app.db"));
  Connection other = client_with_table(dir.path_of("other.db"));
  std::filesystem::create_symlink("nowhere", dir.path_of("dangling"));
  Session session(system_env(), app.handle());

  CHECK(session.file(dir.path_of("missing.db")).status().is(Error::kNoSuchDatabase));
  CHECK(session.file(dir.path_of("no/such/dir.db")).status().is(Error::kNoSuchDatabase));
  CHECK(session.file(dir.path_of("dangling")).status().is(Error::kNoSuchDatabase));
  CHECK(session.file(dir.path()).status().is(Error::kNotAnOrdinaryFile));
  CHECK(session.file("").status().is(Error::kBadArgument));
  CHECK(session.file("file:" + dir.path_of("other.db")).status().is(Error::kBadArgument));

  const auto target = session.file(dir.path_of("../" + file_name_of(dir.path()) + "/other.db"));
  REQUIRE(target.ok());
  CHECK(target->source.path == dir.path_of("other.db"));
  CHECK(target->source.connection == nullptr);
  CHECK(target->source.schema == "main");
}

TEST_CASE("a file that is attached already is the attached schema") {
  TempDir dir;
  Connection app = client_with_table(dir.path_of("app.db"));
  REQUIRE(app.execute("ATTACH '" + dir.path_of("other.db") + "' AS side; CREATE TABLE side.t(x)").ok());
  Session session(system_env(), app.handle());
  const auto target = session.file(dir.path_of("other.db"));
  REQUIRE(target.ok());
  CHECK(target->source.schema == "side");
  CHECK(target->source.connection == app.handle());
}

TEST_CASE("a relative path starts at the current directory") {
  TempDir dir;
  Connection app = client_with_table(dir.path_of("app.db"));
  Session session(system_env(), app.handle());
  const int code = in_child([&] {
    Session own(system_env(), app.handle());
    if (::chdir(dir.path().c_str()) != 0) return 1;
    const auto target = own.file("./app.db");
    return target.ok() && target->source.path == dir.path_of("app.db") ? 0 : 2;
  });
  CHECK(code == 0);
}

TEST_CASE("connections to one file share one engine, and the last one takes it away") {
  TempDir dir;
  REQUIRE(Database::live_count() == 0);
  Connection first = client_with_table(dir.path_of("app.db"));
  Connection second = client(dir.path_of("app.db"));
  {
    Session one(system_env(), first.handle());
    const Database* engine = one.attached("main")->database.get();
    {
      Session two(system_env(), second.handle());
      CHECK(two.attached("main")->database.get() == engine);
      Connection other = client_with_table(dir.path_of("other.db"));
      REQUIRE(two.file(dir.path_of("other.db")).ok());
      CHECK(Database::live_count() == 2);
    }
    CHECK(Database::live_count() == 1);
    CHECK(one.attached("main")->database.get() == engine);
  }
  CHECK(Database::live_count() == 0);
}

TEST_CASE("an engine outlives its session while somebody works with it") {
  TempDir dir;
  Connection app = client_with_table(dir.path_of("app.db"));
  auto session = std::make_unique<Session>(system_env(), app.handle());
  auto target = session->attached("main");
  session.reset();
  CHECK(Database::live_count() == 1);
  CHECK(target->database->path() == dir.path_of("app.db"));
  target = Status(Error::kInternal, "let go");
  CHECK(Database::live_count() == 0);
}

TEST_CASE("sessions that come and go on many threads end with no engine") {
  TempDir dir;
  { Connection app = client_with_table(dir.path_of("app.db")); }
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 200; ++round) {
        auto connection = Connection::open(dir.path_of("app.db"), SQLITE_OPEN_READWRITE);
        Session session(system_env(), connection->handle());
        static_cast<void>(session.attached("main"));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(Database::live_count() == 0);
}

TEST_CASE("a forked child is told so, and has engines of its own for connections of its own") {
  TempDir dir;
  Connection app = client_with_table(dir.path_of("app.db"));
  auto session = std::make_unique<Session>(system_env(), app.handle());
  REQUIRE(session->attached("main").ok());
  REQUIRE(session->check().ok());
  const std::weak_ptr<Database> parents = session->attached("main")->database;
  const int code = in_child([&] {
    if (!session->check().is(Error::kForked)) return 1;
    if (!session->attached("main").status().is(Error::kForked)) return 2;
    if (!session->file(dir.path_of("app.db")).status().is(Error::kForked)) return 3;
    if (Database::live_count() != 0) return 4;
    session.reset();
    if (parents.expired()) return 7;  // left behind, not torn down
    auto own = Connection::open(dir.path_of("app.db"), SQLITE_OPEN_READWRITE);
    {
      Session fresh(system_env(), own->handle());
      if (!fresh.attached("main").ok() || Database::live_count() != 1) return 5;
    }
    return Database::live_count() == 0 ? 0 : 6;
  });
  CHECK(code == 0);
  CHECK(session->check().ok());
  CHECK(Database::live_count() == 1);
}

TEST_CASE("a child forked while another thread uses the registry does not hang") {
  TempDir dir;
  { Connection app = client_with_table(dir.path_of("app.db")); }
  std::atomic<bool> stop{false};
  std::thread busy([&] {
    while (!stop) static_cast<void>(shared_database(system_env(), dir.path_of("app.db")));
  });
  int failed = 0;
  for (int i = 0; i < 100; ++i) {
    failed += in_child([&] {
      ::alarm(10);
      return shared_database(system_env(), "/nowhere/x.db") != nullptr && Database::live_count() == 1 ? 0 : 1;
    });
  }
  stop = true;
  busy.join();
  CHECK(failed == 0);
}

TEST_CASE("reading settings makes no directory and no catalog") {
  TempDir dir;
  Database database(system_env(), dir.path_of("app.db"));
  CHECK(value_of(database.setting("allow_restore")) == "off (default)");
  CHECK(value_of(database.setting("row_counts")) == "on (default)");
  CHECK(value_of(database.setting("directory")) == dir.path_of("app.db-backups") + " (default)");
  CHECK(database.setting("nope").status().is(Error::kBadSetting));
  CHECK(names_in(dir.path()).empty());
}

TEST_CASE("forgetting a setting that was never stored makes nothing either") {
  TempDir dir;
  Database database(system_env(), dir.path_of("app.db"));
  CHECK(value_of(database.set_setting("allow_restore", std::nullopt)) == "off (default)");
  CHECK(value_of(database.set_setting("directory", std::nullopt)) ==
        dir.path_of("app.db-backups") + " (default)");
  CHECK(names_in(dir.path()).empty());
}

TEST_CASE("a stored setting precedes the environment, which precedes the default") {
  TempDir dir;
  Database database(system_env(), dir.path_of("app.db"));
  Variable variable("SQBACKUP_ALLOW_RESTORE", "YES");
  CHECK(value_of(database.setting("allow_restore")) == "on (environment)");
  CHECK(value_of(database.set_setting("allow_restore", "0")) == "off (stored)");
  Database same(system_env(), dir.path_of("app.db"));
  CHECK(value_of(same.setting("allow_restore")) == "off (stored)");
  CHECK(value_of(same.set_setting("allow_restore", std::nullopt)) == "on (environment)");
}

TEST_CASE("an illegal value is refused wherever it comes from, and nothing is stored") {
  TempDir dir;
  Database database(system_env(), dir.path_of("app.db"));
  CHECK(database.set_setting("format", "tar").status().is(Error::kBadSetting));
  CHECK(names_in(dir.path()).empty());
  Variable variable("SQBACKUP_FORMAT", "tar");
  CHECK_THAT(database.setting("format").status().message(), Catch::Contains("SQBACKUP_FORMAT"));
}

TEST_CASE("the environment's directory is the parent of one directory for each database") {
  TempDir dir;
  Variable variable("BACKUP_LOCAL_PATH", dir.path_of("all") + "/");
  Database database(system_env(), dir.path_of("app.db"));
  CHECK(value_of(database.setting("directory")) == dir.path_of("all/app.db-backups") + " (environment)");
  CHECK(database.directory()->path() == dir.path_of("all/app.db-backups"));
}

TEST_CASE("two databases of one name do not mix in the environment's directory") {
  TempDir dir;
  for (const char* part : {"a", "b", "all"}) std::filesystem::create_directory(dir.path_of(part));
  Connection a = client_with_table(dir.path_of("a/app.db"));
  Connection b = client_with_table(dir.path_of("b/app.db"));
  Variable variable("SQBACKUP_DIRECTORY", dir.path_of("all"));
  Database first(system_env(), dir.path_of("a/app.db"));
  Database second(system_env(), dir.path_of("b/app.db"));
  auto place = first.directory();
  REQUIRE(first.open_catalog(*place, Catalog::Access::kWrite).ok());
  CHECK(second.open_catalog(*place, Catalog::Access::kWrite).status().is(Error::kDirectoryTaken));
}

TEST_CASE("a directory that was set is found again from the database alone, and settings move along") {
  TempDir dir;
  Connection app = client_with_table(dir.path_of("app.db"));
  {
    Database database(system_env(), dir.path_of("app.db"));
    REQUIRE(database.set_setting("allow_restore", "on").ok());
    CHECK(value_of(database.set_setting("directory", dir.path_of("elsewhere/"))) ==
          dir.path_of("elsewhere") + " (stored)");
    CHECK(value_of(database.setting("allow_restore")) == "on (stored)");
  }
  Database again(system_env(), dir.path_of("app.db"));
  CHECK(value_of(again.setting("directory")) == dir.path_of("elsewhere") + " (stored)");
  CHECK(value_of(again.setting("allow_restore")) == "on (stored)");
  CHECK(names_in(dir.path_of("elsewhere")).size() >= 1);

  SECTION("settings that the new directory has already stay as they are") {
    REQUIRE(again.set_setting("row_counts", "off").ok());
    REQUIRE(again.set_setting("allow_restore", "off").ok());
    REQUIRE(again.set_setting("directory", dir.path_of("app.db-backups")).ok());
    CHECK(value_of(again.setting("directory")) == dir.path_of("app.db-backups") + " (default)");
    CHECK(value_of(again.setting("allow_restore")) == "on (stored)");
    CHECK(value_of(again.setting("row_counts")) == "off (stored)");
  }
  SECTION("forgetting it returns to the default with all settings") {
    REQUIRE(again.set_setting("row_counts", "off").ok());
    CHECK(value_of(again.set_setting("directory", std::nullopt)) ==
          dir.path_of("app.db-backups") + " (default)");
    CHECK(value_of(again.setting("row_counts")) == "off (stored)");
  }
}

TEST_CASE("a directory that cannot be used is refused and nothing changes") {
  TempDir dir;
  Connection app = client_with_table(dir.path_of("app.db"));
  Connection other = client_with_table(dir.path_of("other.db"));
  Database database(system_env(), dir.path_of("app.db"));
  write_whole_file(dir.path_of("file"), "x");
  CHECK(database.set_setting("directory", dir.path_of("no/such/parent")).status().is(Error::kNoSuchFile));
  CHECK(database.set_setting("directory", dir.path_of("file")).status().is(Error::kNotAnOrdinaryFile));
  Database neighbour(system_env(), dir.path_of("other.db"));
  REQUIRE(neighbour.set_setting("directory", dir.path_of("taken")).ok());
  CHECK(database.set_setting("directory", dir.path_of("taken")).status().is(Error::kDirectoryTaken));
  CHECK(value_of(database.setting("directory")) == dir.path_of("app.db-backups") + " (default)");
  CHECK(!path_exists(dir.path_of("app.db-backups")));
}

TEST_CASE("a database without a file has a directory only once one is set, for the session") {
  TempDir dir;
  Database memory(system_env(), "");
  CHECK(memory.setting("directory").status().is(Error::kNoDirectory));
  CHECK(memory.directory().status().is(Error::kNoDirectory));
  CHECK(memory.set_setting("allow_restore", "on").status().is(Error::kNoDirectory));
  CHECK(value_of(memory.setting("allow_restore")) == "off (default)");
  CHECK(value_of(memory.set_setting("directory", dir.path_of("mem"))) == dir.path_of("mem") + " (session)");
  CHECK(value_of(memory.set_setting("allow_restore", "on")) == "on (stored)");
  CHECK(value_of(memory.set_setting("directory", std::nullopt)) == "NULL (default)");
  CHECK(memory.directory().status().is(Error::kNoDirectory));
}

TEST_CASE("where nothing can be stored beside the database, its directory holds for the session") {
  if (!privileged()) return;  // only root may become somebody without permission
  TempDir dir;
  std::filesystem::create_directories(dir.path_of("ro"));
  std::filesystem::create_directories(dir.path_of("open"));
  { Connection app = client_with_table(dir.path_of("ro/app.db")); }
  for (const char* part : {"", "/ro", "/open"}) {
    std::filesystem::permissions(dir.path() + part,
                                 std::filesystem::perms(std::string(part) == "/open" ? 0777 : 0755));
  }
  const int code = in_child([&] {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) return 1;
    Database database(system_env(), dir.path_of("ro/app.db"));
    const auto set = database.set_setting("directory", dir.path_of("open/backups"));
    if (value_of(set) != dir.path_of("open/backups") + " (session)") return 2;
    if (value_of(database.set_setting("allow_restore", "on")) != "on (stored)") return 3;
    if (value_of(database.set_setting("directory", std::nullopt)) !=
        dir.path_of("ro/app.db-backups") + " (default)")
      return 4;
    return value_of(database.setting("allow_restore")) == "off (default)" ? 0 : 5;
  });
  CHECK(code == 0);
}

TEST_CASE("a secret is in the session or the environment, and in no file") {
  TempDir dir;
  const std::string secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const std::string url = "smtp://me:OpenSesame@mail.example.com";
  {
    Connection app = client_with_table(dir.path_of("app.db"));
    Session session(system_env(), app.handle());
    auto database = session.attached("main")->database;
    REQUIRE(database->set_setting("mail_to", "a@example.com").ok());
    CHECK(value_of(database->set_setting("webhook_secret", secret)) == secret + " (session)");
    CHECK(value_of(database->set_setting("smtp_url", url)) == url + " (session)");
    CHECK(database->set_setting("smtp_url", "smtp://me:OpenSesame@").status().is(Error::kBadSetting));
    CHECK(value_of(database->setting("smtp_url")) == url + " (session)");  // what is refused changes nothing
    const Variable variable("SQBACKUP_SMTP_URL", "smtp://other.example.com");
    CHECK(value_of(database->setting("smtp_url")) == url + " (session)");
    CHECK(value_of(database->set_setting("smtp_url", std::nullopt)) ==
          "smtp://other.example.com (environment)");
    REQUIRE(database->set_setting("directory", dir.path_of("elsewhere")).ok());
    CHECK(value_of(database->setting("webhook_secret")) == secret + " (session)");
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir.path())) {
    if (!entry.is_regular_file()) continue;
    INFO(entry.path());
    const std::string bytes = read_whole_file(entry.path());
    CHECK(bytes.find(secret) == std::string::npos);
    CHECK(bytes.find("OpenSesame") == std::string::npos);
  }
  Connection again = client(dir.path_of("app.db"));
  Session session(system_env(), again.handle());
  CHECK(value_of(session.attached("main")->database->setting("webhook_secret")) == "NULL (default)");
  CHECK(value_of(session.attached("main")->database->setting("mail_to")) == "a@example.com (stored)");
}
