#include "service/settings.h"

#include <cstdlib>
#include <filesystem>

#include "support/environment.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

std::string normal(const char* key, std::string_view value) {
  const auto result = normalize_setting(*find_setting(key), value);
  return result.ok() ? *result
                     : std::string(id_of(result.status().error())) + " " + result.status().message();
}

}  // namespace

TEST_CASE("an age needs its unit: a bare number would be seconds where days are meant") {
  for (const char* key : {"delete_older_than", "keep_within"}) {
    CAPTURE(key);
    CHECK(*normalize_setting(*find_setting(key), "7d") == "7d");
    CHECK(normalize_setting(*find_setting(key), "0").ok());
    const auto bare = normalize_setting(*find_setting(key), "7");
    CHECK(bare.status().is(Error::kBadSetting));
    CHECK_THAT(bare.status().to_string(), Catch::Contains("seconds"));
  }
}

TEST_CASE("an unknown setting is refused with a list of those there are") {
  const auto missing = require_setting("alow_restore");
  REQUIRE(missing.status().is(Error::kBadSetting));
  CHECK(missing.status().message().starts_with(
      "there is no setting 'alow_restore'; there are: directory, "
      "format, exclude_tables, compression_level, threads, encrypt_to, identity, "
      "identity_file, passphrase, row_counts, allow_restore, "));
  CHECK(require_setting("format").ok());
  CHECK(find_setting("Format") == nullptr);
}

TEST_CASE("every setting has a description and a default that is legal") {
  for (const SettingInfo& setting : known_settings()) {
    INFO(setting.key);
    CHECK(std::string(setting.description).size() > 10);
    CHECK(std::string(setting.environment[0]).starts_with("SQBACKUP_"));
    if (setting.default_value != nullptr)
      CHECK(*normalize_setting(setting, setting.default_value) == setting.default_value);
  }
}

TEST_CASE("a switch is on or off, said in any usual way, and nothing else") {
  for (const char* on : {"on", "ON", "True", "yes", "1"}) CHECK(normal("allow_restore", on) == "on");
  for (const char* off : {"off", "Off", "FALSE", "no", "0"}) CHECK(normal("allow_restore", off) == "off");
  for (const char* bad : {"", " on", "2", "onn", "enabled"}) {
    CHECK_THAT(normal("allow_restore", bad),
               Catch::StartsWith("SQB-ARG-04 the setting 'allow_restore' cannot be '" + std::string(bad) +
                                 "'; it is on or off"));
  }
}

TEST_CASE("a choice is one of its words") {
  CHECK(normal("format", "SQLite") == "sqlite");
  CHECK_THAT(normal("format", "sql"), Catch::EndsWith("it is one of: sqlite, zstd, json, json+zstd"));
  CHECK_THAT(normal("format", ""), Catch::StartsWith("SQB-ARG-04"));
}

TEST_CASE("a refused value cannot break the line of its error") {
  CHECK(normal("format", "a\nb").find('\n') == std::string::npos);
}

TEST_CASE("a path becomes absolute and loses what means nothing") {
  const std::string here = std::filesystem::current_path().string();
  CHECK(normal("directory", "/a//b/./c/") == "/a/b/c");
  CHECK(normal("directory", "/") == "/");
  CHECK(normal("directory", "/a/../b") == "/a/../b");
  CHECK(normal("directory", "backups") == (here == "/" ? "" : here) + "/backups");
  CHECK(normal("directory", "./x/") == (here == "/" ? "" : here) + "/x");
  CHECK_THAT(normal("directory", ""), Catch::StartsWith("SQB-ARG-04"));
  CHECK_THAT(normal("directory", std::string_view("/a\0b", 4)), Catch::StartsWith("SQB-ARG-04"));
}

TEST_CASE("the first variable of the environment that is set and not empty counts") {
  const SettingInfo& directory = *find_setting("directory");
  CHECK(!environment_setting(directory));
  Variable local("BACKUP_LOCAL_PATH", "/b");
  CHECK(environment_setting(directory)->value == "/b");
  Variable empty("SQBACKUP_DIRECTORY", "");
  CHECK(std::string(environment_setting(directory)->variable) == "BACKUP_LOCAL_PATH");
  Variable ours("SQBACKUP_DIRECTORY", "/a");
  CHECK(environment_setting(directory)->value == "/a");
}

TEST_CASE("an illegal value in the environment is an error that names the variable") {
  Variable wrong("SQBACKUP_ALLOW_RESTORE", "maybe");
  const auto value = normalized_environment(*find_setting("allow_restore"));
  REQUIRE(value.status().is(Error::kBadSetting));
  CHECK_THAT(value.status().message(),
             Catch::StartsWith("the environment variable SQBACKUP_ALLOW_RESTORE: "));
}

TEST_CASE("the targets of alerts are checked when they are set") {
  CHECK(normal("ping_url", "https://hc-ping.com/KEY/app?create=1") == "https://hc-ping.com/KEY/app?create=1");
  CHECK(normal("webhook_url", "http://127.0.0.1:8080/hook") == "http://127.0.0.1:8080/hook");
  CHECK(normal("smtp_url", "smtps://me:p%40ss@mail.example.com") == "smtps://me:p%40ss@mail.example.com");
  CHECK(normal("mail_to", "a@example.com, b@example.com") == "a@example.com, b@example.com");
  CHECK(normal("mail_from", "a@example.com") == "a@example.com");
  const std::string long_name = std::string(5000, 'a') + "@example.com";
  for (const auto& [key, bad] : {std::pair("ping_url", ""),
                                 {"ping_url", "ftp://example.com/SECRET"},
                                 {"webhook_url", "https://example.com/SECRET#x"},
                                 {"webhook_secret", "SECRET"},
                                 {"webhook_secret", "***"},
                                 {"smtp_url", "***"},
                                 {"smtp_url", "http://me:SECRET@mail"},
                                 {"smtp_url", "smtp://me:SECRET@@mail"},
                                 {"mail_to", ""},
                                 {"mail_to", "nobody"},
                                 {"mail_to", long_name.c_str()},
                                 {"mail_from", "a@example.com, b@example.com"}}) {
    INFO(key << " " << bad);
    CHECK_THAT(normal(key, bad), Catch::StartsWith(std::string("SQB-ARG-04 the setting '") + key + "': "));
    CHECK_THAT(normal(key, bad), !Catch::Contains("SECRET"));
  }
}

TEST_CASE("a secret is shown as stars, anything else as it is") {
  for (const char* key : {"webhook_secret", "smtp_url"}) {
    const SettingInfo& setting = *find_setting(key);
    CHECK(is_secret(setting));
    CHECK(shown_value(setting, {"smtp://me:password@mail", "session"}) == "***");
    CHECK(shown_value(setting, {std::nullopt, "default"}) == std::nullopt);
  }
  CHECK(shown_value(*find_setting("mail_to"), {"a@example.com", "stored"}) == "a@example.com");
}
