#include "store/s3/s3_url.h"

#include "support/test.h"

using namespace sqbackup;

namespace {

S3Location parsed(const std::string& text) {
  const auto location = parse_s3_url(text);
  CAPTURE(text);
  REQUIRE(location.ok());
  return *location;
}

S3Endpoint made(const std::string& bucket, const S3EndpointSettings& settings) {
  const auto endpoint = S3Endpoint::create(bucket, settings);
  REQUIRE(endpoint.ok());
  return *endpoint;
}

}  // namespace

TEST_CASE("an s3:// URL is a bucket and a prefix that ends in a slash") {
  for (const char* none : {"s3://my-bucket", "s3://my-bucket/"}) {
    CHECK(parsed(none).bucket == "my-bucket");
    CHECK(parsed(none).prefix.empty());
  }
  CHECK(parsed("s3://a.b.c/x").prefix == "x/");
  CHECK(parsed("s3://a.b.c/x/y/").prefix == "x/y/");
  CHECK(parsed("s3://123//x//").prefix == "/x//");
  CHECK(parsed("s3://abc/50% off?#+ \xc3\xa4\xf0\x9f\x92\xbe").prefix ==
        "50% off?#+ \xc3\xa4\xf0\x9f\x92\xbe/");
  CHECK(parsed("s3://" + std::string(63, 'a')).bucket.size() == 63);
}

TEST_CASE("what is no s3:// URL is refused with a reason") {
  for (const std::string text : {"",
                                 "s3:",
                                 "s3:/",
                                 "s3://",
                                 "s3:///x",
                                 "S3://bucket/x",
                                 "https://bucket/x",
                                 "s3://ab",
                                 "s3://Bucket",
                                 "s3://-abc",
                                 "s3://abc-",
                                 "s3://.abc",
                                 "s3://a..b",
                                 "s3://a_b",
                                 "s3://192.168.0.1",
                                 "s3://a b/x",
                                 "s3://user@bucket/x",
                                 "s3://bucket?x",
                                 "s3://abc/\xff",
                                 "s3://abc/\xc3",
                                 "s3://abc/a\nb",
                                 "s3://abc/\x7f"}) {
    CAPTURE(text);
    CHECK(parse_s3_url(text).status().is(Error::kBadSetting));
  }
  CHECK_FALSE(parse_s3_url("s3://" + std::string(64, 'a')).ok());
  CHECK_FALSE(parse_s3_url(std::string("s3://abc/x\0y", 12)).ok());
  CHECK(parse_s3_url("s3://abc/" + std::string(511, 'a')).ok());
  CHECK_FALSE(parse_s3_url("s3://abc/" + std::string(512, 'a')).ok());
}

TEST_CASE("a key has 1 to 1024 bytes") {
  CHECK(check_s3_key("a").ok());
  CHECK(check_s3_key(std::string(1024, 'a')).ok());
  CHECK(check_s3_key("").is(Error::kBadArgument));
  CHECK(check_s3_key(std::string(1025, 'a')).is(Error::kBadArgument));
}

TEST_CASE("Amazon's own hosts: the bucket in the name, but where it has a dot") {
  const S3Endpoint plain = made("bucket", {"", "eu-central-1", {}});
  CHECK(plain.host() == "bucket.s3.eu-central-1.amazonaws.com");
  CHECK(plain.path("") == "/");
  CHECK(plain.path("a b") == "/a b");
  CHECK(plain.url("a b/+", {}) == "https://bucket.s3.eu-central-1.amazonaws.com/a%20b/%2B");
  CHECK(plain.url("", {{"uploads", ""}, {"prefix", "/"}}) ==
        "https://bucket.s3.eu-central-1.amazonaws.com/?prefix=%2F&uploads=");
  CHECK(made("a.bucket", {"", "us-east-1", {}}).url("k", {}) ==
        "https://s3.us-east-1.amazonaws.com/a.bucket/k");
  CHECK(made("bucket", {"", "cn-north-1", {}}).host() == "bucket.s3.cn-north-1.amazonaws.com.cn");
  CHECK(made("bucket", {"", "us-east-1", true}).url("k", {}) ==
        "https://s3.us-east-1.amazonaws.com/bucket/k");
  CHECK(made("a.bucket", {"", "us-east-1", false}).host() == "a.bucket.s3.us-east-1.amazonaws.com");
}

TEST_CASE("another endpoint: the bucket in the path, unless it is asked for elsewhere") {
  const S3Endpoint plain = made("bucket", {"http://LocalHost:9000", "auto", {}});
  CHECK(plain.host() == "localhost:9000");
  CHECK(plain.path("") == "/bucket");
  CHECK(plain.path("/k") == "/bucket//k");
  CHECK(plain.url("/k~", {}) == "http://localhost:9000/bucket//k~");
  CHECK(plain.url("", {{"list-type", "2"}}) == "http://localhost:9000/bucket?list-type=2");
  CHECK(made("bucket", {"https://h.example:443/", "r", {}}).host() == "h.example");
  CHECK(made("bucket", {"http://h.example:443", "r", {}}).host() == "h.example:443");
  CHECK(made("bucket", {"http://h.example:80", "r", {}}).host() == "h.example");
  CHECK(made("bucket", {"https://h.example/a%20b/s3//", "r", {}}).url("k", {}) ==
        "https://h.example/a%20b/s3/bucket/k");
  CHECK(made("bucket", {"https://[::1]:7480", "r", {}}).url("k", {}) == "https://[::1]:7480/bucket/k");
  const S3Endpoint named = made("bucket", {"https://h.example:8443/x", "r", false});
  CHECK(named.host() == "bucket.h.example:8443");
  CHECK(named.url("k", {}) == "https://bucket.h.example:8443/x/k");
}

TEST_CASE("settings that lead nowhere are refused") {
  for (const S3EndpointSettings& settings : std::vector<S3EndpointSettings>{
           {"", "", {}},
           {"", "eu central", {}},
           {"", "evil.example/", {}},
           {"", std::string(65, 'a'), {}},
           {"ftp://h", "r", {}},
           {"h.example", "r", {}},
           {"https://user:secret@h", "r", {}},
           {"https://h/?x", "r", {}},
           {"https://h/%zz", "r", {}},
           {"https://127.0.0.1", "r", false},
           {"https://[::1]", "r", false},
       }) {
    CAPTURE(settings.url, settings.region);
    const Status status = S3Endpoint::create("bucket", settings).status();
    REQUIRE(status.is(Error::kBadSetting));
    CHECK(status.message().find("secret") == std::string::npos);
  }
  CHECK(S3Endpoint::create("../x", {"", "r", {}}).status().is(Error::kBadSetting));
}
