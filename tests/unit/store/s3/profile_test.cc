#include "store/s3/profile.h"

#include "support/test.h"

using namespace sqbackup;

namespace {

S3Profile read(const std::string& text, const char* name = "default",
               S3ProfileFile file = S3ProfileFile::kCredentials) {
  S3Profile profile;
  read_s3_profile(text, file, name, profile);
  return profile;
}

S3Profile config(const std::string& text, const char* name) {
  return read(text, name, S3ProfileFile::kConfig);
}

}  // namespace

TEST_CASE("a profile of the credentials file") {
  const std::string text =
      "# comment\n; comment\n[other]\naws_access_key_id=wrong\n\n [ default ] # x\r\n"
      "aws_access_key_id = AKID\r\nAWS_Secret_Access_Key=a=b/c+d==\naws_session_token\t=\tt o \nregion=r ; "
      "here\n"
      "[last]\naws_access_key_id=no\nendpoint_url = http://h:1/#x";
  const S3Profile profile = read(text);
  CHECK(profile.found);
  CHECK(profile.access_key_id == "AKID");
  CHECK(profile.secret_access_key.text() == "a=b/c+d==");
  CHECK(profile.session_token.text() == "t o");
  CHECK(profile.region == "r");
  CHECK(profile.endpoint_url.empty());
  CHECK(profile.other_way.empty());
  CHECK(read(text, "last").endpoint_url == "http://h:1/#x");
  CHECK_FALSE(read(text, "none").found);
  CHECK_FALSE(read("aws_access_key_id=x\n").found);
  CHECK(read("aws_access_key_id=x\n").access_key_id.empty());
}

TEST_CASE("the sections of the config file are named otherwise") {
  const std::string text =
      "[default]\nregion=d\n[profile work]\nregion=w\n[profile \"two words\"]\nregion=t\n[work]\nregion=x\n"
      "[profiles]\nregion=y\n[sso-session work]\nregion=z\n";
  CHECK(config(text, "default").region == "d");
  CHECK(config(text, "work").region == "w");
  CHECK(config(text, "two words").region == "t");
  CHECK_FALSE(config(text, "s").found);
  CHECK_FALSE(config(text, "profile work").found);
  CHECK(config("[profile default]\nregion=p\n", "default").region == "p");
}

TEST_CASE("what is indented below a key belongs to it") {
  const S3Profile nested =
      config("[default]\ns3 =\n  region = no\n  endpoint_url = no\nregion = yes\n", "default");
  CHECK(nested.region == "yes");
  CHECK(nested.endpoint_url.empty());
  CHECK(config("[default]\n  region = yes\n  endpoint_url = too\n", "default").endpoint_url == "too");
}

TEST_CASE("what was read first stays") {
  S3Profile profile = read("[default]\naws_access_key_id=1\n[default]\naws_access_key_id=2\nregion=r\n");
  CHECK(profile.access_key_id == "1");
  CHECK(profile.region == "r");
  read_s3_profile("[default]\naws_access_key_id=3\nregion=s\nendpoint_url=e\n", S3ProfileFile::kConfig,
                  "default", profile);
  CHECK(profile.access_key_id == "1");
  CHECK(profile.region == "r");
  CHECK(profile.endpoint_url == "e");
}

TEST_CASE("other ways to credentials are noticed") {
  for (const char* key :
       {"role_arn", "credential_process", "sso_session", "sso_start_url", "web_identity_token_file"}) {
    CHECK(read(std::string("[default]\n") + key + " = x\n").other_way == key);
  }
}
