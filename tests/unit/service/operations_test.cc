#include "service/operations.h"

#include <atomic>
#include <filesystem>
#include <thread>

#include "support/databases.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

std::int64_t count(App& app, const std::string& where) {
  return app.integer("SELECT count(*) FROM t WHERE " + where);
}

}  // namespace

TEST_CASE("no commit is lost between the undo and the restore that it undoes") {
  const std::string mode = GENERATE("wal", "delete");
  TempDir temp;
  const std::string path = temp.path_of("app.db");
  App app(path);
  app.run("PRAGMA journal_mode=" + mode +
          "; CREATE TABLE t(id INTEGER PRIMARY KEY, data BLOB);"
          "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<2000)"
          " INSERT INTO t SELECT -i, randomblob(2000) FROM s");
  Session session(system_env(), app.handle());
  auto target = session.attached("main");
  REQUIRE(target.ok());
  NoProgress progress;
  REQUIRE(target->database->set_setting("allow_restore", "on").ok());
  REQUIRE(backup_database(*target, {}, progress).ok());

  std::atomic<bool> stop = false;
  std::atomic<std::int64_t> acknowledged = 0;
  std::thread writer([&] {
    App own(path);
    for (std::int64_t id = 1; !stop; ++id) {
      while (own.try_run("INSERT INTO t VALUES(" + std::to_string(id) + ", NULL)") != SQLITE_OK) {
      }
      acknowledged = id;
    }
  });
  while (acknowledged < 50) std::this_thread::yield();
  const auto undo = restore_database(*target, "latest", progress);
  const std::int64_t after = acknowledged;
  while (acknowledged < after + 20) std::this_thread::yield();
  stop = true;
  writer.join();
  INFO(undo.status().to_string());
  REQUIRE(undo.ok());

  App before(target->database->directory()->path_of(*undo));
  const std::int64_t kept = count(before, "id > 0");
  CHECK(kept >= 50);
  CHECK(before.integer("SELECT max(id) FROM t") == kept);
  // Every commit is in the undo or came after the restore.
  CHECK(app.integer("SELECT min(id) FROM t WHERE id > 0") == kept + 1);
  CHECK(count(app, "id > 0") == acknowledged - kept);
  CHECK(count(app, "id < 0") == 2000);
  CHECK(soundness(path) == "ok");
}

TEST_CASE("a backup of a source that was damaged does not become a good one by being proven") {
  TempDir temp;
  App app(temp.path_of("app.db"));
  app.run("CREATE TABLE t(x)");
  Session session(system_env(), app.handle());
  auto target = session.attached("main");
  NoProgress progress;
  const auto name = backup_database(*target, {}, progress);
  REQUIRE(name.ok());
  auto place = target->database->directory();
  auto manifest = read_manifest(*place->read_manifest(*name), *name);
  REQUIRE(manifest.ok());
  manifest->warnings.emplace_back("the source database is damaged");
  const std::string file = place->path_of(*name) + ".json";
  write_whole_file(file + ".new", *write_manifest(*manifest));
  std::filesystem::rename(file + ".new", file);
  const auto row = [&] {
    return *(*target->database->open_catalog(*place, Catalog::Access::kRead))->find(*name);
  };
  REQUIRE(row()->status == "damaged");
  CHECK(verify_database_backup(*target, *name, VerifyLevel::kFull, progress).ok());
  CHECK(row()->status == "damaged");
  CHECK_FALSE(row()->verified_at);
}
