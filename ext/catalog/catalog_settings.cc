#include "catalog/catalog_file.h"
#include "catalog/healing.h"

namespace sqbackup {
namespace {

Result<std::optional<std::string>> read_setting(Connection& connection, const std::string& key) {
  SQB_ASSIGN(auto select, connection.prepare("SELECT value FROM settings WHERE key = ?1"));
  select.bind(1, std::string_view(key));
  SQB_ASSIGN(const bool row, select.step());
  return row ? select.optional_text(0) : std::nullopt;
}

Result<std::vector<std::pair<std::string, std::string>>> read_settings(Connection& connection) {
  SQB_ASSIGN(auto select, connection.prepare("SELECT key, value FROM settings ORDER BY key"));
  std::vector<std::pair<std::string, std::string>> settings;
  while (true) {
    SQB_ASSIGN(const bool row, select.step());
    if (!row) return settings;
    settings.emplace_back(select.text(0), select.text(1));
  }
}

Status write_setting(Connection& connection, const std::string& key,
                     const std::optional<std::string>& value) {
  SQB_ASSIGN(auto statement,
             connection.prepare(value ? "INSERT OR REPLACE INTO settings (key, value) VALUES (?1, ?2)"
                                      : "DELETE FROM settings WHERE key = ?1"));
  statement.bind(1, std::string_view(key));
  if (value) statement.bind(2, std::string_view(*value));
  return statement.run();
}

// The pragmas of a new or foreign file find no table; that is no setting.
Result<std::optional<std::string>> read_stored(const Env& env, const std::string& directory,
                                               const std::string& key) {
  SQB_ASSIGN(auto connection, open_existing_catalog(*env.files, directory));
  if (!connection) return std::optional<std::string>();
  return read_setting(connection, key);
}

}  // namespace

Result<std::optional<std::string>> Catalog::stored_setting(const Env& env, const std::string& directory,
                                                           const std::string& key) {
  auto value = read_stored(env, directory, key);
  if (is_damage(value.status())) return std::optional<std::string>();
  return value;
}

Result<std::optional<std::string>> Catalog::setting(const std::string& key) {
  return healing([&] { return read_setting(connection_, key); });
}

Result<std::vector<std::pair<std::string, std::string>>> Catalog::settings() {
  return healing([&] { return read_settings(connection_); });
}

Status Catalog::set_setting(const std::string& key, const std::optional<std::string>& value) {
  return healing([&] { return write_setting(connection_, key, value); });
}

}  // namespace sqbackup
