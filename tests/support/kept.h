// Kept: a database with a connection whose scheduler is being tested.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "service/keeper.h"
#include "support/databases.h"
#include "support/test.h"

namespace sqbackup_test {

// A database with a connection that has started its scheduler.
struct Kept {
  explicit Kept(const std::string& path, const std::string& interval = "1h",
                sqbackup::Env env = sqbackup::system_env())
      : app(path), session(env, app.handle()) {
    app.run("PRAGMA journal_mode=wal; CREATE TABLE IF NOT EXISTS t(x)");
    auto attached = session.attached("main");
    REQUIRE(attached.ok());
    target = std::move(*attached);
    set("interval", interval);
  }
  void set(const std::string& key, const std::string& value) {
    const auto done = target.database->set_setting(key, value);
    INFO(done.status().to_string());
    REQUIRE(done.ok());
  }
  sqbackup::KeeperState start() {
    const auto state = target.database->start_keeper(target.source);
    INFO(state.status().to_string());
    REQUIRE(state.ok());
    return *state;
  }
  std::vector<sqbackup::RunRecord> runs() {
    auto place = target.database->directory();
    auto catalog = target.database->open_catalog(*place, sqbackup::Catalog::Access::kRead);
    REQUIRE(catalog.ok());
    auto all = (*catalog)->runs(0, 10000);
    REQUIRE(all.ok());
    return *all;
  }
  // Scheduled runs that ended so.
  std::ptrdiff_t count(const std::string& status) {
    const auto all = runs();
    return std::count_if(all.begin(), all.end(), [&](const sqbackup::RunRecord& run) {
      return run.operation == "backup" && run.trigger == "scheduled" && run.status == status;
    });
  }
  std::size_t backups() {
    auto place = target.database->directory();
    return place->list()->backups.size();
  }

  App app;
  sqbackup::Session session;
  sqbackup::Session::Target target;
};

}  // namespace sqbackup_test
