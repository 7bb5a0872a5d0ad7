#include "service/settings.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "base/ascii.h"
#include "engine/keys.h"
#include "engine/retention.h"
#include "format/text_list.h"
#include "net/mail.h"
#include "net/url.h"
#include "net/webhook.h"
#include "sched/schedule.h"
#include "service/place.h"
#include "store/s3/s3_url.h"

namespace sqbackup {
namespace {

constexpr std::string_view kHidden = "***";  // instead of a secret

using Kind = SettingInfo::Kind;

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
  const std::string lower = ascii_lower(value);
  for (const char* on : {"on", "true", "yes", "1"}) {
    if (lower == on) return std::string("on");
  }
  for (const char* off : {"off", "false", "no", "0"}) {
    if (lower == off) return std::string("off");
  }
  return illegal(setting, value, "on or off");
}

Result<std::string> normalize_choice(const SettingInfo& setting, std::string_view value) {
  const std::string lower = ascii_lower(value);
  std::string_view rest = setting.choices;
  while (!rest.empty()) {
    const std::string_view choice = rest.substr(0, rest.find(", "));
    if (lower == choice) return std::string(choice);
    rest.remove_prefix(std::min(rest.size(), choice.size() + 2));
  }
  return illegal(setting, value, std::string("one of: ") + setting.choices);
}

std::optional<std::int64_t> parse_count(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  constexpr std::int64_t kLargest = 1'000'000'000;
  if (error != std::errc() || end != text.data() + text.size() || count < 0 || count > kLargest) {
    return std::nullopt;
  }
  return count;
}

Result<std::string> normalize_count(const SettingInfo& setting, std::string_view value) {
  const bool may_be_all = setting.kind == Kind::kCountAll;
  if (may_be_all && ascii_lower(value) == "all") return std::string("all");
  if (const auto count = parse_count(value)) return std::to_string(*count);
  return illegal(setting, value, may_be_all ? "a number of backups, or 'all'" : "a number, 0 or more");
}

Result<std::string> normalize_number(const SettingInfo& setting, std::string_view value, std::int64_t least,
                                     std::int64_t most) {
  const auto number = parse_count(value);
  if (number && *number >= least && *number <= most) return std::to_string(*number);
  return illegal(setting, value, "a number from " + std::to_string(least) + " to " + std::to_string(most));
}

Result<std::string> normalize_duration(const SettingInfo& setting, std::string_view value) {
  const std::string lower = ascii_lower(value);
  const auto length = parse_duration(lower);
  if (setting.kind == Kind::kAge && length.value_or(0) != 0 &&
      std::isdigit(static_cast<unsigned char>(lower.back())) != 0)
    return illegal(setting, value,
                   "a duration with its unit, such as 36h or 7d; a bare number would be seconds");
  if (!length || (setting.kind == Kind::kInterval && !Schedule::every(*length).ok())) {
    return illegal(setting, value,
                   setting.kind == Kind::kInterval ? "a duration of 1s or more, such as 10m, 36h or 7d"
                                                   : "a duration such as 30s, 10m, 36h or 7d");
  }
  return lower;
}

Result<std::string> normalize_cron(const SettingInfo& setting, std::string_view value) {
  auto parsed = CronExpression::parse(value);
  if (!parsed.ok()) return parsed.status().with_context(std::string("the setting '") + setting.key + "'");
  return std::string(value);
}

Result<std::string> normalize_zone(const SettingInfo& setting, std::string_view value) {
  auto zone = TimeZone::load(posix_file_env(), std::string(value));
  if (!zone.ok()) return zone.status().with_context(std::string("the setting '") + setting.key + "'");
  return std::string(value);
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

constexpr std::size_t kLongestTarget = 4096;  // an address, an URL or a secret; mail_to holds several

// Of credentials and profiles: what could break a header or a line of a file is refused.
Status check_word(std::string_view value) {
  const auto shown = [](char c) { return c > ' ' && c < 0x7f; };
  if (!value.empty() && std::all_of(value.begin(), value.end(), shown)) return {};
  return {Error::kBadSetting, "it is empty, or has a blank or another character that none has"};
}

Status check_endpoint(std::string_view value) {
  return S3Endpoint::create("any-bucket", {std::string(value), "any-region", /*path_style=*/true}).status();
}

Status check_region(std::string_view value) {
  return S3Endpoint::create("any-bucket", {.url = {}, .region = std::string(value), .path_style = {}})
      .status();
}

// What the checks of net/ say of a value holds nothing of it where it may be secret.
Status check_target(const SettingInfo& setting, std::string_view value) {
  switch (setting.kind) {
    case Kind::kHttpUrl:
      return check_http_url(value);
    case Kind::kSmtpUrl:
      return check_smtp_url(value);
    case Kind::kWebhookSecret:
      return check_webhook_secret(value);
    case Kind::kIdentity:
      return check_identity(value);
    case Kind::kPassphrase:
      return value.empty() ? Status(Error::kBadSetting, "it is empty") : Status();
    case Kind::kMailAddress:
      return check_mail_address(value);
    case Kind::kPlace:
      return parse_place(value).status();
    case Kind::kEndpoint:
      return check_endpoint(value);
    case Kind::kRegion:
      return check_region(value);
    case Kind::kProfile:
    case Kind::kS3Secret:
      return check_word(value);
    default:
      return mail_addresses(value).status();
  }
}

Result<std::string> normalize_target(const SettingInfo& setting, std::string_view value) {
  const std::string context = std::string("the setting '") + setting.key + "'";
  if (value.size() > kLongestTarget) {
    return Status(Error::kBadSetting, context + ": it is too long: at most " +
                                          std::to_string(kLongestTarget) + " bytes, not " +
                                          std::to_string(value.size()));
  }
  SQB_TRY(check_target(setting, value).with_context(context));
  return std::string(value);
}

// A key in the place of a path would be shown in errors, and is soon mixed up.
Result<std::string> normalize_secret_path(const SettingInfo& setting, std::string_view value) {
  if (ascii_lower(value).find("age-secret-key-") != std::string::npos) {
    return Status(Error::kBadSetting, std::string("the setting '") + setting.key +
                                          "' is the path of a file; a key itself is the setting 'identity'");
  }
  if (value.empty() || value.find('\0') != std::string_view::npos) {
    return Status(Error::kBadSetting, std::string("the setting '") + setting.key + "' is the path of a file");
  }
  return normalize_path(setting, value);
}

// The errors of keys name the setting and show nothing of the value.
Result<std::string> normalize_for_whom(const SettingInfo& setting, std::string_view value) {
  auto recipients = normalize_recipients(value);
  if (recipients.ok()) return recipients;
  return Status(Error::kBadSetting,
                std::string("the setting '") + setting.key + "': " + recipients.status().message());
}

// As a JSON array, which alone can hold names with commas in them.
Result<std::string> normalize_tables(const SettingInfo& setting, std::string_view value) {
  auto names = read_text_list(value);
  if (!names && value.find_first_of("[]{}\"") == std::string_view::npos) {
    names.emplace();
    for (std::string_view rest = value; !rest.empty();) {
      std::string_view name = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), name.size() + 1));
      while (name.starts_with(' ')) name.remove_prefix(1);
      while (name.ends_with(' ')) name.remove_suffix(1);
      names->emplace_back(name);
    }
  }
  const auto is_empty = [](const std::string& name) { return name.empty(); };
  if (!names || std::any_of(names->begin(), names->end(), is_empty))
    return illegal(setting, value, "the names of tables: [\"sessions\", \"cache\"], or sessions, cache");
  return write_text_list(*names);
}

}  // namespace

