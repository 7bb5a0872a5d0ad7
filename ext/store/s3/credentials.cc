#include "store/s3/credentials.h"

#include <algorithm>
#include <initializer_list>

#include "net/url.h"
#include "store/s3/metadata.h"

namespace sqbackup {
namespace {

constexpr std::int64_t kRenewBeforeMillis = std::int64_t{5} * 60 * 1000;
constexpr std::uint64_t kLargestFile = 1 << 20;

Status none(const std::string& what) { return {Error::kNoCredentials, what}; }

// The first of the variables that is set and not empty.
std::string variable(const S3Surroundings& in, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto value = in.environment(name);
    if (value && !value->empty()) return *value;
  }
  return {};
}

// The content; empty where there is no such file.
Result<Secret> read_file(FileEnv& files, const std::string& path) {
  auto opened = files.open(path, /*follow_symlink=*/true);
  if (opened.status().is(Error::kNoSuchFile)) return Secret();
  SQB_ASSIGN(const auto file, std::move(opened));
  SQB_ASSIGN(const FileInfo info, file->info());
  if (info.size > kLargestFile)
    return Status(Error::kBadSetting, path + " is too long for a file of credentials");
  Secret text(static_cast<std::size_t>(info.size));
  SQB_ASSIGN(const std::size_t got, file->read_at(0, text.span()));
  if (got == text.size()) return text;
  return Secret(text.bytes().first(got));
}

std::string path_of(const S3Surroundings& in, const char* name, const char* usual) {
  const std::string home = variable(in, {"HOME"});
  std::string given = variable(in, {name});
  if (given.starts_with("~/")) return join_path(home, given.substr(2));
  if (!given.empty()) return given;
  return home.empty() ? std::string() : join_path(home, usual);
}

std::string profile_name(const std::string& given, const S3Surroundings& in) {
  if (!given.empty()) return given;
  const std::string named = variable(in, {"AWS_PROFILE"});
  return named.empty() ? "default" : named;
}

// Error: kNoCredentials for a profile that was asked for by name and is nowhere.
Result<S3Profile> profile_of(const std::string& name, const S3Surroundings& in) {
  const std::string credentials = path_of(in, "AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials");
  const std::string config = path_of(in, "AWS_CONFIG_FILE", ".aws/config");
  S3Profile profile;
  for (const auto& [path, kind] :
       {std::pair(credentials, S3ProfileFile::kCredentials), std::pair(config, S3ProfileFile::kConfig)}) {
    if (path.empty()) continue;
    SQB_ASSIGN(const Secret text, read_file(in.files, path));
    read_s3_profile(text.text(), kind, name, profile);
  }
  if (!profile.found && name != "default") {
    return none("the profile '" + name + "' is neither in " + credentials + " nor in " + config +
                "; correct its name, or unset AWS_PROFILE");
  }
  return profile;
}

Result<std::optional<S3Credentials>> from_environment(const S3Surroundings& in) {
  struct Names {
    const char* id;
    const char* secret;
    const char* token;
  };
  for (const Names& names : {Names{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"},
                             Names{"S3_ACCESS_KEY", "S3_SECRET_KEY", nullptr}}) {
    S3Credentials credentials;
    credentials.access_key_id = variable(in, {names.id});
    credentials.secret_access_key = Secret(as_bytes(variable(in, {names.secret})));
    if (credentials.access_key_id.empty() && credentials.secret_access_key.empty()) continue;
    if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) {
      const bool has_id = credentials.secret_access_key.empty();
      return none(std::string(has_id ? names.id : names.secret) + " is set and " +
                  (has_id ? names.secret : names.id) + " is not; set both or none");
    }
    if (names.token != nullptr) credentials.session_token = Secret(as_bytes(variable(in, {names.token})));
    return std::optional(std::move(credentials));
  }
  return std::optional<S3Credentials>();
}

Result<std::optional<S3Credentials>> from_profile(const std::string& name, const S3Surroundings& in) {
  SQB_ASSIGN(S3Profile profile, profile_of(name, in));
  if (profile.access_key_id.empty() != profile.secret_access_key.empty()) {
    return none("the profile '" + name +
                "' has only one of aws_access_key_id and aws_secret_access_key; it needs both");
  }
  if (!profile.access_key_id.empty()) {
    S3Credentials credentials;
    credentials.access_key_id = std::move(profile.access_key_id);
    credentials.secret_access_key = std::move(profile.secret_access_key);
    credentials.session_token = std::move(profile.session_token);
    return std::optional(std::move(credentials));
  }
  if (profile.other_way.empty()) return std::optional<S3Credentials>();
  return none("the profile '" + name + "' gets its credentials by " + profile.other_way +
              ", which sqbackup does not do; give it keys, or run the process with "
              "the variables that 'aws configure export-credentials --format env' prints");
}

Result<std::optional<S3Credentials>> from_container(const S3Surroundings& in, const Cancel& cancel) {
  const std::string relative = variable(in, {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"});
  const std::string full = variable(in, {"AWS_CONTAINER_CREDENTIALS_FULL_URI"});
  if (relative.empty() && full.empty()) return std::optional<S3Credentials>();
  if (!relative.empty() && !relative.starts_with('/')) {
    return Status(Error::kBadSetting, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin with '/'");
  }
  Secret authorization(as_bytes(variable(in, {"AWS_CONTAINER_AUTHORIZATION_TOKEN"})));
  if (const std::string path = variable(in, {"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"}); !path.empty()) {
    SQB_ASSIGN(const Secret text, read_file(in.files, path));
    if (text.empty())
      return none("the file " + path + " of AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE is missing or empty");
    authorization = Secret(as_bytes(text.text().substr(0, text.text().find_last_not_of("\r\n") + 1)));
  }
  SQB_ASSIGN(S3Credentials credentials,
             s3_container_credentials(relative.empty() ? full : kContainerMetadata + relative, authorization,
                                      in.http, cancel));
  return std::optional(std::move(credentials));
}

}  // namespace

S3CredentialSource::S3CredentialSource(S3CredentialOptions options, S3Surroundings surroundings)
    : options_(std::move(options)), surroundings_(std::move(surroundings)) {}

// Without the mutex held while others are asked: two threads may do the same work, and neither waits for the
// other.
Result<std::shared_ptr<const S3Credentials>> S3CredentialSource::get(const Cancel& cancel) {
  std::shared_ptr<const S3Credentials> current;
  {
    MutexLock lock(mutex_);
    current = current_;
  }
  const UnixMillis now = surroundings_.clock.now();
  if (current && (!current->expires || now < *current->expires - kRenewBeforeMillis)) return current;
  Result<S3Credentials> found = find(cancel);
  if (!found.ok()) {
    const bool still_good = current && now < *current->expires && !found.status().is(Error::kInterrupted);
    if (still_good) return current;
    return found.status();
  }
  current = std::make_shared<const S3Credentials>(std::move(found).value());
  MutexLock lock(mutex_);
  current_ = current;
  return current;
}

void S3CredentialSource::renew(const std::shared_ptr<const S3Credentials>& used) {
  MutexLock lock(mutex_);
  if (current_ == used) current_ = nullptr;
}

Result<S3Credentials> S3CredentialSource::find(const Cancel& cancel) const {
  if (!options_.access_key_id.empty() || !options_.secret_access_key.empty()) {
    if (options_.access_key_id.empty() || options_.secret_access_key.empty()) {
      return none("an access key and its secret are needed, and only one of them is given");
    }
    S3Credentials credentials;
    credentials.access_key_id = options_.access_key_id;
    credentials.secret_access_key = Secret(options_.secret_access_key.bytes());
    credentials.session_token = Secret(options_.session_token.bytes());
    return credentials;
  }
  const std::string profile = profile_name(options_.profile, surroundings_);
  std::optional<S3Credentials> found;
  if (options_.profile.empty()) {
    SQB_ASSIGN(found, from_environment(surroundings_));
    if (found) return std::move(*found);
  }
  SQB_ASSIGN(found, from_profile(profile, surroundings_));
  if (found) return std::move(*found);
  SQB_ASSIGN(found, from_container(surroundings_, cancel));
  if (found) return std::move(*found);
  const std::string nowhere =
      "no credentials for the object store: AWS_ACCESS_KEY_ID and S3_ACCESS_KEY are not set, the profile '" +
      profile + "' has no keys, ";
  const std::string advice = "; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
  if (equal_in_any_case(variable(surroundings_, {"AWS_EC2_METADATA_DISABLED"}), "true")) {
    return none(nowhere + "and AWS_EC2_METADATA_DISABLED is set" + advice);
  }
  auto role = s3_instance_credentials(kInstanceMetadata, surroundings_.http, cancel);
  if (!role.status().is(Error::kNoCredentials)) return role;
  return none(nowhere + "and " + role.status().message() + advice);
}

Result<S3Defaults> s3_defaults(const std::string& profile, const S3Surroundings& surroundings) {
  S3Defaults defaults;
  defaults.region = variable(surroundings, {"AWS_REGION", "AWS_DEFAULT_REGION"});
  defaults.endpoint_url = variable(surroundings, {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
  if (!defaults.region.empty() && !defaults.endpoint_url.empty()) return defaults;
  SQB_ASSIGN(const S3Profile said, profile_of(profile_name(profile, surroundings), surroundings));
  if (defaults.region.empty()) defaults.region = said.region;
  if (defaults.endpoint_url.empty()) defaults.endpoint_url = said.endpoint_url;
  return defaults;
}

}  // namespace sqbackup
