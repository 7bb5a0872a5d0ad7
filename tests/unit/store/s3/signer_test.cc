// The published vectors: of AWS's signing test suite, and of the S3 API Reference.
#include "store/s3/signer.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "codec/sha256.h"
#include "net/url.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

// Paths that other services write anew before they sign: S3 signs what is there.
const std::set<std::string> kNormalized = {
    "get-relative-normalized", "get-relative-relative-normalized",   "get-slash-dot-slash-normalized",
    "get-slash-normalized",    "get-slash-pointless-dot-normalized", "get-slashes-normalized",
};

S3Credentials credentials(const char* id, const char* secret, const std::string& token = "") {
  S3Credentials result;
  result.access_key_id = id;
  result.secret_access_key = Secret(as_bytes(secret));
  result.session_token = Secret(as_bytes(token));
  return result;
}

std::vector<std::string> split(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  for (std::size_t at = 0;;) {
    const std::size_t end = text.find(separator, at);
    parts.push_back(text.substr(at, end - at));
    if (end == std::string::npos) return parts;
    at = end + separator.size();
  }
}

std::vector<S3Parameter> parameters(const std::string& query) {
  std::vector<S3Parameter> result;
  if (query.empty()) return result;
  for (const std::string& part : split(query, "&")) {
    const std::size_t equals = std::min(part.find('='), part.size());
    const auto name = s3_uri_decode(part.substr(0, equals));
    const auto value = s3_uri_decode(part.substr(std::min(equals + 1, part.size())));
    REQUIRE((name && value));
    result.push_back({*name, *value});
  }
  return result;
}

std::string hash_of(const std::string& body) {
  auto hash = sha256_hex(as_bytes(body));
  REQUIRE(hash.ok());
  return *hash;
}

struct Vector {
  S3Signable request;
  std::string token;
  std::string canonical;
  std::string signature;
};

// "GET /path?query HTTP/1.1", then headers (one may go on in lines that begin with a blank), an empty line,
// the body.
Vector read_vector(const std::filesystem::path& path) {
  const auto parts = split(read_whole_file(path.string()), "\n=====\n");
  REQUIRE(parts.size() == 4);
  // With omit_session_token (post-sts-header-after) the token is added after signing: there is none to sign.
  const std::string& context = parts[0];
  std::string token;
  if (const std::size_t at = context.find("\"token\": \"");
      at != std::string::npos && context.find("\"omit_session_token\": true") == std::string::npos) {
    token = context.substr(at + 10, context.find('"', at + 10) - at - 10);
  }
  Vector vector{{}, token, parts[2], parts[3]};
  S3Signable& request = vector.request;
  const std::size_t head_end = std::min(parts[1].find("\n\n"), parts[1].size());
  const auto lines = split(parts[1].substr(0, head_end), "\n");
  const std::size_t target = lines[0].find(' ') + 1;
  const std::size_t target_end = lines[0].rfind(' ');
  const std::size_t query = std::min(lines[0].find('?'), target_end);
  request.method = lines[0].substr(0, target - 1);
  request.path = lines[0].substr(target, query - target);
  if (query < target_end) request.query = parameters(lines[0].substr(query + 1, target_end - query - 1));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    if (lines[i][0] == ' ') {
      request.headers.back().value += '\n' + lines[i];
      continue;
    }
    const std::size_t colon = lines[i].find(':');
    const HttpHeader header{lines[i].substr(0, colon), lines[i].substr(colon + 1)};
    if (equal_in_any_case(header.name, "Host")) {
      request.host = header.value;
    } else {
      request.headers.push_back(header);
    }
  }
  request.payload_sha256 = hash_of(parts[1].substr(std::min(head_end + 2, parts[1].size())));
  if (context.find("\"sign_body\": true") != std::string::npos) {
    request.headers.push_back({"x-amz-content-sha256", request.payload_sha256});
  }
  return vector;
}

std::string authorization(const S3Signable& request, const S3Credentials& with, const S3Scope& scope) {
  const auto headers = s3_sign(request, with, scope);
  REQUIRE(headers.ok());
  REQUIRE(headers->back().name == "Authorization");
  return headers->back().value;
}

UnixMillis at(const char* time) {
  const auto parsed = parse_time(time);
  REQUIRE(parsed);
  return *parsed;
}

}  // namespace

