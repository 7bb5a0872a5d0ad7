#include "service/place.h"

#include <chrono>
#include <cstdlib>
#include <thread>

#include "base/ascii.h"
#include "engine/remote_backup.h"
#include "format/backup_name.h"
#include "net/curl.h"
#include "store/directory_store.h"
#include "store/s3/s3_store.h"
#include "store/s3/uri_encode.h"

namespace sqbackup {
namespace {

constexpr std::string_view kS3 = "s3://";
constexpr std::string_view kFile = "file://";

Result<std::string> text_of(Database& database, const char* key) {
  SQB_ASSIGN(const SettingValue value, database.setting(key));
  return value.value.value_or("");
}

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

void sleep_for(std::int64_t millis) { std::this_thread::sleep_for(std::chrono::milliseconds(millis)); }

Status bad(const std::string& text) { return {Error::kBadSetting, text}; }

Result<S3CredentialOptions> credential_options(Database& database) {
  S3CredentialOptions options;
  SQB_ASSIGN(options.access_key_id, text_of(database, "access_key_id"));
  SQB_ASSIGN(const std::string secret, text_of(database, "secret_access_key"));
  SQB_ASSIGN(const std::string token, text_of(database, "session_token"));
  SQB_ASSIGN(options.profile, text_of(database, "profile"));
  if (options.access_key_id.empty() != secret.empty())
    return bad("the settings access_key_id and secret_access_key go together, and one of them is missing");
  if (!token.empty() && secret.empty())
    return bad("the setting session_token goes with access_key_id and secret_access_key");
  options.secret_access_key = Secret(as_bytes(secret));
  options.session_token = Secret(as_bytes(token));
  return options;
}

Result<S3EndpointSettings> endpoint_settings(Database& database, const std::string& profile,
                                             const S3Surroundings& surroundings) {
  S3EndpointSettings endpoint;
  SQB_ASSIGN(endpoint.url, text_of(database, "endpoint"));
  SQB_ASSIGN(endpoint.region, text_of(database, "region"));
  SQB_ASSIGN(const std::string path_style, text_of(database, "path_style"));
  if (path_style != "auto") endpoint.path_style = path_style == "on";
  SQB_ASSIGN(const S3Defaults defaults, s3_defaults(profile, surroundings));
  if (endpoint.url.empty()) endpoint.url = defaults.endpoint_url;
  if (endpoint.region.empty()) endpoint.region = defaults.region;
  if (endpoint.region.empty()) endpoint.region = "us-east-1";  // as every other program
  return endpoint;
}

}  // namespace

struct OpenPlace::S3 {
  S3(S3CredentialOptions options, const S3Surroundings& surroundings)
      : credentials(std::move(options), surroundings) {}
  S3CredentialSource credentials;
};

OpenPlace::OpenPlace() = default;
OpenPlace::~OpenPlace() = default;

Result<Place> parse_place(std::string_view url) {
  if (url.starts_with(kS3)) {
    SQB_TRY(parse_s3_url(url).status());
    return Place{std::string(url), {}};
  }
  if (!url.starts_with(kFile)) return bad("a place is written as s3://bucket/prefix or file:///directory");
  auto path = s3_uri_decode(url.substr(kFile.size()));
  if (!path || !path->starts_with('/') || path->find('\0') != std::string::npos)
    return bad("a directory is written as file:///directory, with its absolute path and %25 for a '%'");
  while (path->size() > 1 && path->ends_with('/')) path->pop_back();
  return Place{std::string(url), std::move(*path)};
}

bool is_remote(std::string_view point) { return point.starts_with(kS3) || point.starts_with(kFile); }

Result<RemotePoint> remote_point(std::string_view point) {
  const std::size_t slash = point.rfind('/');
  RemotePoint remote{std::string(point.substr(0, slash)), std::string(point.substr(slash + 1))};
  const bool latest = ascii_lower(remote.name) == "latest";
  if (latest) remote.name = "latest";
  if ((latest || remote.name.find('.') != std::string::npos) && parse_place(remote.place).ok()) return remote;
  return Status(Error::kBadPoint,
                "a copy is meant by the URL of its place with '/latest' or '/' and its name "
                "behind it: s3://bucket/prefix/latest");
}

Result<std::unique_ptr<OpenPlace>> OpenPlace::open(Database& database,
                                                   const std::optional<std::string>& url) {
  SQB_ASSIGN(const std::string text, url ? Result<std::string>(*url) : text_of(database, "url"));
  if (text.empty()) {
    return bad(
        "no place is named; SELECT backup_config('url', 's3://bucket/prefix') first, or give "
        "{\"url\": ...}");
  }
  SQB_ASSIGN(const Place place, parse_place(text));
  std::unique_ptr<OpenPlace> open(new OpenPlace);
  if (!place.directory.empty()) {
    // One spelling for one place: what is remembered of it goes by its URL.
    const auto directory = database.env().files->canonical(place.directory);
    open->directory_ = directory.ok() ? *directory : place.directory;
    SQB_ASSIGN(open->store_, DirectoryStore::create(*database.env().files, open->directory_));
    return open;
  }
  const S3Surroundings surroundings{environment, *database.env().files, curl_http(), *database.env().clock};
  SQB_ASSIGN(S3CredentialOptions credentials, credential_options(database));
  S3StoreOptions options;
  options.url = place.url;
  SQB_ASSIGN(options.endpoint, endpoint_settings(database, credentials.profile, surroundings));
  open->s3_ = std::make_unique<S3>(std::move(credentials), surroundings);
  const S3World world{curl_http(), *database.env().clock, open->s3_->credentials, sleep_for,
                      s3_system_random};
  SQB_ASSIGN(open->store_, S3Store::create(options, world));
  return open;
}

Result<std::string> newest_in(OpenPlace& place, const Cancel& cancel) {
  SQB_ASSIGN(const RemoteListing listing, list_remote(place.store(), cancel));
  Status damaged;
  for (auto backup = listing.backups.rbegin(); backup != listing.backups.rend(); ++backup) {
    if (!time_of_backup_name(backup->name)) continue;  // perhaps somebody else's
    const auto manifest = read_remote_manifest(place.store(), backup->name, cancel);
    if (manifest.status().is(Error::kNoSuchBackup)) continue;  // it went meanwhile
    if (manifest.status().is(Error::kManifestDamaged) && damaged.ok()) damaged = manifest.status();
    if (manifest.status().is(Error::kManifestDamaged)) continue;
    if (!manifest.ok()) return manifest.status();
    if (manifest->manifest.trigger == "pre_restore") continue;
    if (damaged.ok()) return backup->name;
    return Status(damaged.error(),
                  damaged.message() + "; the newest other backup there is '" + backup->name + "'");
  }
  if (!damaged.ok()) return damaged;
  if (!listing.no_data.empty()) {
    return Status(Error::kStoredBytesDamaged, "of all backups in '" + place.url() +
                                                  "' the data is missing; there is the manifest of '" +
                                                  listing.no_data.back() + "'");
  }
  return Status(Error::kNoSuchBackup, "there is no backup in '" + place.url() + "'");
}

}  // namespace sqbackup
