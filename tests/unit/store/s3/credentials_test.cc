#include "store/s3/credentials.h"

#include <map>

#include "support/temp_dir.h"
#include "support/test.h"
#include "unit/net/fake_senders.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

constexpr std::int64_t kMinute = 60'000;

bool never() { return false; }

struct Machine {
  TempDir home;
  FakeHttp http;
  SleepingClock clock;
  std::map<std::string, std::string> variables;

  Machine() { variables["HOME"] = home.path(); }
  S3Surroundings surroundings() {
    return {[this](const char* name) -> std::optional<std::string> {
              const auto found = variables.find(name);
              return found == variables.end() ? std::nullopt : std::optional(found->second);
            },
            posix_file_env(), http, clock};
  }
  void write(const char* name, const std::string& text) {
    if (!path_exists(home.path_of(".aws"))) {
      REQUIRE(posix_file_env().make_directory(home.path_of(".aws")).ok());
    }
    write_whole_file(home.path_of(std::string(".aws/") + name), text);
  }
  Result<std::shared_ptr<const S3Credentials>> get(S3CredentialOptions options = {}) {
    return S3CredentialSource(std::move(options), surroundings()).get(never);
  }
  std::string id(S3CredentialOptions options = {}) {
    const auto got = get(std::move(options));
    return got.ok() ? (*got)->access_key_id + ':' + std::string((*got)->secret_access_key.text()) + ':' +
                          std::string((*got)->session_token.text())
                    : got.status().to_string();
  }
  void check_none(const std::string& words, S3CredentialOptions options = {}) {
    const Status status = get(std::move(options)).status();
    CAPTURE(status.to_string(), words);
    REQUIRE(status.is(Error::kNoCredentials));
    CHECK(status.message().find(words) != std::string::npos);
    CHECK(status.message().find("secret-") == std::string::npos);
  }
};

S3CredentialOptions keys(const char* id, const char* secret) {
  S3CredentialOptions options;
  options.access_key_id = id;
  options.secret_access_key = Secret(as_bytes(secret));
  return options;
}

S3CredentialOptions profile(const char* name) {
  S3CredentialOptions options;
  options.profile = name;
  return options;
}

std::string role_answer(const std::string& id, const std::string& expires) {
  return R"({"Code":"Success","AccessKeyId":")" + id +
         R"(","SecretAccessKey":"s","Token":"t","Expiration":")" + expires + "\"}";
}

void answer_as_instance(FakeHttp& http, const std::string& id, const std::string& expires) {
  http.answers.push_back(answer(200, {}, "metadata-token"));
  http.answers.push_back(answer(200, {}, "my role\n"));
  http.answers.push_back(answer(200, {}, role_answer(id, expires)));
}

std::string in(SleepingClock& clock, std::int64_t millis) {
  std::string text = format_sql_time(clock.now() + millis) + "Z";
  text[10] = 'T';
  return text;
}

}  // namespace

TEST_CASE("the first place that has credentials gives them") {
  Machine machine;
  answer_as_instance(machine.http, "instance", in(machine.clock, 60 * kMinute));
  CHECK(machine.id() == "instance:s:t");
  machine.http.answers.push_back(answer(200, {}, role_answer("container", in(machine.clock, 60 * kMinute))));
  machine.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/x?y";
  CHECK(machine.id() == "container:s:t");
  CHECK(machine.http.requests.back().url == "http://169.254.170.2/v2/x?y");
  const std::size_t asked = machine.http.requests.size();
  machine.write("config", "[default]\naws_access_key_id=config\naws_secret_access_key=s\n");
  CHECK(machine.id() == "config:s:");
  machine.write("credentials",
                "[default]\naws_access_key_id=file\naws_secret_access_key=s\naws_session_token=t\n"
                "[work]\naws_access_key_id=work\naws_secret_access_key=w\n");
  CHECK(machine.id() == "file:s:t");
  machine.variables["AWS_PROFILE"] = "work";
  CHECK(machine.id() == "work:w:");
  machine.variables["S3_ACCESS_KEY"] = "s3";
  machine.variables["S3_SECRET_KEY"] = "k";
  CHECK(machine.id() == "s3:k:");
  machine.variables["AWS_ACCESS_KEY_ID"] = "aws";
  machine.variables["AWS_SECRET_ACCESS_KEY"] = "k";
  machine.variables["AWS_SESSION_TOKEN"] = "t";
  CHECK(machine.id() == "aws:k:t");
  CHECK(machine.id(profile("work")) == "work:w:");
  CHECK(machine.id(keys("given", "g")) == "given:g:");
  CHECK(machine.http.requests.size() == asked);
}

