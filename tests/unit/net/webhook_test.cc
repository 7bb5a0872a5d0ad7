#include "net/webhook.h"

#include <map>
#include <nlohmann/json.hpp>

#include "codec/base64.h"
#include "support/test.h"

using namespace sqbackup;

namespace {

// The vector of the reference libraries (TestWebhookSign in libraries/go/webhook_test.go).
constexpr const char* kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr const char* kId = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::int64_t kTimestamp = 1614265330;
constexpr const char* kBody = R"({"test": 2432232314})";
constexpr const char* kSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

AlertEvent failed_backup() {
  AlertEvent event;
  event.id = "0190b7a4-1111-4222-8333-444455556666";
  event.type = "backup.failed";
  event.time = *parse_time("2026-11-20T10:30:00.250Z");
  event.run = "7b6f3a52-1111-4222-8333-444455556666";
  event.host = "web-1";
  event.database = "/srv/my app/app.db";
  event.name = "backup-2026-11-20T10-30-00-250Z.sqlite";
  event.title = "the backup failed";
  event.text = "disk full; make room";
  event.data = {{"code", "SQB-FULL-01"}, {"size", "4096"}};
  return event;
}

std::map<std::string, std::string> headers_of(const HttpRequest& request) {
  std::map<std::string, std::string> headers;
  for (const HttpHeader& header : request.headers) headers[header.name] = header.value;
  return headers;
}

}  // namespace

TEST_CASE("the signature is that of the reference libraries of Standard Webhooks") {
  const auto signature = webhook_signature(kSecret, kId, kTimestamp, kBody);
  REQUIRE(signature.ok());
  CHECK(*signature == kSignature);
  CHECK(*webhook_signature(kSecret, kId, kTimestamp + 1, kBody) != kSignature);
  CHECK(*webhook_signature(kSecret, "msg_other", kTimestamp, kBody) != kSignature);
  CHECK(*webhook_signature(kSecret, kId, kTimestamp, R"({"test": 2432232315})") != kSignature);
}

TEST_CASE("a secret without the prefix is taken as its bytes") {
  const auto bytes = base64_decode(std::string_view(kSecret).substr(6));
  REQUIRE(bytes.has_value());
  CHECK(*webhook_signature(*bytes, kId, kTimestamp, kBody) == kSignature);
  // Not as the base64 that it may look like.
  CHECK(*webhook_signature(std::string_view(kSecret).substr(6), kId, kTimestamp, kBody) != kSignature);
}

TEST_CASE("a secret that cannot be used is refused without being shown") {
  CHECK(check_webhook_secret(kSecret).ok());
  CHECK(check_webhook_secret("correct horse battery staple").ok());
  for (const char* secret :
       {"whsec_", "whsec_%%%%", "whsec_c2hvcnQ=", "short", "", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS",
        "whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYqrTwjUPD8ILPZI"}) {
    CAPTURE(secret);
    const Status status = check_webhook_secret(secret);
    REQUIRE(status.is(Error::kBadSetting));
    CHECK(status.message().find("MfKQ") == std::string::npos);
    CHECK(status.message().find("short") == std::string::npos);
    CHECK_FALSE(webhook_signature(secret, kId, kTimestamp, kBody).ok());
  }
}

TEST_CASE("the body is a CloudEvent in structured JSON") {
  CHECK(cloud_event_json(failed_backup()) ==
        R"({"specversion":"1.0","id":"0190b7a4-1111-4222-8333-444455556666",)"
        R"("source":"file://web-1/srv/my%20app/app.db","type":"dev.sqbackup.backup.failed",)"
        R"("time":"2026-11-20T10:30:00.250Z","subject":"backup-2026-11-20T10-30-00-250Z.sqlite",)"
        R"("datacontenttype":"application/json","data":{"database":"/srv/my app/app.db",)"
        R"("name":"backup-2026-11-20T10-30-00-250Z.sqlite","run":"7b6f3a52-1111-4222-8333-444455556666",)"
        R"("ok":false,"title":"the backup failed","text":"disk full; make room",)"
        R"("details":{"code":"SQB-FULL-01","size":"4096"}}})");
}

TEST_CASE("any bytes become JSON, and what is empty is null or left out") {
  AlertEvent event = failed_backup();
  event.name.clear();
  event.run.clear();
  event.outcome = AlertOutcome::kSucceeded;
  event.database = "/srv/\xff\"\n?#%.db";
  event.text = std::string("a\0b\xc3", 4);
  const auto json = nlohmann::json::parse(cloud_event_json(event), nullptr, false);
  REQUIRE(json.is_object());
  CHECK_FALSE(json.contains("subject"));
  CHECK(json["data"]["name"].is_null());
  CHECK(json["data"]["run"].is_null());
  CHECK(json["data"]["ok"] == true);
  CHECK(json["source"] == "file://web-1/srv/%FF%22%0A%3F%23%25.db");
  CHECK(json["data"]["text"] == std::string("a\0b\xef\xbf\xbd", 6));
}

TEST_CASE("the request carries id, timestamp of the attempt and signature of its body") {
  const AlertEvent event = failed_backup();
  const auto request = webhook_request("https://h/x", kSecret, event, 1614265330'999);
  REQUIRE(request.ok());
  CHECK(request->method == "POST");
  CHECK(request->url == "https://h/x");
  CHECK(request->body == cloud_event_json(event));
  auto headers = headers_of(*request);
  CHECK(headers["Content-Type"] == "application/cloudevents+json; charset=utf-8");
  CHECK(headers["webhook-id"] == event.id);
  CHECK(headers["webhook-timestamp"] == "1614265330");
  CHECK(headers["webhook-signature"] == *webhook_signature(kSecret, event.id, 1614265330, request->body));
}

TEST_CASE("without a secret there is no signature; with a bad one there is no request") {
  const auto request = webhook_request("https://h/x", "", failed_backup(), 0);
  REQUIRE(request.ok());
  CHECK(headers_of(*request).count("webhook-signature") == 0);
  CHECK(webhook_request("https://h/x", "short", failed_backup(), 0).status().is(Error::kBadSetting));
  CHECK(webhook_request("smtp://h/x", "", failed_backup(), 0).status().is(Error::kBadSetting));
}

TEST_CASE("an id that could shift what is signed is refused") {
  for (const char* id : {"", "a.1", "a b", "a\r\nx: y"}) {
    AlertEvent event = failed_backup();
    event.id = id;
    CHECK(webhook_request("https://h/x", kSecret, event, 0).status().is(Error::kInternal));
  }
}
