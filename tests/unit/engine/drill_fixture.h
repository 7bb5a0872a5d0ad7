// One small database, its backup, and a scratch directory for drills of it.
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/backup.h"
#include "engine/drill.h"
#include "support/databases.h"
#include "support/fault_env.h"
#include "support/temp_dir.h"
#include "support/test.h"

namespace sqbackup_test {

using namespace sqbackup;

class SettableClock : public Clock {
 public:
  UnixMillis now() override { return time; }
  double monotonic_seconds() override { return seconds += 0.5; }
  UnixMillis time = 1795170600000;  // 2026-11-20 10:30:00
  double seconds = 0;
};

// A FaultEnv whose disk has as much room as it is told.
class SmallDisk : public FaultEnv {
 public:
  using FaultEnv::FaultEnv;
  Result<std::uint64_t> free_space(const std::string& path) override {
    return room ? Result<std::uint64_t>(*room) : FaultEnv::free_space(path);
  }
  std::optional<std::uint64_t> room;
};

// Calls `at_advance` with the phase that it is in.
class PhaseProgress : public Progress {
 public:
  explicit PhaseProgress(std::function<Status(const std::string&)> at_advance)
      : at_advance_(std::move(at_advance)) {}
  void begin_phase(const char* phase, std::uint64_t) override { phase_ = phase; }
  Status advance(std::uint64_t) override { return at_advance_(phase_); }

 private:
  std::function<Status(const std::string&)> at_advance_;
  std::string phase_;
};

inline constexpr const char* kSchema =
    "PRAGMA page_size=512;"
    "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT);"
    "CREATE TABLE orders(id INTEGER PRIMARY KEY, user INTEGER REFERENCES users(id));"
    "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<100)"
    " INSERT INTO users SELECT i, 'n'||i FROM s;"
    "INSERT INTO orders SELECT id, id FROM users WHERE id<=10;";

struct DrillFixture {
  TempDir temp;
  SmallDisk files{posix_file_env()};
  SettableClock clock;
  Env env{&files, &clock};
  std::string database = temp.path_of("app.db");
  BackupDirectory directory{files, temp.path_of("app.db-backups")};
  NoProgress progress;
  DrillRequest request;

  explicit DrillFixture(const std::string& sql = kSchema) {
    REQUIRE(directory.ensure().ok());
    REQUIRE(files.make_directory(temp.path_of("scratch")).ok());
    request.scratch = temp.path_of("scratch");
    App(database).run(sql);
    BackupRequest backup;
    backup.database_id = "00000000-0000-4000-8000-000000000000";
    backup.trigger = "manual";
    Source source;
    source.path = database;
    auto manifest = take_backup(env, directory, source, backup, progress);
    REQUIRE(manifest.ok());
    request.name = manifest->name;
  }

  std::string data_path() const { return directory.path_of(request.name); }
  std::string manifest_path() const { return data_path() + ".json"; }
  Result<DrillReport> try_drill() { return run_drill(env, directory, request, progress); }
  // A drill that runs to its end, and leaves nothing.
  DrillReport drill() {
    auto report = try_drill();
    INFO(report.status().to_string());
    REQUIRE(report.ok());
    CHECK(names_in(request.scratch).empty());
    CHECK(report->ok == (report->first_failure() == nullptr));
    return std::move(*report);
  }
  DrillReport drill_asking(const std::string& sql, const std::optional<std::string>& expect = std::nullopt) {
    request.assertions = {{"a", sql, expect}};
    return drill();
  }
  void flip_bit(const std::string& path, std::size_t at) {
    std::string bytes = read_whole_file(path);
    bytes.at(at) ^= 1;
    write_whole_file(path, bytes);
  }
};

inline DrillCheck check_of(const DrillReport& report, const std::string& name) {
  const auto found = std::find_if(report.checks.begin(), report.checks.end(),
                                  [&](const auto& check) { return check.name == name; });
  REQUIRE(found != report.checks.end());
  return *found;
}

inline std::vector<std::string> failed(const DrillReport& report) {
  std::vector<std::string> names;
  for (const auto& check : report.checks) {
    if (!check.ok) names.push_back(check.name);
  }
  return names;
}

using Texts = std::vector<std::string>;

}  // namespace sqbackup_test