TEST_CASE("files stand where the variables say") {
  Machine machine;
  machine.write("elsewhere", "[default]\naws_access_key_id=else\naws_secret_access_key=s\n");
  machine.variables["AWS_SHARED_CREDENTIALS_FILE"] = "~/.aws/elsewhere";
  CHECK(machine.id() == "else:s:");
  machine.variables["AWS_SHARED_CREDENTIALS_FILE"] = machine.home.path_of(".aws/none");
  machine.variables["AWS_CONFIG_FILE"] = machine.home.path_of(".aws/elsewhere");
  CHECK(machine.id() == "else:s:");
  machine.variables["AWS_CONFIG_FILE"] = machine.home.path();
  CHECK(machine.get().status().is(Error::kNotAnOrdinaryFile));
  machine.write("large", std::string((1 << 20) + 1, '#'));
  machine.variables["AWS_CONFIG_FILE"] = machine.home.path_of(".aws/large");
  CHECK(machine.get().status().is(Error::kBadSetting));
}

TEST_CASE("half of a pair is an error that says which half is missing") {
  Machine machine;
  machine.check_none("only one", keys("id", ""));
  machine.check_none("only one", keys("", "secret-1"));
  machine.variables["S3_SECRET_KEY"] = "secret-1";
  machine.check_none("S3_SECRET_KEY is set and S3_ACCESS_KEY is not");
  machine.variables["AWS_ACCESS_KEY_ID"] = "id";
  machine.check_none("AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not");
  machine.variables.erase("AWS_ACCESS_KEY_ID");
  machine.variables.erase("S3_SECRET_KEY");
  machine.write("credentials", "[default]\naws_secret_access_key=secret-1\n");
  machine.check_none("only one of");
  CHECK(machine.http.requests.empty());
}

TEST_CASE("a profile that is nowhere, or gets its keys in a way that we do not know, is an error") {
  Machine machine;
  machine.write("config", "[profile sso]\nsso_session = x\n");
  machine.check_none("the profile 'gone' is neither in", profile("gone"));
  machine.check_none("by sso_session", profile("sso"));
  machine.variables["AWS_PROFILE"] = "gone";
  machine.check_none("the profile 'gone'");
  CHECK(machine.http.requests.empty());
}

TEST_CASE("nothing anywhere says where it was looked for") {
  Machine machine;
  machine.http.answers.push_back(network_error("no route to 169.254.169.254"));
  machine.check_none("no route");
  machine.http.answers.push_back(answer(404));
  machine.check_none("AWS_ACCESS_KEY_ID");
  const std::size_t asked = machine.http.requests.size();
  machine.variables["AWS_EC2_METADATA_DISABLED"] = "True";
  machine.check_none("AWS_EC2_METADATA_DISABLED");
  CHECK(machine.http.requests.size() == asked);
  machine.variables.erase("HOME");
  machine.check_none("AWS_ACCESS_KEY_ID");
}

