// The table of all settings: a new one is a row here, and one in docs/reference/settings.md.
#include <cstdlib>

#include "service/settings.h"

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
     "sqlite, zstd, json, json+zstd",
     {"SQBACKUP_FORMAT", nullptr, nullptr},
     "how backups are stored: 'sqlite', one plain database file in rollback journal mode; 'zstd', the same "
     "compressed; 'json', its rows and schema as one JSON text; 'json+zstd', that compressed"},
    {"exclude_tables",
     Kind::kTables,
     "[]",
     nullptr,
     {"SQBACKUP_EXCLUDE_TABLES", nullptr, nullptr},
     "tables that backups of the json formats leave out, as a JSON array or with commas between them"},
    {"compression_level",
     Kind::kLevel,
     "3",
     nullptr,
     {"SQBACKUP_COMPRESSION_LEVEL", nullptr, nullptr},
     "how hard zstd tries: 1 is the fastest, 19 the smallest"},
    {"threads",
     Kind::kThreads,
     "0",
     nullptr,
     {"SQBACKUP_THREADS", nullptr, nullptr},
     "how many threads compress; 0: one per processor, at most eight"},
    {"encrypt_to",
     Kind::kRecipients,
     nullptr,
     nullptr,
     {"SQBACKUP_ENCRYPT_TO", nullptr, nullptr},
     "for whom backups are encrypted: age recipients (age1...) as a JSON array, or the word passphrase"},
    {"identity",
     Kind::kIdentity,
     nullptr,
     nullptr,
     {"SQBACKUP_IDENTITY", nullptr, nullptr},
     "an age identity (AGE-SECRET-KEY-1...) that opens encrypted backups"},
    {"identity_file",
     Kind::kSecretPath,
     nullptr,
     nullptr,
     {"SQBACKUP_IDENTITY_FILE", nullptr, nullptr},
     "a file of such identities, as age-keygen writes it"},
    {"passphrase",
     Kind::kPassphrase,
     nullptr,
     nullptr,
     {"SQBACKUP_PASSPHRASE", nullptr, nullptr},
     "what encrypts and opens backups where encrypt_to is passphrase"},
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
    {"enabled",
     Kind::kSwitch,
     "on",
     nullptr,
     {"SQBACKUP_ENABLED", "BACKUP_ENABLED", nullptr},
     "whether backup_start() may start the scheduler"},
    {"interval",
     Kind::kInterval,
     "10m",
     nullptr,
     {"SQBACKUP_INTERVAL", nullptr, nullptr},
     "how long after a backup the scheduler makes the next one; not used where schedule is set"},
    {"schedule",
     Kind::kCron,
     nullptr,
     nullptr,
     {"SQBACKUP_SCHEDULE", nullptr, nullptr},
     "when the scheduler makes backups: a cron expression of five fields, or @hourly, @daily ..."},
    {"timezone",
     Kind::kZone,
     "UTC",
     nullptr,
     {"SQBACKUP_TIMEZONE", nullptr, nullptr},
     "the time zone of the three schedules, such as Europe/Berlin"},
    {"jitter",
     Kind::kDuration,
     "0s",
     nullptr,
     {"SQBACKUP_JITTER", nullptr, nullptr},
     "scheduled runs are put off by less than this, each database by its own share"},
    {"skip_unchanged",
     Kind::kSwitch,
     "on",
     nullptr,
     {"SQBACKUP_SKIP_UNCHANGED", nullptr, nullptr},
     "a scheduled run over a database that did not change makes no new backup"},
    {"stale_after",
     Kind::kDuration,
     nullptr,
     nullptr,
     {"SQBACKUP_STALE_AFTER", nullptr, nullptr},
     "how old the newest good backup may be; by default three periods of interval or schedule"},
    {"drill_schedule",
     Kind::kCron,
     nullptr,
     nullptr,
     {"SQBACKUP_DRILL_SCHEDULE", nullptr, nullptr},
     "when the scheduler runs backup_drill(): a cron expression"},
    {"prune_schedule",
     Kind::kCron,
     nullptr,
     nullptr,
     {"SQBACKUP_PRUNE_SCHEDULE", nullptr, nullptr},
     "when the scheduler runs backup_prune() besides after each backup: a cron expression"},
    {"scratch",
     Kind::kPath,
     nullptr,
     nullptr,
     {"SQBACKUP_SCRATCH", nullptr, nullptr},
     "an existing directory, with room for the database, where restore drills put their copy; by default the "
     "directory of the backups"},
    {"keep_last",
     Kind::kCountAll,
     "10",
     nullptr,
     {"SQBACKUP_KEEP_LAST", "BACKUP_RETENTION_COUNT", nullptr},
     "keep the newest so many backups"},
    {"keep_hourly",
     Kind::kCountAll,
     nullptr,
     nullptr,
     {"SQBACKUP_KEEP_HOURLY", nullptr, nullptr},
     "keep the newest backup of each of the last so many hours that have one"},
    {"keep_daily",
     Kind::kCountAll,
     nullptr,
     nullptr,
     {"SQBACKUP_KEEP_DAILY", nullptr, nullptr},
     "the same for days"},
    {"keep_weekly",
     Kind::kCountAll,
     nullptr,
     nullptr,
     {"SQBACKUP_KEEP_WEEKLY", nullptr, nullptr},
     "the same for weeks, which begin on Monday"},
    {"keep_monthly",
     Kind::kCountAll,
     nullptr,
     nullptr,
     {"SQBACKUP_KEEP_MONTHLY", nullptr, nullptr},
     "the same for months"},
    {"keep_yearly",
     Kind::kCountAll,
     nullptr,
     nullptr,
     {"SQBACKUP_KEEP_YEARLY", nullptr, nullptr},
     "the same for years"},
    {"keep_within",
     Kind::kAge,
     nullptr,
     nullptr,
     {"SQBACKUP_KEEP_WITHIN", nullptr, nullptr},
     "keep all backups made less than this before the newest one"},
    {"keep_days",
     Kind::kCount,
     nullptr,
     nullptr,
     {"SQBACKUP_KEEP_DAYS", nullptr, nullptr},
     "keep all backups of the last so many days: keep_within in days"},
    {"delete_older_than",
     Kind::kAge,
     nullptr,
     nullptr,
     {"SQBACKUP_DELETE_OLDER_THAN", nullptr, nullptr},
     "remove backups older than this, whatever the keep_ settings say"},
    {"keep_at_most",
     Kind::kCount,
     nullptr,
     nullptr,
     {"SQBACKUP_KEEP_AT_MOST", nullptr, nullptr},
     "remove all but the newest so many, whatever the other keep_ settings say"},
    {"ping_url",
     Kind::kHttpUrl,
     nullptr,
     nullptr,
     {"SQBACKUP_PING_URL", nullptr, nullptr},
     "the URL of a dead man's switch, pinged at start, success and failure of scheduled backups"},
    {"webhook_url",
     Kind::kHttpUrl,
     nullptr,
     nullptr,
     {"SQBACKUP_WEBHOOK_URL", nullptr, nullptr},
     "where alerts are posted as CloudEvents"},
    {"webhook_secret",
     Kind::kWebhookSecret,
     nullptr,
     nullptr,
     {"SQBACKUP_WEBHOOK_SECRET", nullptr, nullptr},
     "signs what is posted to webhook_url; never stored, never shown"},
    {"smtp_url",
     Kind::kSmtpUrl,
     nullptr,
     nullptr,
     {"SQBACKUP_SMTP_URL", nullptr, nullptr},
     "the mail server: smtp(s)://[user:password@]host[:port]; never stored, never shown"},
    {"mail_to",
     Kind::kMailAddresses,
     nullptr,
     nullptr,
     {"SQBACKUP_MAIL_TO", nullptr, nullptr},
     "who gets alerts by mail: addresses with commas between them"},
    {"mail_from",
     Kind::kMailAddress,
     nullptr,
     nullptr,
     {"SQBACKUP_MAIL_FROM", nullptr, nullptr},
     "the sender of these mails; by default the first address of mail_to"},
};

}  // namespace

std::span<const SettingInfo> known_settings() { return kSettings; }

bool is_secret(const SettingInfo& setting) {
  switch (setting.kind) {
    case Kind::kSmtpUrl:
    case Kind::kWebhookSecret:
    case Kind::kIdentity:
    case Kind::kSecretPath:
    case Kind::kPassphrase:
      return true;
    default:
      return false;
  }
}

const SettingInfo* find_setting(std::string_view key) {
  for (const SettingInfo& setting : known_settings()) {
    if (key == setting.key) return &setting;
  }
  return nullptr;
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