Result<const SettingInfo*> require_setting(std::string_view key) {
  if (const SettingInfo* setting = find_setting(key)) return setting;
  std::string text = "there is no setting " + quoted(key) + "; there are: ";
  const char* separator = "";
  for (const SettingInfo& setting : known_settings()) {
    text.append(separator).append(setting.key);
    separator = ", ";
  }
  return Status(Error::kBadSetting, std::move(text));
}

Result<std::string> normalize_setting(const SettingInfo& setting, std::string_view value) {
  if (is_secret(setting) && value == kHidden) {
    return Status(Error::kBadSetting, std::string("the setting '") + setting.key +
                                          "': '***' only stands where a secret is not shown");
  }
  switch (setting.kind) {
    case Kind::kSwitch:
      return normalize_switch(setting, value);
    case Kind::kChoice:
      return normalize_choice(setting, value);
    case Kind::kPath:
      return normalize_path(setting, value);
    case Kind::kCount:
    case Kind::kCountAll:
      return normalize_count(setting, value);
    case Kind::kLevel:
      return normalize_number(setting, value, 1, 19);
    case Kind::kThreads:
      return normalize_number(setting, value, 0, 64);
    case Kind::kDuration:
    case Kind::kAge:
    case Kind::kInterval:
      return normalize_duration(setting, value);
    case Kind::kCron:
      return normalize_cron(setting, value);
    case Kind::kZone:
      return normalize_zone(setting, value);
    case Kind::kTables:
      return normalize_tables(setting, value);
    case Kind::kRecipients:
      return normalize_for_whom(setting, value);
    case Kind::kSecretPath:
      return normalize_secret_path(setting, value);
    case Kind::kIdentity:
    case Kind::kPassphrase:
    case Kind::kHttpUrl:
    case Kind::kSmtpUrl:
    case Kind::kWebhookSecret:
    case Kind::kMailAddress:
    case Kind::kMailAddresses:
    case Kind::kPlace:
    case Kind::kEndpoint:
    case Kind::kRegion:
    case Kind::kProfile:
    case Kind::kS3Secret:
      return normalize_target(setting, value);
  }
  return Status(Error::kInternal, "a setting of no kind");
}

std::optional<std::string> shown_value(const SettingInfo& setting, const SettingValue& value) {
  return value.value && is_secret(setting) ? std::string(kHidden) : value.value;
}

std::int64_t count_of(const SettingValue& setting) {
  if (!setting.value) return 0;
  return *setting.value == "all" ? kKeepAll : parse_count(*setting.value).value_or(0);
}

std::int64_t duration_of(const SettingValue& setting) {
  return setting.value ? parse_duration(*setting.value).value_or(0) : 0;
}

}  // namespace sqbackup