TEST_CASE("the vectors of AWS's signing test suite") {
  const S3Scope scope{"us-east-1", at("2015-08-30T12:36:00Z"), "service"};
  int run = 0;
  int left_out = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SQBACKUP_SOURCE_DIR "/tests/golden/sigv4")) {
    if (entry.path().extension() != ".vector") continue;
    const std::string name = entry.path().stem().string();
    CAPTURE(name);
    const Vector vector = read_vector(entry.path());
    const std::string said = authorization(
        vector.request, credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", vector.token),
        scope);
    const auto lines = split(vector.canonical, "\n");
    const std::string expected =
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=" +
        lines[lines.size() - 2] + ", Signature=" + vector.signature;
    if (kNormalized.count(name) > 0) {
      CHECK(said != expected);
      ++left_out;
      continue;
    }
    CHECK(said == expected);
    ++run;
  }
  CHECK(run == 32);
  CHECK(left_out == 6);
}

TEST_CASE("the examples of the S3 API Reference") {
  const std::string empty = hash_of("");
  const S3Credentials example =
      credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  const S3Scope scope{"us-east-1", at("2013-05-24T00:00:00Z")};
  const auto check = [&](S3Signable request, const std::string& names, const std::string& signature) {
    request.host = "examplebucket.s3.amazonaws.com";
    request.headers.push_back({"x-amz-content-sha256", request.payload_sha256});
    CHECK(authorization(request, example, scope) ==
          "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
          "SignedHeaders=" +
              names + ", Signature=" + signature);
  };
  check({"GET", "", "/test.txt", {}, {{"Range", "bytes=0-9"}}, empty},
        "host;range;x-amz-content-sha256;x-amz-date",
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  check({"PUT",
         "",
         "/test$file.text",
         {},
         {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
         hash_of("Welcome to Amazon S3.")},
        "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  check({"GET", "", "/", {{"lifecycle", ""}}, {}, empty}, "host;x-amz-content-sha256;x-amz-date",
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  check({"GET", "", "/", {{"prefix", "J"}, {"max-keys", "2"}}, {}, empty},
        "host;x-amz-content-sha256;x-amz-date",
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST_CASE("what is added is sent: the time, the token, the signature") {
  const S3Signable request{"GET", "h", "/", {}, {}, hash_of("")};
  const S3Scope scope{"r", at("2026-11-20T10:30:59.999Z")};
  const auto plain = s3_sign(request, credentials("id", "secret"), scope);
  REQUIRE(plain.ok());
  REQUIRE(plain->size() == 2);
  CHECK((*plain)[0].name == "x-amz-date");
  CHECK((*plain)[0].value == "20261120T103059Z");
  const auto with_token = s3_sign(request, credentials("id", "secret", "token"), scope);
  REQUIRE(with_token.ok());
  REQUIRE(with_token->size() == 3);
  CHECK((*with_token)[1].name == "x-amz-security-token");
  CHECK((*with_token)[1].value == "token");
  CHECK((*with_token)[2].value.find("host;x-amz-date;x-amz-security-token") != std::string::npos);
  CHECK((*with_token)[2].value.find("secret,") == std::string::npos);
}

TEST_CASE("percent-encoding there and back") {
  CHECK(s3_uri_encode("aZ09-._~/ +%=&\xc3\xa4") == "aZ09-._~%2F%20%2B%25%3D%26%C3%A4");
  CHECK(s3_path_encode("/a b/../c") == "/a%20b/../c");
  CHECK(s3_query_encode({{"uploads", ""}}) == "uploads=");
  // Sorted after encoding, and the name before the value: "a-b" comes after "a" although '-' < '='.
  CHECK(s3_query_encode({{"a-b", "1"}, {"~", "2"}, {"a", "2"}, {"\xc3\xa4", "/"}, {"a", "1"}}) ==
        "%C3%A4=%2F&a=1&a=2&a-b=1&~=2");
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  CHECK(s3_uri_decode(s3_uri_encode(all)) == all);
  CHECK(s3_uri_decode("%c3%A4+") == "\xc3\xa4+");
  for (const char* bad : {"%", "%1", "a%", "%g0", "%0g", "%%41"}) CHECK_FALSE(s3_uri_decode(bad));
}
