#include "service/settings.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace sqbackup {
namespace {

using Kind = SettingInfo::Kind;

constexpr SettingInfo kSettings[] = {
    {"directory",
     Kind::kPath,
     nullptr,
     nullptr,
     {"SQBACKUP_DIRECTORY", "BACKUP_LOCAL_PATH", nullptr},
     "where the snapshot files and the catalog live; by default '<database file>-backups'. The environment "
     "variables "
     "name the parent directory of '<database file name>-backups', so that one serves many databases"},
    {"format",
     Kind::kChoice,
     "sqlite",
     "sqlite",
     {"SQBACKUP_FORMAT", nullptr, nullptr},
     "how backups are stored: 'sqlite', one plain database file in rollback journal mode"},
    {"row_counts",
     Kind::kSwitch,
     "on",
     nullptr,
     {"SQBACKUP_ROW_COUNTS", nullptr, nullptr},
     "count the rows of each table into the manifest, and quick-check the copy"},
    {"allow_restore",
     Kind::kSwitch,
     "off",
     nullptr,
     {"SQBACKUP_ALLOW_RESTORE", nullptr, nullptr},
     "whether backup_restore may replace the content of the live database"},
};

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

// For messages: a refused value may hold anything.
std::string quoted(std::string_view value) {
  std::string text = "'";
  for (char c : value.substr(0, 200)) text += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return text + "'";
}

Status illegal(const SettingInfo& setting, std::string_view value, std::string_view legal) {
  std::string text = "the setting '";
  text.append(setting.key).append("' cannot be ").append(quoted(value)).append("; it is ").append(legal);
  return {Error::kBadSetting, std::move(text)};
}

Result<std::string> normalize_switch(const SettingInfo& setting, std::string_view value) {
  const std::string lower = lower_case(value);
  for (const char* on : {"on", "true", "yes", "1"}) {
    if (lower == on) return std::string("on");
  }
  for (const char* off : {"off", "false", "no", "0"}) {
    if (lower == off) return std::string("off");
  }
  return illegal(setting, value, "on or off");
}

Result<std::string> normalize_choice(const SettingInfo& setting, std::string_view value) {
  const std::string lower = lower_case(value);
  std::string_view rest = setting.choices;
  while (!rest.empty()) {
    const std::string_view choice = rest.substr(0, rest.find(", "));
    if (lower == choice) return std::string(choice);
    rest.remove_prefix(std::min(rest.size(), choice.size() + 2));
  }
  return illegal(setting, value, std::string("one of: ") + setting.choices);
}

// ".." stays: what it means depends on symbolic links.
std::string tidy(std::string_view absolute) {
  std::string path;
  while (!absolute.empty()) {
    absolute.remove_prefix(1);
    const std::string_view part = absolute.substr(0, absolute.find('/'));
    absolute.remove_prefix(part.size());
    if (!part.empty() && part != ".") path.append("/").append(part);
  }
  return path.empty() ? "/" : path;
}

Result<std::string> normalize_path(const SettingInfo& setting, std::string_view value) {
  if (value.empty() || value.find('\0') != std::string_view::npos) {
    return illegal(setting, value, "the path of a directory");
  }
  if (value.front() == '/') return tidy(value);
  std::error_code error;
  const std::string here = std::filesystem::current_path(error).string();
  if (error) return illegal(setting, value, "an absolute path: the current directory cannot be told here");
  return tidy(here + "/" + std::string(value));
}

}  // namespace

std::span<const SettingInfo> known_settings() { return kSettings; }

const SettingInfo* find_setting(std::string_view key) {
  for (const SettingInfo& setting : kSettings) {
    if (key == setting.key) return &setting;
  }
  return nullptr;
}

Result<const SettingInfo*> require_setting(std::string_view key) {
  if (const SettingInfo* setting = find_setting(key)) return setting;
  std::string text = "there is no setting " + quoted(key) + "; there are: ";
  const char* separator = "";
  for (const SettingInfo& setting : kSettings) {
    text.append(separator).append(setting.key);
    separator = ", ";
  }
  return Status(Error::kBadSetting, std::move(text));
}

Result<std::string> normalize_setting(const SettingInfo& setting, std::string_view value) {
  switch (setting.kind) {
    case Kind::kSwitch:
      return normalize_switch(setting, value);
    case Kind::kChoice:
      return normalize_choice(setting, value);
    case Kind::kPath:
      return normalize_path(setting, value);
    case Kind::kText:
      break;
  }
  return std::string(value);
}

std::optional<EnvironmentValue> environment_setting(const SettingInfo& setting) {
  for (const char* variable : setting.environment) {
    if (variable == nullptr) break;
    const char* value = std::getenv(variable);
    if (value != nullptr && *value != '\0') return EnvironmentValue{variable, value};
  }
  return std::nullopt;
}

Result<std::optional<std::string>> normalized_environment(const SettingInfo& setting) {
  const auto found = environment_setting(setting);
  if (!found) return std::optional<std::string>();
  auto value = normalize_setting(setting, found->value);
  if (!value.ok()) {
    return value.status().with_context(std::string("the environment variable ") + found->variable);
  }
  return std::optional(std::move(*value));
}

}  // namespace sqbackup
