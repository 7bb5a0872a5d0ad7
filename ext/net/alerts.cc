#include "net/alerts.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

#include "base/fork_gate.h"
#include "base/random.h"
#include "net/ping.h"
#include "net/url.h"
#include "net/webhook.h"

namespace sqbackup {
namespace {

constexpr std::int64_t kFirstPauseMillis = 1'000;
constexpr std::int64_t kPauseGrowth = 4;
constexpr std::int64_t kSleepMillis = 10;
constexpr std::size_t kMaxTitle = 200;
constexpr std::size_t kMaxText = 10'000;

struct Attempt {
  Status status;
  bool again = false;            // another try may help
  std::int64_t wait_millis = 0;  // what the server asked for; 0: nothing
};

void cut(std::string& text, std::size_t limit) {
  if (text.size() <= limit) return;
  std::size_t size = limit;
  for (int back = 0; back < 3 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80; ++back) --size;
  text.resize(size);
}

// A path may hold line ends: those would pass for lines of the message.
std::string in_one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return text;
}

// What happened may be told in any bytes; what is sent is bounded, and the title is one line.
AlertEvent bounded(AlertEvent event) {
  cut(event.title, kMaxTitle);
  event.title = in_one_line(std::move(event.title));
  cut(event.text, kMaxText);
  return event;
}

Status stopped() { return {Error::kInterrupted, "stopped while an alert was being delivered"}; }

Attempt judged(const HttpResponse& response, const std::string& url) {
  if (response.status >= 200 && response.status < 300) return {};
  std::string text = shown_url(url) + " answered " + std::to_string(response.status);
  if (response.status == 429 || response.status >= 500) {
    text += "; look at the server, it takes no messages for now";
    return {Status(Error::kNetwork, std::move(text)), true,
            retry_after_millis(response, kMaxRetryAfterMillis)};
  }
  if (response.status >= 300 && response.status < 400) {
    text += ", a redirect, and none is followed; set the URL that it leads to";
  } else {
    text += "; check the URL, and whether the receiver still exists";
  }
  return {Status(Error::kServerRefused, std::move(text))};
}

class Messenger {
 public:
  Messenger(const AlertTargets& targets, const AlertEvent& event, const AlertSenders& senders,
            const Cancel& cancel)
      : targets_(targets), event_(bounded(event)), senders_(senders), cancel_(cancel) {}

  AlertDelivery ping() {
    const PingSignal signal = event_.outcome == AlertOutcome::kStarted     ? PingSignal::kStart
                              : event_.outcome == AlertOutcome::kSucceeded ? PingSignal::kSuccess
                                                                           : PingSignal::kFailure;
    std::string text = event_.title;
    if (!event_.text.empty()) text += "\n\n" + event_.text;
    return finished(AlertChannel::kPing, "ping_url",
                    [&] { return send(ping_request(targets_.ping_url, signal, event_.run, text)); });
  }

  AlertDelivery webhook() {
    return finished(AlertChannel::kWebhook, "webhook_url", [&] {
      return send(
          webhook_request(targets_.webhook_url, targets_.webhook_secret, event_, senders_.clock.now()));
    });
  }

  AlertDelivery mail() {
    Result<MailRequest> request = mail_request();
    return finished(AlertChannel::kMail, "smtp_url", [&]() -> Attempt {
      if (!request.ok()) return unsendable(request.status());
      ++attempts_;
      Status status = senders_.mail.send(*request, cancel_);
      const bool again = status.is(Error::kNetwork);
      return {std::move(status), again};
    });
  }

 private:
  template <typename Try>
  AlertDelivery finished(AlertChannel channel, std::string_view setting, Try attempt) {
    attempts_ = 0;
    Status status = repeated(attempt);
    return {channel, status.with_context(setting), attempts_};
  }

  template <typename Try>
  Status repeated(Try attempt) {
    std::int64_t pause = kFirstPauseMillis;
    while (true) {
      if (cancel_()) return stopped();
      const Attempt made = attempt();
      if (!made.again) return made.status;
      if (attempts_ >= kAlertAttempts) return made.status;
      SQB_TRY(wait(made.wait_millis > 0 ? made.wait_millis : shortened(pause)));
      pause *= kPauseGrowth;
    }
  }

  Attempt send(Result<HttpRequest> request) {
    if (!request.ok()) return unsendable(request.status());
    ++attempts_;
    const Result<HttpResponse> response = senders_.http.send(*request, cancel_);
    if (!response.ok()) return {response.status(), response.status().is(Error::kNetwork)};
    return judged(*response, request->url);
  }

  static Attempt unsendable(const Status& status) { return {status}; }

  // By a random part of up to a half: senders that failed together do not come back together.
  static std::int64_t shortened(std::int64_t millis) {
    std::array<std::uint8_t, 1> random = {0};
    if (!fill_random(random).ok()) return millis;
    return millis - millis * random[0] / 512;
  }

  Status wait(std::int64_t millis) {
    const double end = senders_.clock.monotonic_seconds() + static_cast<double>(millis) / 1000;
    while (senders_.clock.monotonic_seconds() < end) {
      if (cancel_()) return stopped();
      senders_.sleep(kSleepMillis);
    }
    return {};
  }

  Result<MailRequest> mail_request() const {
    if (targets_.smtp_url.empty()) return Status(Error::kBadSetting, "mail_to is set, but no smtp_url");
    if (targets_.mail_to.empty()) return Status(Error::kBadSetting, "it is set, but no mail_to");
    SQB_TRY(check_smtp_url(targets_.smtp_url));
    SQB_ASSIGN(const Url url, parse_url(targets_.smtp_url));
    SQB_ASSIGN(std::vector<std::string> to, mail_addresses(targets_.mail_to));
    MailMessage message;
    message.id = event_.id;
    message.time = event_.time;
    message.from = targets_.mail_from.empty() ? to.front() : targets_.mail_from;
    message.to = to;
    message.subject = event_.title;
    message.body = event_.text + "\n\nDatabase: " + in_one_line(event_.database) + '\n';
    if (!event_.name.empty()) message.body += "Backup: " + in_one_line(event_.name) + '\n';
    if (!event_.host.empty()) message.body += "Machine: " + in_one_line(event_.host) + '\n';
    message.body += "Time: " + format_sql_time(event_.time) + " UTC\n";
    for (const auto& [key, value] : event_.data) {
      message.body.append(key).append(": ").append(in_one_line(value)).append("\n");
    }
    SQB_ASSIGN(std::string text, mail_text(message));
    MailRequest request;
    request.url = targets_.smtp_url;
    request.tls = mail_tls(url);
    request.from = message.from;
    request.to = std::move(to);
    request.text = std::move(text);
    return request;
  }

  const AlertTargets& targets_;
  const AlertEvent event_;
  const AlertSenders& senders_;
  const Cancel& cancel_;
  int attempts_ = 0;
};

}  // namespace

std::vector<AlertDelivery> deliver(const AlertTargets& targets, const AlertEvent& event,
                                   const AlertSenders& senders, const Cancel& cancel) {
  std::vector<AlertDelivery> deliveries;
  Messenger messenger(targets, event, senders, cancel);
  if (!targets.ping_url.empty()) deliveries.push_back(messenger.ping());
  if (event.outcome == AlertOutcome::kStarted) return deliveries;
  if (!targets.webhook_url.empty()) deliveries.push_back(messenger.webhook());
  if (!targets.smtp_url.empty() || !targets.mail_to.empty()) deliveries.push_back(messenger.mail());
  return deliveries;
}

void system_sleep(std::int64_t milliseconds) {
  const BackgroundWait wait;
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

}  // namespace sqbackup
