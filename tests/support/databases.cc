#include "support/databases.h"

#include <vector>

#include "codec/sha256.h"
#include "support/test.h"

namespace sqbackup_test {

App::App(const std::string& path, int flags) {
  const int code = sqlite3_open_v2(path.c_str(), &handle_, flags, nullptr);
  INFO(path << ": " << sqlite3_errmsg(handle_));
  REQUIRE(code == SQLITE_OK);
  sqlite3_busy_timeout(handle_, 20000);
}

App::~App() { sqlite3_close_v2(handle_); }

int App::try_run(const std::string& sql) {
  return sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
}

void App::run(const std::string& sql) {
  const int code = try_run(sql);
  INFO(sql << ": " << sqlite3_errmsg(handle_));
  REQUIRE(code == SQLITE_OK);
}

std::string App::text(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  const int prepared = sqlite3_prepare_v2(handle_, sql.c_str(), -1, &statement, nullptr);
  INFO(sql << ": " << sqlite3_errmsg(handle_));
  REQUIRE(prepared == SQLITE_OK);
  const int stepped = sqlite3_step(statement);
  INFO(sql << ": " << sqlite3_errmsg(handle_));
  REQUIRE((stepped == SQLITE_ROW || stepped == SQLITE_DONE));
  std::string value;
  if (stepped == SQLITE_ROW && sqlite3_column_type(statement, 0) != SQLITE_NULL) {
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, 0));
    if (size > 0) value.assign(bytes, size);
  }
  sqlite3_finalize(statement);
  return value;
}

std::int64_t App::integer(const std::string& sql) {
  const std::string value = text(sql);
  INFO(sql);
  REQUIRE_FALSE(value.empty());
  return std::stoll(value);
}

std::string soundness(const std::string& path) {
  App app(path, SQLITE_OPEN_READWRITE);
  const std::string integrity = app.text("PRAGMA integrity_check");
  if (integrity != "ok") return integrity;
  const std::string keys = app.text("SELECT count(*) FROM pragma_foreign_key_check");
  return keys == "0" ? "ok" : keys + " foreign key violations";
}

std::string fingerprint(const std::string& path) {
  App app(path, SQLITE_OPEN_READWRITE);
  auto hash = sqbackup::Sha256::create();
  REQUIRE(hash.ok());
  std::vector<std::string> tables;
  sqlite3_stmt* statement = nullptr;
  REQUIRE(
      sqlite3_prepare_v2(
          app.handle(),
          "SELECT type||name||tbl_name||ifnull(sql,''), type, name, rootpage FROM sqlite_schema ORDER BY 1",
          -1, &statement, nullptr) == SQLITE_OK);
  while (sqlite3_step(statement) == SQLITE_ROW) {
    hash->update(sqbackup::as_bytes(reinterpret_cast<const char*>(sqlite3_column_text(statement, 0))));
    const std::string type = reinterpret_cast<const char*>(sqlite3_column_text(statement, 1));
    if (type == "table" && sqlite3_column_int64(statement, 3) > 0) {
      tables.emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(statement, 2)));
    }
  }
  sqlite3_finalize(statement);
  for (const auto& table : tables) {
    char* sql = sqlite3_mprintf("SELECT * FROM \"%w\"", table.c_str());
    REQUIRE(sqlite3_prepare_v2(app.handle(), sql, -1, &statement, nullptr) == SQLITE_OK);
    sqlite3_free(sql);
    while (sqlite3_step(statement) == SQLITE_ROW) {
      for (int column = 0; column < sqlite3_column_count(statement); ++column) {
        const auto type = static_cast<std::uint8_t>(sqlite3_column_type(statement, column));
        hash->update({&type, 1});
        const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement, column));
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
        hash->update({bytes, size});
      }
    }
    REQUIRE(sqlite3_finalize(statement) == SQLITE_OK);
  }
  return hash->finish_hex();
}

sqbackup::Result<sqbackup::Manifest> take_backup(const sqbackup::Env& env,
                                                 sqbackup::BackupDirectory& directory,
                                                 const sqbackup::Source& source,
                                                 const sqbackup::BackupRequest& request,
                                                 sqbackup::Progress& progress) {
  auto backup = sqbackup::begin_backup(env, directory, request.form);
  if (!backup.ok()) return backup.status();
  return sqbackup::take_backup(env, directory, std::move(backup).value(), source, request, progress);
}

}  // namespace sqbackup_test
