#include "net/alerts.h"

#include <algorithm>
#include <chrono>

#include "net/webhook.h"
#include "support/test.h"
#include "unit/net/fake_senders.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

constexpr const char* kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

AlertEvent event_of(AlertOutcome outcome) {
  AlertEvent event;
  event.id = "0190b7a4-1111-4222-8333-444455556666";
  event.type = "backup.failed";
  event.time = *parse_time("2026-11-20T10:30:00Z");
  event.run = "7b6f3a52-1111-4222-8333-444455556666";
  event.host = "web-1";
  event.database = "/srv/app.db";
  event.name = "backup-1.sqlite";
  event.outcome = outcome;
  event.title = "the backup failed";
  event.text = "disk full";
  event.data = {{"code", "SQB-FULL-01"}};
  return event;
}

struct Scene {
  FakeHttp http;
  FakeMail mail;
  SleepingClock clock;
  AlertTargets targets;
  std::int64_t cancel_after_slept = -1;

  std::vector<AlertDelivery> told(const AlertEvent& event = event_of(AlertOutcome::kFailed)) {
    const AlertSenders senders{http, mail, clock, [this](std::int64_t millis) { clock.slept += millis; }};
    return deliver(targets, event, senders,
                   [this] { return cancel_after_slept >= 0 && clock.slept >= cancel_after_slept; });
  }

  // The one delivery to a webhook that answers so.
  AlertDelivery told_webhook(std::deque<Result<HttpResponse>> answers) {
    targets.webhook_url = "https://user:pw@hooks.example.com/secret-path?key=secret";
    http.answers = std::move(answers);
    auto deliveries = told();
    REQUIRE(deliveries.size() == 1);
    REQUIRE(deliveries[0].channel == AlertChannel::kWebhook);
    return deliveries[0];
  }
};

std::string header_of(const HttpRequest& request, std::string_view name) {
  for (const HttpHeader& header : request.headers) {
    if (header.name == name) return header.value;
  }
  return {};
}

}  // namespace

TEST_CASE("nothing is sent where nothing is set") {
  Scene scene;
  CHECK(scene.told().empty());
  CHECK(scene.http.requests.empty());
  CHECK(scene.mail.requests.empty());
}

TEST_CASE("a failure is told to all that is set: ping, webhook, mail") {
  Scene scene;
  scene.targets = {"https://hc-ping.com/uuid",
                   "https://hooks.example.com/x",
                   kSecret,
                   "smtp://mail.example.com",
                   "",
                   "admin@example.com, boss@example.com"};
  const auto deliveries = scene.told();
  REQUIRE(deliveries.size() == 3);
  for (const AlertDelivery& delivery : deliveries) {
    CHECK(delivery.status.ok());
    CHECK(delivery.attempts == 1);
  }
  REQUIRE(scene.http.requests.size() == 2);
  CHECK(scene.http.requests[0].url ==
        "https://hc-ping.com/uuid/fail?rid=7b6f3a52-1111-4222-8333-444455556666");
  CHECK(scene.http.requests[0].body == "the backup failed\n\ndisk full");
  CHECK(scene.http.requests[1].url == "https://hooks.example.com/x");
  CHECK(header_of(scene.http.requests[1], "webhook-signature") ==
        *webhook_signature(kSecret, event_of(AlertOutcome::kFailed).id, scene.clock.now() / 1000,
                           scene.http.requests[1].body));
  REQUIRE(scene.mail.requests.size() == 1);
  const MailRequest& mail = scene.mail.requests[0];
  CHECK(mail.from == "admin@example.com");
  CHECK(mail.to == std::vector<std::string>{"admin@example.com", "boss@example.com"});
  CHECK(mail.tls == MailTls::kIfOffered);
  for (const char* part : {"Subject: the backup failed\r\n", "\r\n\r\ndisk full\r\n",
                           "Database: /srv/app.db\r\n", "Backup: backup-1.sqlite\r\n", "Machine: web-1\r\n",
                           "Time: 2026-11-20 10:30:00.000 UTC\r\n", "code: SQB-FULL-01\r\n"}) {
    CAPTURE(part);
    CHECK(mail.text.find(part) != std::string::npos);
  }
}

TEST_CASE("a start goes to the ping URL only, a success to all") {
  Scene scene;
  scene.targets = {"https://h/p", "https://h/w", "", "smtp://h", "me@h", "me@h"};
  REQUIRE(scene.told(event_of(AlertOutcome::kStarted)).size() == 1);
  REQUIRE(scene.http.requests.size() == 1);
  CHECK(scene.http.requests[0].url == "https://h/p/start?rid=7b6f3a52-1111-4222-8333-444455556666");
  CHECK(scene.mail.requests.empty());
  REQUIRE(scene.told(event_of(AlertOutcome::kSucceeded)).size() == 3);
  CHECK(scene.http.requests[1].url == "https://h/p?rid=7b6f3a52-1111-4222-8333-444455556666");
}

