// Where the keys of an object store come from, and how they are kept fresh. The first of these that has any:
//   1. what is given explicitly, keys or the name of a profile;
//   2. the environment: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, or S3_ACCESS_KEY and
//      S3_SECRET_KEY;
//   3. the profile AWS_PROFILE, or 'default', in the files AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE,
//   or
//      ~/.aws/credentials and ~/.aws/config;
//   4. the container's: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI or _FULL_URI, with
//      AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE or AWS_CONTAINER_AUTHORIZATION_TOKEN;
//   5. the machine's own role, unless AWS_EC2_METADATA_DISABLED is 'true'.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/file_env.h"
#include "base/mutex.h"
#include "net/http.h"
#include "store/s3/profile.h"
#include "store/s3/signer.h"

namespace sqbackup {

struct S3CredentialOptions {
  std::string access_key_id;
  Secret secret_access_key;
  Secret session_token;
  std::string profile;
};

// The value of an environment variable; nullopt where it is not set.
using S3Environment = std::function<std::optional<std::string>(const char* name)>;

struct S3Surroundings {
  S3Environment environment;
  FileEnv& files;
  HttpTransport& http;
  Clock& clock;
};

// Safe for use by several threads, if the environment is.
class S3CredentialSource {
 public:
  S3CredentialSource(S3CredentialOptions options, S3Surroundings surroundings);

  // From memory; looked for at the first call, after renew(), and five minutes before they expire. Errors:
  // kNoCredentials, kBadSetting, kNetwork where another try may help, those of a file, kInterrupted, kNoCurl.
  // None holds a secret.
  Result<std::shared_ptr<const S3Credentials>> get(const Cancel& cancel);

  // The store has refused `used`: the next get() looks again.
  void renew(const std::shared_ptr<const S3Credentials>& used);

 private:
  Result<S3Credentials> find(const Cancel& cancel) const;

  const S3CredentialOptions options_;
  const S3Surroundings surroundings_;
  Mutex mutex_;
  std::shared_ptr<const S3Credentials> current_ SQB_GUARDED_BY(mutex_);
};

// What the environment (AWS_REGION, AWS_DEFAULT_REGION; AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL), or else the
// profile, say about the place. Empty: nothing.
struct S3Defaults {
  std::string region;
  std::string endpoint_url;
};
Result<S3Defaults> s3_defaults(const std::string& profile, const S3Surroundings& surroundings);

}  // namespace sqbackup
