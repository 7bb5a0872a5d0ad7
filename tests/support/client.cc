#include "support/client.h"

#include <algorithm>
#include <filesystem>

#include "support/temp_dir.h"
#include "support/test.h"

namespace sqbackup_test {

namespace fs = std::filesystem;
using namespace sqbackup;

Client::Client(const std::string& database, Env env)
    : app_(database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE), session_(env, app_.handle()) {}

Result<std::string> Client::back_up(bool row_counts) {
  SQB_ASSIGN(auto target, session_.attached("main"));
  BackupOptions options;
  options.row_counts = row_counts;
  return backup_database(target, options, progress_);
}

Result<std::string> Client::restore(const std::string& point) {
  SQB_ASSIGN(auto target, session_.attached("main"));
  return restore_database(target, point, progress_);
}

Result<std::string> Client::restore_to(const std::string& point, const std::string& path, bool overwrite) {
  SQB_ASSIGN(auto target, session_.attached("main"));
  return restore_to_path(target, point, {path, overwrite}, progress_);
}

Status Client::verify(const std::string& point) {
  SQB_ASSIGN(auto target, session_.attached("main"));
  return verify_database_backup(target, point, VerifyLevel::kFull, progress_).status();
}

Result<std::string> Client::rekey(const std::string& point, const std::string& recipient) {
  SQB_ASSIGN(auto target, session_.attached("main"));
  return rekey_database_backup(target, point, recipient.empty() ? std::nullopt : std::optional(recipient),
                               progress_);
}

Result<std::string> Client::upload(const std::string& point, const std::string& place) {
  SQB_ASSIGN(Session::Target target, session_.attached("main"));
  return upload_database_backup(target, point, place, progress_);
}

Result<std::string> Client::download(const std::string& name, const std::string& place) {
  SQB_ASSIGN(Session::Target target, session_.attached("main"));
  return download_database_backup(target, name, place, progress_);
}

Result<std::string> Client::restore_from(const std::string& url, const std::string& path, bool overwrite) {
  SQB_ASSIGN(Session::Target target, session_.attached("main"));
  return restore_from_place(target, url, {.path = path, .overwrite = overwrite}, progress_);
}

Status Client::remove(const std::vector<std::string>& names) {
  SQB_ASSIGN(auto target, session_.attached("main"));
  Deletion deletion(std::move(target));
  for (const auto& name : names) SQB_TRY(deletion.stage(name, /*force=*/false));
  return deletion.commit();
}

Status Client::pin(const std::string& name, const std::string& note) {
  SQB_ASSIGN(auto target, session_.attached("main"));
  Marks marks;
  marks.pinned = true;
  marks.note = note;
  return change_marks(target, name, marks);
}

Status Client::allow_restore() {
  SQB_ASSIGN(auto target, session_.attached("main"));
  return target.database->set_setting("allow_restore", "on").status();
}

Result<PreflightReport> Client::check() {
  SQB_ASSIGN(auto target, session_.attached("main"));
  return run_preflight(target, progress_);
}

Result<std::vector<BackupRecord>> Client::list() {
  SQB_ASSIGN(auto target, session_.attached("main"));
  SQB_ASSIGN(auto directory, target.database->directory());
  SQB_ASSIGN(auto catalog, target.database->open_catalog(directory, Catalog::Access::kRead));
  return catalog->list({}, nullptr, 1000);
}

Result<std::vector<RunRecord>> Client::runs() {
  SQB_ASSIGN(auto target, session_.attached("main"));
  SQB_ASSIGN(auto directory, target.database->directory());
  SQB_ASSIGN(auto catalog, target.database->open_catalog(directory, Catalog::Access::kRead));
  return catalog->runs(0, 100000);
}

std::string backups_of(const std::string& database) { return database + "-backups"; }

std::vector<std::string> strays_in(const std::string& directory, const std::vector<std::string>& backups) {
  std::vector<std::string> known = {".lock", "catalog.db", "catalog.db-journal"};
  for (const auto& name : backups) {
    for (const char* suffix : {"", ".json", ".marks.json"}) known.push_back(name + suffix);
  }
  std::vector<std::string> strays = names_in(directory);
  std::erase_if(strays,
                [&](const auto& name) { return std::find(known.begin(), known.end(), name) != known.end(); });
  return strays;
}

std::vector<std::string> require_sound(const std::string& database, const std::vector<std::string>& legal) {
  REQUIRE(soundness(database) == "ok");
  if (!legal.empty()) {
    const std::string state = fingerprint(database);
    REQUIRE(std::find(legal.begin(), legal.end(), state) != legal.end());
  }
  std::vector<std::string> names;
  Client client(database);
  const auto listed = client.list();
  INFO("listing: " << listed.status().to_string());
  REQUIRE(listed.ok());
  for (const auto& record : *listed) {
    const Status verified = client.verify(record.name);
    INFO(record.name << " is listed as " << record.status << "; verify: " << verified.to_string());
    REQUIRE(verified.ok());
    REQUIRE(record.status == "completed");
    REQUIRE(record.trigger != "imported");
    names.push_back(record.name);
  }
  const auto runs = client.runs();
  REQUIRE(runs.ok());
  for (const auto& run : *runs) {
    INFO("run " << run.id << ", " << run.operation);
    REQUIRE(run.status != "running");
  }
  if (path_exists(backups_of(database))) {
    REQUIRE(strays_in(backups_of(database), names) == std::vector<std::string>());
  }
  return names;
}

std::size_t open_descriptors() {
  const fs::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

Template::Template(const std::string& directory, const std::string& journal_mode, int kilobytes,
                   int page_size)
    : directory_(directory) {
  fs::create_directories(directory);
  const std::string database = directory + "/app.db";
  {
    Client client(database);
    App& app = client.app();
    app.run("PRAGMA page_size=" + std::to_string(page_size) + "; PRAGMA journal_mode=" + journal_mode);
    app.run(
        "CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT, data BLOB);"
        "CREATE INDEX users_by_name ON users(name);"
        "CREATE TABLE orders(id INTEGER PRIMARY KEY, user INTEGER REFERENCES users(id))");
    app.run("WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<" +
            std::to_string(kilobytes) +
            ") INSERT INTO users SELECT i, 'name'||i, randomblob(900) FROM s;"
            "INSERT INTO orders SELECT id, id FROM users WHERE id%10=0");
    first_state = fingerprint(database);
    const auto one = client.back_up();
    REQUIRE(one.ok());
    app.run("UPDATE users SET name='renamed'||id WHERE id%2=0");
    const auto two = client.back_up();
    REQUIRE(two.ok());
    app.run("UPDATE users SET data=randomblob(800); DELETE FROM orders WHERE id%3=0");
    live_state = fingerprint(database);
    REQUIRE(client.allow_restore().ok());
    first = *one;
    second = *two;
  }
}

void Template::change_page_size(int page_size) {
  App app(directory_ + "/app.db");
  app.run("PRAGMA journal_mode=delete; PRAGMA page_size=" + std::to_string(page_size) +
          "; VACUUM; PRAGMA journal_mode=wal");
  REQUIRE(app.integer("PRAGMA page_size") == page_size);
}

std::string Template::copy_to(const std::string& directory) const {
  fs::remove_all(directory);
  fs::copy(directory_, directory, fs::copy_options::recursive);
  return directory + "/app.db";
}

}  // namespace sqbackup_test
