// A client on a scripted transport: each request takes the next answer, and time passes only in sleeps.
#pragma once

#include "store/s3/client.h"
#include "support/test.h"
#include "unit/net/fake_senders.h"

namespace sqbackup_test {

inline bool never() { return false; }

inline HttpResponse s3_error(int status, const std::string& code, const std::string& more = {},
                             std::vector<HttpHeader> headers = {}) {
  return answer(status, std::move(headers),
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>" + code +
                    "</Code><Message></Message>" + more + "<RequestId>tx1</RequestId></Error>");
}

struct S3Fixture {
  FakeHttp http;
  SleepingClock clock;
  std::optional<std::string> second_key;  // what the environment says from the second look on
  int looks = 0;
  S3CredentialSource credentials{{},
                                 {[this](const char* name) -> std::optional<std::string> {
                                    if (name == std::string("AWS_ACCESS_KEY_ID")) {
                                      return ++looks > 1 && second_key ? *second_key : "AKID";
                                    }
                                    if (name == std::string("AWS_SECRET_ACCESS_KEY")) return "secret-1";
                                    return std::nullopt;
                                  },
                                  posix_file_env(), http, clock}};
  std::vector<std::uint64_t> longest_pauses;  // what randomness was asked for
  std::unique_ptr<S3Client> client;

  S3Fixture() {
    auto made =
        S3Client::create("bucket", {"https://store.example", "eu-central-1", {}},
                         {http, clock, credentials, [this](std::int64_t millis) { clock.slept += millis; },
                          [this](std::uint64_t most) {
                            longest_pauses.push_back(most);
                            return most;
                          }});
    REQUIRE(made.ok());
    client = std::move(made).value();
  }

  std::string sent(std::size_t index, std::string_view name) const {
    for (const HttpHeader& header : http.requests.at(index).headers) {
      if (header.name == name) return header.value;
    }
    return "(none)";
  }

  // What a GET that is answered so comes to. The error is in one line and holds no secret.
  Status get(std::vector<Result<HttpResponse>> answers) {
    http.answers.assign(answers.begin(), answers.end());
    http.requests.clear();
    longest_pauses.clear();
    const Status status = client->get("a/k", 0, 10, "", never).status();
    if (!status.ok()) {
      CAPTURE(status.message());
      CHECK(status.message().find("s3://bucket/a/k: ") != std::string::npos);
      CHECK(status.message().find("secret") == std::string::npos);
      CHECK(status.message().find('\n') == std::string::npos);
    }
    return status;
  }
};

inline HttpResponse ten_bytes() {
  return answer(206, {{"Content-Range", "bytes 0-9/100"}, {"ETag", "\"e\""}}, "0123456789");
}

}  // namespace sqbackup_test
