// A database beside a directory of backups, for the tests of how backups are made and put back.
#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/backup.h"
#include "engine/restore.h"
#include "engine/verify.h"
#include "support/databases.h"
#include "support/forms.h"
#include "support/temp_dir.h"
#include "support/test.h"

namespace sqbackup_test {

struct BackupFixture {
  TempDir temp;
  sqbackup::Env env = sqbackup::system_env();
  std::string database = temp.path_of("app.db");
  sqbackup::BackupDirectory directory{*env.files, temp.path_of("app.db-backups")};
  NoProgress silent;

  BackupFixture() { REQUIRE(directory.ensure().ok()); }

  sqbackup::Source source() const {
    sqbackup::Source source;
    source.path = database;
    source.busy_timeout_ms = 200;
    return source;
  }
  sqbackup::Source source(App& app) const {
    sqbackup::Source of_app = source();
    of_app.connection = app.handle();
    return of_app;
  }
  static sqbackup::BackupRequest request(const sqbackup::StoredForm& form) {
    sqbackup::BackupRequest request;
    request.form = form;
    request.database_id = "00000000-0000-4000-8000-000000000000";
    request.trigger = "manual";
    return request;
  }
  sqbackup::Manifest backup(const sqbackup::Source& source, const sqbackup::BackupRequest& request,
                            sqbackup::Progress& progress) {
    auto manifest = take_backup(env, directory, source, request, progress);
    INFO(manifest.status().to_string());
    REQUIRE(manifest.ok());
    return *manifest;
  }
  sqbackup::Manifest backup(const sqbackup::Source& source, const sqbackup::StoredForm& form,
                            sqbackup::Progress& progress) {
    return backup(source, request(form), progress);
  }
  std::string restored(const std::string& name) {
    const std::string target = temp.path_of("restored.db");
    const sqbackup::Status status = restore_to_file(directory, name, test_keys(), {target, true}, silent);
    INFO(status.to_string());
    REQUIRE(status.ok());
    return fingerprint(target);
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory.path()))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }
};

}  // namespace sqbackup_test
