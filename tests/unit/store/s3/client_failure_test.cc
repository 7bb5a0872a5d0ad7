// Every answer that is a failure: which error it becomes, and how often it is asked again.
#include "unit/store/s3/client_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

bool says(const Status& status, std::string_view words) {
  return status.message().find(words) != std::string::npos;
}

constexpr std::size_t kAttempts = 7;

}  // namespace

TEST_CASE("what another try would not change is asked once") {
  S3Fixture s3;
  struct Case {
    int status;
    const char* code;
    Error error;
  };
  for (const Case& failing :
       {Case{403, "AccessDenied", Error::kStoreDenied},
        Case{403, "SignatureDoesNotMatch", Error::kStoreDenied},
        Case{400, "AuthorizationHeaderMalformed", Error::kStoreDenied},
        Case{401, "Unknown", Error::kStoreDenied}, Case{404, "NoSuchBucket", Error::kNoSuchBucket},
        Case{404, "NoSuchKey", Error::kNoSuchObject}, Case{403, "QuotaExceeded", Error::kDiskFull},
        Case{507, "Unknown", Error::kDiskFull}, Case{412, "PreconditionFailed", Error::kStoredBytesDamaged},
        Case{416, "InvalidRange", Error::kStoredBytesDamaged},
        Case{501, "NotImplemented", Error::kServerRefused},
        Case{400, "InvalidArgument", Error::kServerRefused}, Case{404, "Unknown", Error::kServerRefused}}) {
    CAPTURE(failing.status, failing.code);
    const Status status = s3.get({s3_error(failing.status, failing.code, "<Message>why\nnot</Message>")});
    REQUIRE(status.is(failing.error));
    CHECK(says(status, "store.example answered " + std::to_string(failing.status) + " " + failing.code));
    CHECK(says(status, "request tx1"));
    CHECK(s3.http.requests.size() == 1);
  }
  CHECK(s3.clock.slept == 0);
}

