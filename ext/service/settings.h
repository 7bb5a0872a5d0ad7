// The settings: which there are, what values they take, where a value came from.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sqbackup {

struct SettingInfo {
  enum class Kind {
    kPath,
    kSwitch,
    kChoice,
    kCount,     // 0 or more
    kCountAll,  // and 'all'
    kLevel,     // of compression
    kThreads,
    kDuration,  // as parse_duration() reads it; 0 or more
    kAge,       // the same, but not a bare number, which would be seconds where days are meant
    kInterval,  // a duration that Schedule::every() takes
    kCron,      // as CronExpression::parse() reads it
    kZone,      // as TimeZone::load() finds it
    kHttpUrl,
    kSmtpUrl,        // may hold a password: a secret
    kWebhookSecret,  // a secret
    kRecipients,     // as normalize_recipients() reads them
    kTables,         // a JSON array of names, or names with commas between them
    kIdentity,       // a secret
    kSecretPath,     // of a file with secrets: never stored nor shown
    kPassphrase,     // a secret
    kMailAddress,
    kMailAddresses,  // with commas between them
    kPlace,          // parse_place() reads it
    kEndpoint,       // an HTTP URL without a user and a query
    kRegion,         // of an object store
    kProfile,        // a section of the shared AWS files
    kS3Secret,       // a secret
  };
  const char* key;
  Kind kind;
  const char* default_value;   // null: none, or computed (directory)
  const char* choices;         // kChoice: "a, b, c"
  const char* environment[3];  // names that are read, first found wins; null-terminated where shorter
  const char* description;
};

// A secret is never stored and never shown: set through SQL it holds for the session.
bool is_secret(const SettingInfo& setting);

std::span<const SettingInfo> known_settings();
const SettingInfo* find_setting(std::string_view key);

// The canonical form of a value: "on" | "off" for switches (on, true, yes, 1 and their opposites, in any
// case), an absolute path (a relative one starts at the current directory). kBadSetting names key and legal
// values; it holds nothing of a URL or a secret.
Result<std::string> normalize_setting(const SettingInfo& setting, std::string_view value);

// The first environment variable of the setting that is set and not empty, as it is: not normalised. Read at
// each call: a host may change it. `directory` is special: its variable names the parent of the directories
// of all databases, see Database::setting().
struct EnvironmentValue {
  const char* variable;
  std::string value;
};
std::optional<EnvironmentValue> environment_setting(const SettingInfo& setting);

// The normalised value of the environment; the error names the variable.
Result<std::optional<std::string>> normalized_environment(const SettingInfo& setting);

// kBadSetting unless there is such a setting.
Result<const SettingInfo*> require_setting(std::string_view key);

struct SettingValue {
  std::optional<std::string> value;
  const char* source = "default";  // "session" | "stored" | "environment" | "default"
};

// The value as it may be shown: '***' for a secret. nullopt: there is none.
std::optional<std::string> shown_value(const SettingInfo& setting, const SettingValue& value);

inline bool is_on(const SettingValue& setting) { return setting.value == "on"; }

// Of a setting that is a number (kKeepAll for 'all'), and of a kDuration or kInterval one in milliseconds;
// 0 where it has no value.
std::int64_t count_of(const SettingValue& setting);
std::int64_t duration_of(const SettingValue& setting);

}  // namespace sqbackup