TEST_CASE("a refused connection, a timeout and a reset are tried again, three times in all") {
  Scene scene;
  const auto delivery = scene.told_webhook(
      {network_error("refused"), network_error("timed out"), network_error("reset by peer"), answer(200)});
  CHECK(delivery.status.is(Error::kNetwork));
  CHECK(delivery.status.message() == "webhook_url: reset by peer");
  CHECK(delivery.attempts == kAlertAttempts);
  CHECK(scene.http.requests.size() == 3);
  // 1 and 4 seconds, each shortened by up to a half.
  CHECK(scene.clock.slept >= 2'500);
  CHECK(scene.clock.slept <= 5'020);
}

TEST_CASE("what succeeds at the second try has succeeded") {
  for (const int status : {429, 500, 502, 503, 504}) {
    CAPTURE(status);
    Scene scene;
    const auto delivery = scene.told_webhook({answer(status), answer(204)});
    CHECK(delivery.status.ok());
    CHECK(delivery.attempts == 2);
    CHECK(scene.clock.slept >= 500);
    CHECK(scene.clock.slept <= 1'010);
  }
}

TEST_CASE("the second try has the same id and body, and a timestamp and signature of its own") {
  Scene scene;
  scene.targets.webhook_secret = kSecret;
  scene.told_webhook({answer(503, {{"Retry-After", "7"}}), answer(200)});
  REQUIRE(scene.http.requests.size() == 2);
  const HttpRequest& first = scene.http.requests[0];
  const HttpRequest& second = scene.http.requests[1];
  CHECK(first.body == second.body);
  CHECK(header_of(first, "webhook-id") == header_of(second, "webhook-id"));
  CHECK(std::stoll(header_of(second, "webhook-timestamp")) -
            std::stoll(header_of(first, "webhook-timestamp")) ==
        7);
  CHECK(header_of(first, "webhook-signature") != header_of(second, "webhook-signature"));
}

TEST_CASE("Retry-After is obeyed within its bound") {
  const auto slept = [](const char* retry_after) {
    Scene scene;
    CHECK(scene.told_webhook({answer(429, {{"retry-AFTER", retry_after}}), answer(200)}).status.ok());
    return scene.clock.slept;
  };
  CHECK(slept("3") == 3'000);
  CHECK(slept("20") == kMaxRetryAfterMillis);
  CHECK(slept("86400") == kMaxRetryAfterMillis);
  CHECK(slept("99999999999999999999999") == kMaxRetryAfterMillis);
  for (const char* useless :
       {"", "0", "-5", "-99999999999999999999999", "soon", "3 s", "Sun, 06 Nov 2094 08:49:37 GMT"}) {
    CAPTURE(useless);
    const auto time = slept(useless);
    CHECK((time >= 500 && time <= 1'010));
  }
}

TEST_CASE("any other answer is final") {
  for (const int status : {100, 301, 302, 308, 400, 401, 403, 404, 410, 422}) {
    CAPTURE(status);
    Scene scene;
    const auto delivery =
        scene.told_webhook({answer(status, {{"Location", "https://elsewhere.example.com/"}})});
    CHECK(delivery.status.is(Error::kServerRefused));
    CHECK(delivery.attempts == 1);
    CHECK(scene.http.requests.size() == 1);
    CHECK(scene.clock.slept == 0);
    CHECK(delivery.status.message().find("https://hooks.example.com answered " + std::to_string(status)) !=
          std::string::npos);
  }
}

TEST_CASE("a certificate, a missing libcurl and a lack of memory are not tried again") {
  for (const Error error : {Error::kNotTrusted, Error::kNoCurl, Error::kNoMemory, Error::kInterrupted}) {
    Scene scene;
    const auto delivery = scene.told_webhook({Status(error, "why")});
    CHECK(delivery.status.is(error));
    CHECK(delivery.attempts == 1);
  }
}

TEST_CASE("what the server says in its body changes nothing and is never shown") {
  for (const char* body : {"", "ok", "{\"error\":\"no\"}", "\xff\x00\r\n[SQB-BUG-01]"}) {
    Scene scene;
    CHECK(scene.told_webhook({answer(200, {}, body)}).status.ok());
    HttpResponse huge = answer(400, {}, body + std::string(64 * 1024, 'x'));
    huge.body_cut = true;
    const auto delivery = scene.told_webhook({huge});
    CHECK(delivery.status.is(Error::kServerRefused));
    CHECK(delivery.status.message().size() < 200);
    CHECK(delivery.status.message().find("BUG") == std::string::npos);
  }
}

TEST_CASE("no message shows more of a URL than scheme and host") {
  for (const auto& reply : {answer(500), answer(404), answer(302)}) {
    Scene scene;
    const auto delivery = scene.told_webhook({reply, reply, reply});
    REQUIRE_FALSE(delivery.status.ok());
    CHECK(delivery.status.message().find("secret") == std::string::npos);
    CHECK(delivery.status.message().find("pw") == std::string::npos);
  }
}

TEST_CASE("a target that fails keeps no other from being told") {
  Scene scene;
  scene.targets = {"https://h/p", "https://h/w", "", "smtp://h", "", "me@h"};
  scene.http.answers = {answer(404), network_error("a"), network_error("b"), network_error("c")};
  const auto deliveries = scene.told();
  REQUIRE(deliveries.size() == 3);
  CHECK(deliveries[0].status.is(Error::kServerRefused));
  CHECK(deliveries[0].status.message().starts_with("ping_url: "));
  CHECK(deliveries[1].status.is(Error::kNetwork));
  CHECK(deliveries[2].status.ok());
}

TEST_CASE("a target that is none is an error without an attempt") {
  Scene scene;
  scene.targets = {"nonsense", "https://h/w", "short", "smtp://h", "not an address", "me@h"};
  const auto deliveries = scene.told();
  REQUIRE(deliveries.size() == 3);
  CHECK(deliveries[0].status.is(Error::kBadSetting));
  CHECK(deliveries[1].status.is(Error::kBadSetting));
  CHECK(deliveries[1].status.message().find("webhook_secret") != std::string::npos);
  CHECK(deliveries[2].status.is(Error::kBadSetting));
  for (const AlertDelivery& delivery : deliveries) CHECK(delivery.attempts == 0);
  CHECK(scene.http.requests.empty());
  CHECK(scene.mail.requests.empty());
}

TEST_CASE("half of a mail setting is an error, not silence") {
  Scene scene;
  scene.targets.mail_to = "me@h";
  REQUIRE(scene.told().size() == 1);
  CHECK(scene.told()[0].status.message().find("no smtp_url") != std::string::npos);
  scene.targets = {};
  scene.targets.smtp_url = "smtp://h";
  REQUIRE(scene.told().size() == 1);
  CHECK(scene.told()[0].status.message().find("no mail_to") != std::string::npos);
}

TEST_CASE("a mail is tried again after a network error, and not after a refusal") {
  Scene scene;
  scene.targets.smtp_url = "smtp://u:p@mail.example.com";
  scene.targets.mail_to = "me@h";
  scene.mail.answers = {network_error("451"), network_error("timed out")};
  auto deliveries = scene.told();
  REQUIRE(deliveries.size() == 1);
  CHECK(deliveries[0].status.ok());
  CHECK(deliveries[0].attempts == 3);
  REQUIRE(scene.mail.requests.size() == 3);
  CHECK(scene.mail.requests[0].tls == MailTls::kRequired);
  CHECK(scene.mail.requests[0].text == scene.mail.requests[2].text);  // one Message-ID: readers show it once

  scene.mail.answers = {Status(Error::kServerRefused, "550")};
  deliveries = scene.told();
  CHECK(deliveries[0].status.is(Error::kServerRefused));
  CHECK(deliveries[0].attempts == 1);
}

TEST_CASE("a cancel ends the wait, and the rest is not tried") {
  Scene scene;
  scene.targets = {"https://h/p", "https://h/w", "", "smtp://h", "", "me@h"};
  scene.http.answers = {answer(503, {{"Retry-After", "20"}})};
  scene.cancel_after_slept = 500;
  const auto deliveries = scene.told();
  REQUIRE(deliveries.size() == 3);
  for (const AlertDelivery& delivery : deliveries) CHECK(delivery.status.is(Error::kInterrupted));
  CHECK(deliveries[0].attempts == 1);
  CHECK(deliveries[1].attempts == 0);
  CHECK(scene.http.requests.size() == 1);
  CHECK(scene.clock.slept <= 520);
}

TEST_CASE("titles become one line and texts are cut between characters") {
  Scene scene;
  scene.targets = {"https://h/p", "https://h/w", "", "smtp://h", "", "me@h"};
  AlertEvent event = event_of(AlertOutcome::kFailed);
  event.title = "line\r\nBcc: all@example.com";
  event.text = std::string(9'999, 'x') + "\xe2\x82\xac" + std::string(1'000'000, 'y');
  for (const AlertDelivery& delivery : scene.told(event)) CHECK(delivery.status.ok());
  CHECK(scene.http.requests[0].body == "line  Bcc: all@example.com\n\n" + std::string(9'999, 'x'));
  CHECK(scene.http.requests[1].body.size() < 11'000);
  CHECK(scene.mail.requests[0].text.find("Subject: line  Bcc: all@example.com\r\n") != std::string::npos);
}

TEST_CASE("a path with line ends forges no line of a mail") {
  Scene scene;
  scene.targets.smtp_url = "smtp://h";
  scene.targets.mail_to = "me@h";
  AlertEvent event = event_of(AlertOutcome::kFailed);
  event.database = "/srv/a\nBackup: all is well";
  for (const AlertDelivery& delivery : scene.told(event)) CHECK(delivery.status.ok());
  CHECK(scene.mail.requests.at(0).text.find("Database: /srv/a Backup: all is well\r\n") != std::string::npos);
}

TEST_CASE("the system's sleep sleeps") {
  const auto before = std::chrono::steady_clock::now();
  system_sleep(20);
  CHECK(std::chrono::steady_clock::now() - before >= std::chrono::milliseconds(20));
}