TEST_CASE("the instance is asked with a token") {
  Machine machine;
  answer_as_instance(machine.http, "id", in(machine.clock, 60 * kMinute));
  CHECK(machine.id() == "id:s:t");
  const auto& requests = machine.http.requests;
  REQUIRE(requests.size() == 3);
  CHECK(requests[0].method == "PUT");
  CHECK(requests[0].url == "http://169.254.169.254/latest/api/token");
  CHECK(requests[0].headers.at(0).name == "X-aws-ec2-metadata-token-ttl-seconds");
  for (std::size_t i = 1; i < 3; ++i) {
    CHECK(requests[i].method == "GET");
    CHECK(requests[i].headers.at(0).name == "X-aws-ec2-metadata-token");
    CHECK(requests[i].headers.at(0).value == "metadata-token");
  }
  CHECK(requests[1].url == "http://169.254.169.254/latest/meta-data/iam/security-credentials/");
  CHECK(requests[2].url == "http://169.254.169.254/latest/meta-data/iam/security-credentials/my%20role");
}

TEST_CASE("a metadata service that fails, or says nothing of use") {
  Machine machine;
  machine.http.answers.push_back(answer(503));
  CHECK(machine.get().status().is(Error::kNetwork));
  machine.http.answers.push_back(Status(Error::kInterrupted, "stopped"));
  CHECK(machine.get().status().is(Error::kInterrupted));
  for (const char* body :
       {"", "null", "[]", "{", "{}", R"({"AccessKeyId":"a"})", R"({"AccessKeyId":1,"SecretAccessKey":"s"})",
        R"({"Code":"Failed","AccessKeyId":"a","SecretAccessKey":"secret-1"})",
        R"({"AccessKeyId":"a","SecretAccessKey":"secret-1","Expiration":"soon"})"}) {
    CAPTURE(body);
    machine.http.answers = {answer(200, {}, "token"), answer(200, {}, "role"), answer(200, {}, body)};
    machine.check_none("holds no credentials");
  }
  machine.http.answers = {answer(200, {}, "token"), answer(200, {}, "\n")};
  machine.check_none("no role");
}

TEST_CASE("who has answered once is there: that it does not any more may pass") {
  Machine machine;
  const Status reset = network_error("reset");
  machine.http.answers = {reset};  // no cloud
  machine.check_none("no metadata service answers");
  machine.http.answers = {answer(200, {}, "token"), reset};
  CHECK(machine.get().status().is(Error::kNetwork));
  machine.http.answers = {answer(200, {}, "token"), answer(200, {}, "role"), reset};
  CHECK(machine.get().status().is(Error::kNetwork));
  machine.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/x";  // a container's was promised
  machine.http.answers = {reset};
  CHECK(machine.get().status().is(Error::kNetwork));
}

TEST_CASE("metadata services are asked without a proxy") {
  Machine machine;
  answer_as_instance(machine.http, "id", in(machine.clock, 60 * kMinute));
  CHECK(machine.id() == "id:s:t");
  machine.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/x";
  machine.http.answers = {answer(200, {}, R"({"AccessKeyId":"c","SecretAccessKey":"s"})")};
  CHECK(machine.id() == "c:s:");
  REQUIRE(machine.http.requests.size() == 4);
  for (const HttpRequest& request : machine.http.requests) CHECK(request.direct);
}

TEST_CASE("a container's authorization goes to this machine, or encrypted, and nowhere else") {
  Machine machine;
  const auto answered = [&] {
    machine.http.answers = {answer(200, {}, R"({"AccessKeyId":"c","SecretAccessKey":"s"})")};
    return machine.id();
  };
  auto& url = machine.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"];
  machine.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "secret-1";
  for (const char* good :
       {"http://127.0.0.1:51679/x", "http://localhost/x", "http://169.254.170.23/v1/credentials",
        "http://[fd00:ec2::23]/v1/credentials", "https://example.org/x"}) {
    url = good;
    CHECK(answered() == "c:s:");
    CHECK(machine.http.requests.back().url == good);
    CHECK(machine.http.requests.back().headers.at(0).name == "Authorization");
    CHECK(machine.http.requests.back().headers.at(0).value == "secret-1");
  }
  machine.write("token", "secret-2\n");
  machine.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = machine.home.path_of(".aws/token");
  CHECK(answered() == "c:s:");
  CHECK(machine.http.requests.back().headers.at(0).value == "secret-2");
  const std::size_t asked = machine.http.requests.size();
  for (const char* bad :
       {"http://example.org/x", "http://169.254.170.3/", "http://127.evil.org/", "ftp://x", "x"}) {
    url = bad;
    CAPTURE(bad);
    CHECK(machine.get().status().is(Error::kBadSetting));
  }
  machine.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "@evil.org/x";
  CHECK(machine.get().status().is(Error::kBadSetting));
  machine.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/x";
  machine.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = machine.home.path_of(".aws/none");
  machine.check_none("missing or empty");
  CHECK(machine.http.requests.size() == asked);
}

