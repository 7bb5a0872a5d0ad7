// A backup directory with a catalog, for the tests of catalog/.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "catalog/catalog.h"
#include "support/temp_dir.h"
#include "support/test.h"

namespace sqbackup_test {

inline constexpr sqbackup::UnixMillis kNoon = 1'763'640'000'000;  // 2025-11-20 12:00:00 UTC

// The content of a small database.
inline std::string database_bytes() {
  TempDir dir;
  {
    auto connection =
        sqbackup::Connection::open(dir.path_of("x.db"), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    REQUIRE(connection.ok());
    REQUIRE(connection->execute("CREATE TABLE t(x); INSERT INTO t VALUES (zeroblob(20000))").ok());
  }
  return read_whole_file(dir.path_of("x.db"));
}

// What another sqbackup process does: makes backups, changes marks, beside any catalog.
class Fixture {
 public:
  using Access = sqbackup::Catalog::Access;

  Fixture()
      : database_path_(dir_.path_of("app.db")),
        place_(sqbackup::posix_file_env(), dir_.path_of("app.db-backups")) {
    write_whole_file(database_path_, database_bytes());
    REQUIRE(place_.ensure().ok());
  }

  const std::string& path() const { return place_.path(); }
  std::string path_of(std::string_view name) const { return path() + "/" + std::string(name); }
  const std::string& database_path() const { return database_path_; }
  sqbackup::BackupDirectory& place() { return place_; }

  sqbackup::Manifest manifest(const std::string& name, sqbackup::UnixMillis created_at = kNoon) const {
    sqbackup::Manifest manifest;
    manifest.tool_version = "0.1.0";
    manifest.name = name;
    manifest.database_id = "0f8fad5b-d9cb-469f-a165-70867728950e";
    manifest.database_path = database_path_;
    manifest.created_at = created_at;
    manifest.trigger = "manual";
    manifest.actor = "someone@somewhere pid 1";
    manifest.format = "sqlite";
    manifest.page_size = 4096;
    manifest.page_count = 2;
    manifest.database_size = 8192;
    manifest.stored_size = 8192;
    manifest.sha256 = std::string(64, 'a');
    manifest.database_sha256 = manifest.sha256;
    manifest.sqlite_version = "3.40.1";
    manifest.schema_sha256 = std::string(64, 'b');
    manifest.tables.push_back({"t", 7, {{"x", "INTEGER"}}});
    manifest.row_counts = true;
    manifest.total_rows = 7;
    manifest.duration = 0.25;
    return manifest;
  }

  // Publishes a backup with this manifest; its data is as long as it says.
  void publish(const sqbackup::Manifest& manifest) {
    auto pending = place_.begin(manifest.name);
    REQUIRE(pending.ok());
    const std::string data(manifest.stored_size, 'x');
    REQUIRE((*pending)->file().append(sqbackup::as_bytes(data)).ok());
    const auto text = sqbackup::write_manifest(manifest);
    REQUIRE(text.ok());
    REQUIRE((*pending)->publish(*text).ok());
  }
  void publish(const std::string& name, sqbackup::UnixMillis created_at = kNoon) {
    publish(manifest(name, created_at));
  }

  void mark(const std::string& name, const sqbackup::Marks& marks) {
    const auto text = sqbackup::write_marks(marks);
    REQUIRE(text.ok());
    REQUIRE(place_.write_marks(name, *text).ok());
  }

  sqbackup::Result<std::unique_ptr<sqbackup::Catalog>> try_open(Access access = Access::kWrite) {
    return sqbackup::Catalog::open(sqbackup::system_env(), place_, access, database_path_,
                                   sqbackup::Catalog::Ownership::kSameOrGone);
  }
  std::unique_ptr<sqbackup::Catalog> open(Access access = Access::kWrite) {
    auto catalog = try_open(access);
    INFO(catalog.status().to_string());
    REQUIRE(catalog.ok());
    return std::move(*catalog);
  }

  // Moves the directory's modification time into the past, as if nothing had happened for a while.
  void let_time_pass() {
    struct timespec past[2] = {};
    past[0].tv_nsec = UTIME_OMIT;
    past[1].tv_sec = ::time(nullptr) - 3600;
    past[1].tv_nsec = 123456789;
    REQUIRE(::utimensat(AT_FDCWD, path().c_str(), past, 0) == 0);
  }
  // Opens the catalog until it has nothing to bring in line any more.
  void settle() {
    open().reset();
    let_time_pass();
    open().reset();
  }

  // SQL on catalog.db, beside the catalog.
  void execute(const std::string& sql) {
    auto connection = sqbackup::Connection::open(path_of("catalog.db"), SQLITE_OPEN_READWRITE);
    REQUIRE(connection.ok());
    const sqbackup::Status done = connection->execute("PRAGMA journal_mode = PERSIST; " + sql);
    INFO(sql << ": " << done.to_string());
    REQUIRE(done.ok());
  }
  std::string query(const std::string& sql) {
    auto connection = sqbackup::Connection::open(path_of("catalog.db"), SQLITE_OPEN_READWRITE);
    REQUIRE(connection.ok());
    const auto text = connection->query_text(sql);
    INFO(sql << ": " << text.status().to_string());
    REQUIRE(text.ok());
    return *text;
  }

 private:
  TempDir dir_;
  std::string database_path_;
  sqbackup::BackupDirectory place_;
};

// "name status" of each row in the order of their creation.
inline std::vector<std::string> listed(sqbackup::Catalog& catalog) {
  const auto rows = catalog.list({}, nullptr, 1'000'000);
  REQUIRE(rows.ok());
  std::vector<std::string> names;
  for (const auto& row : *rows) names.push_back(row.name + " " + row.status);
  return names;
}

inline sqbackup::BackupRecord found(sqbackup::Catalog& catalog, const std::string& name) {
  const auto row = catalog.find(name);
  INFO(name << ": " << row.status().to_string());
  REQUIRE(row.ok());
  REQUIRE(row->has_value());
  return **row;
}

template <typename Body>
int fork_child(Body body) {
  const int child = ::fork();
  if (child == 0) ::_exit(body());
  return child;
}

// The exit code of a child; 1000 + signal if it was killed.
inline int wait_for(int child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

// Permissions bind everybody but root, who can become somebody else.
inline bool privileged() { return ::geteuid() == 0; }
inline bool become_nobody() { return ::setgid(65534) == 0 && ::setuid(65534) == 0; }

}  // namespace sqbackup_test