TEST_CASE("what may pass is asked again, with longer and longer pauses, and then given up") {
  S3Fixture s3;
  struct Case {
    int status;
    const char* code;
  };
  for (const Case& failing :
       {Case{503, "SlowDown"}, Case{500, "InternalError"}, Case{503, "ServiceUnavailable"},
        Case{429, "Unknown"}, Case{502, "Unknown"}, Case{400, "RequestTimeout"},
        Case{409, "OperationAborted"}, Case{400, "BadDigest"}, Case{400, "XAmzContentSHA256Mismatch"},
        Case{400, "IncompleteBody"}, Case{408, "Unknown"}}) {
    CAPTURE(failing.status, failing.code);
    const HttpResponse bad = s3_error(failing.status, failing.code);
    const Status status = s3.get(std::vector<Result<HttpResponse>>(20, bad));
    REQUIRE(status.is(Error::kNetwork));
    CHECK(s3.http.requests.size() == kAttempts);
    CHECK(s3.longest_pauses == std::vector<std::uint64_t>{125, 250, 500, 1'000, 2'000, 4'000});
    CHECK(s3.get({bad, bad, ten_bytes()}).ok());
    CHECK(s3.http.requests.size() == 3);
  }
  s3.clock.slept = 0;
  CHECK(s3.get({s3_error(503, "SlowDown", "", {{"Retry-After", "30"}}), ten_bytes()}).ok());
  CHECK(s3.clock.slept == 30'000);
}

TEST_CASE("trouble on the way is asked again; a certificate that cannot be trusted is not") {
  S3Fixture s3;
  CHECK(s3.get({network_error("no route"), network_error("reset"), ten_bytes()}).ok());
  CHECK(s3.http.requests.size() == 3);
  CHECK(s3.get(std::vector<Result<HttpResponse>>(20, network_error("no route"))).is(Error::kNetwork));
  CHECK(s3.http.requests.size() == kAttempts);
  for (const Error error : {Error::kNotTrusted, Error::kNoCurl, Error::kInterrupted}) {
    CHECK(s3.get({Status(error, "no")}).is(error));
    CHECK(s3.http.requests.size() == 1);
  }
}

TEST_CASE("an answer of somebody in between is judged by its status") {
  S3Fixture s3;
  const std::string page = "<html><body><br>Bad gateway</body></html>";
  CHECK(s3.get({answer(502, {}, page), ten_bytes()}).ok());
  CHECK(s3.get({answer(503), ten_bytes()}).ok());
  CHECK(s3.get({answer(403, {}, page)}).is(Error::kStoreDenied));
  CHECK(s3.get({answer(404, {}, page)}).is(Error::kServerRefused));
  CHECK(s3.get({answer(400, {}, "<a><b/></a>")}).is(Error::kServerRefused));
  CHECK(s3.http.requests.size() == 1);
}

TEST_CASE("a bucket in another region: the error says which") {
  S3Fixture s3;
  const HttpHeader elsewhere{"x-amz-bucket-region", "us-west-2"};
  for (const HttpResponse& response :
       {s3_error(301, "PermanentRedirect", "", {elsewhere}),
        s3_error(400, "AuthorizationHeaderMalformed", "<Region>us-west-2</Region>"),
        s3_error(307, "TemporaryRedirect", "", {elsewhere}),
        s3_error(400, "IllegalLocationConstraintException", "", {elsewhere}), answer(301, {elsewhere})}) {
    const Status status = s3.get({response});
    REQUIRE(status.is(Error::kWrongRegion));
    CHECK(says(status, "in the region us-west-2 and not in eu-central-1: set region to us-west-2"));
    CHECK(s3.http.requests.size() == 1);
  }
  s3.http.answers = {answer(400, {elsewhere})};
  CHECK(s3.client->head("k", never).status().is(Error::kWrongRegion));
}

TEST_CASE("a redirect to another place is an error that names it, and is not followed") {
  S3Fixture s3;
  const Status status =
      s3.get({s3_error(301, "PermanentRedirect", "<Endpoint>bucket.other.example</Endpoint>")});
  CHECK(status.is(Error::kWrongRegion));
  CHECK(says(status, "bucket.other.example"));
  for (const int code : {301, 302, 307, 308}) {
    const Status refused = s3.get({answer(code, {{"Location", "https://evil.example/"}})});
    CHECK(refused.is(Error::kServerRefused));
    CHECK(says(refused, "a redirect, and none is followed"));
  }
  CHECK(s3.http.requests.size() == 1);
}

TEST_CASE("a wrong clock is put right by the store's, once") {
  S3Fixture s3;
  const HttpResponse skewed =
      s3_error(403, "RequestTimeTooSkewed", "", {{"Date", "Sun, 22 Nov 2026 12:00:00 GMT"}});
  CHECK(s3.get({skewed, ten_bytes()}).ok());
  REQUIRE(s3.http.requests.size() == 2);
  CHECK(s3.sent(0, "x-amz-date") == "20261120T103000Z");
  CHECK(s3.sent(1, "x-amz-date") == "20261122T120000Z");
  CHECK(s3.clock.slept == 0);
  s3.clock.slept = 60'000;
  CHECK(s3.get({ten_bytes()}).ok());
  CHECK(s3.sent(0, "x-amz-date") == "20261122T120100Z");  // the next request knows it
  const Status status = s3.get({skewed, skewed});
  CHECK(status.is(Error::kClockWrong));
  CHECK(says(status, "set the clock"));
  CHECK(s3.http.requests.size() == 2);
  CHECK(s3.get({s3_error(403, "RequestTimeTooSkewed"), s3_error(403, "RequestTimeTooSkewed")})
            .is(Error::kClockWrong));
}

TEST_CASE("a HEAD that is refused tells of the clock by its date") {
  S3Fixture s3;
  s3.http.answers = {answer(403, {{"Date", "Sun, 22 Nov 2026 12:00:00 GMT"}}),
                     answer(200, {{"Content-Length", "7"}})};
  REQUIRE(s3.client->head("k", never).ok());
  CHECK(s3.sent(1, "x-amz-date") == "20261122T120000Z");
  s3.http.requests.clear();
  s3.http.answers = {answer(403, {{"Date", "Sun, 22 Nov 2026 12:04:00 GMT"}}), answer(403)};
  CHECK(s3.client->head("k", never).status().is(Error::kStoreDenied));
  CHECK(s3.sent(1, "x-amz-date") == "20261122T120000Z");
  s3.http.answers = {answer(404)};
  CHECK(s3.client->head("k", never).status().is(Error::kNoSuchObject));
}

TEST_CASE("keys that are refused are looked for again, once") {
  S3Fixture s3;
  for (const char* code : {"ExpiredToken", "InvalidAccessKeyId", "InvalidToken"}) {
    s3.second_key = std::string("FRESH-") + code;
    CHECK(s3.get({s3_error(400, code), ten_bytes()}).ok());
    CHECK(s3.sent(1, "Authorization").find(*s3.second_key) != std::string::npos);
  }
  CHECK(s3.get({s3_error(400, "ExpiredToken"), s3_error(400, "ExpiredToken")}).is(Error::kStoreDenied));
  CHECK(s3.http.requests.size() == 2);
}

TEST_CASE("a cancel is noticed before a request and while it waits for the next") {
  S3Fixture s3;
  CHECK(s3.client->get("k", 0, 10, "", [] { return true; }).status().is(Error::kInterrupted));
  CHECK(s3.http.requests.empty());
  s3.http.answers.assign(20, s3_error(503, "SlowDown"));
  const Status status = s3.client->get("k", 0, 10, "", [&] { return s3.clock.slept >= 300; }).status();
  CHECK(status.is(Error::kInterrupted));
  CHECK(s3.clock.slept == 300);
  CHECK(s3.http.requests.size() == 2);
}

TEST_CASE("a metadata service that fails for a while is asked again") {
  FakeHttp http;
  SleepingClock clock;
  S3CredentialSource credentials({}, {[](const char* name) -> std::optional<std::string> {
                                        if (name != std::string("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")) {
                                          return std::nullopt;
                                        }
                                        return "/role";
                                      },
                                      posix_file_env(), http, clock});
  const auto made = S3Client::create("bucket", {"https://store.example", "r", {}},
                                     {http, clock, credentials, [&](std::int64_t ms) { clock.slept += ms; },
                                      [](std::uint64_t most) { return most; }});
  REQUIRE(made.ok());
  const HttpResponse keys = answer(200, {}, R"({"AccessKeyId":"c","SecretAccessKey":"s"})");
  http.answers = {network_error("reset"), answer(503), network_error("reset"), keys, ten_bytes()};
  CHECK((*made)->get("k", 0, 10, "", never).ok());
  CHECK(http.requests.size() == 5);
  CHECK(clock.slept == 250 + 500 + 1'000);
}

TEST_CASE("a message holds no half of a character") {
  S3Fixture s3;
  for (std::size_t ahead = 196; ahead <= 201; ++ahead) {
    const std::string text = s3_shown(std::string(ahead, 'x') + "\xf0\x9f\x92\xbe" + "end");
    CAPTURE(ahead);
    CHECK(text.size() <= 200);
    CHECK(text == (ahead <= 196 ? std::string(196, 'x') + "\xf0\x9f\x92\xbe"
                                : std::string(std::min<std::size_t>(ahead, 200), 'x')));
  }
  CHECK(s3_shown(std::string(300, '\x80')).size() <= 200);  // no UTF-8 at all
  CHECK(s3_shown(std::string(200, 'x')).size() == 200);
}