TEST_CASE("credentials are renewed before they expire, and kept while they cannot be") {
  Machine machine;
  S3CredentialSource source({}, machine.surroundings());
  answer_as_instance(machine.http, "first", in(machine.clock, 60 * kMinute));
  const auto first = source.get(never);
  REQUIRE(first.ok());
  machine.clock.slept = 54 * kMinute;
  REQUIRE(source.get(never).ok());
  CHECK(machine.http.requests.size() == 3);
  machine.clock.slept = 56 * kMinute;
  machine.http.answers.push_back(network_error("down"));
  const auto kept = source.get(never);
  REQUIRE(kept.ok());
  CHECK((*kept)->access_key_id == "first");
  machine.http.answers.push_back(Status(Error::kInterrupted, "stopped"));
  CHECK(source.get(never).status().is(Error::kInterrupted));
  answer_as_instance(machine.http, "second", in(machine.clock, 60 * kMinute));
  const auto second = source.get(never);
  REQUIRE(second.ok());
  CHECK((*second)->access_key_id == "second");
  machine.clock.slept = 200 * kMinute;
  machine.http.answers.push_back(network_error("down"));
  CHECK(source.get(never).status().is(Error::kNoCredentials));
}

TEST_CASE("refused credentials are looked for again, once") {
  Machine machine;
  machine.write("credentials", "[default]\naws_access_key_id=old\naws_secret_access_key=s\n");
  S3CredentialSource source({}, machine.surroundings());
  const auto old = source.get(never);
  REQUIRE(old.ok());
  machine.write("credentials", "[default]\naws_access_key_id=new\naws_secret_access_key=s\n");
  CHECK((*source.get(never))->access_key_id == "old");
  source.renew(*old);
  const auto fresh = source.get(never);
  CHECK((*fresh)->access_key_id == "new");
  source.renew(*old);  // told late by another thread
  CHECK(*source.get(never) == *fresh);
}

TEST_CASE("region and endpoint: of the environment, or else of the profile") {
  Machine machine;
  machine.write("config", "[default]\nregion=d\n[profile work]\nregion=w\nendpoint_url=https://work\n");
  CHECK(s3_defaults("", machine.surroundings())->region == "d");
  CHECK(s3_defaults("", machine.surroundings())->endpoint_url.empty());
  CHECK(s3_defaults("work", machine.surroundings())->endpoint_url == "https://work");
  machine.variables["AWS_PROFILE"] = "work";
  CHECK(s3_defaults("", machine.surroundings())->region == "w");
  machine.variables["AWS_DEFAULT_REGION"] = "e";
  CHECK(s3_defaults("", machine.surroundings())->region == "e");
  machine.variables["AWS_REGION"] = "f";
  machine.variables["AWS_ENDPOINT_URL"] = "https://any";
  machine.variables["AWS_PROFILE"] = "gone";
  CHECK(s3_defaults("", machine.surroundings())->region == "f");
  CHECK(s3_defaults("", machine.surroundings())->endpoint_url == "https://any");
  machine.variables["AWS_ENDPOINT_URL_S3"] = "https://s3";
  CHECK(s3_defaults("", machine.surroundings())->endpoint_url == "https://s3");
  machine.variables.erase("AWS_REGION");
  machine.variables.erase("AWS_DEFAULT_REGION");
  CHECK(s3_defaults("", machine.surroundings()).status().is(Error::kNoCredentials));
}
