// The files ~/.aws/credentials and ~/.aws/config, as Amazon's tools write and read them: sections, one for
// each profile, with lines "key = value". Source: "Format of the shared config and credentials files" of the
// AWS SDKs and Tools Reference Guide.
#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"

namespace sqbackup {

struct S3Profile {
  bool found = false;
  std::string access_key_id;
  Secret secret_access_key;
  Secret session_token;
  std::string region;
  std::string endpoint_url;
  std::string other_way;  // the first key by which it gets credentials in a way that we do not know
};

enum class S3ProfileFile {
  kCredentials,  // sections are [name]
  kConfig,       // sections are [profile name], and [default]
};

// Adds what the text says about a profile to `profile`; what that has already stays. Lines that are nothing
// of the kind are passed over, and so is what is indented below a key.
void read_s3_profile(std::string_view text, S3ProfileFile file, std::string_view name, S3Profile& profile);

}  // namespace sqbackup
