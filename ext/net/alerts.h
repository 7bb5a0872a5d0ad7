// Telling somebody: delivers one event to whatever is set of a ping URL, a webhook and a mailbox.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "net/alert_event.h"
#include "net/http.h"
#include "net/mail.h"

namespace sqbackup {

// As in the settings of the same names; an empty one is not set.
struct AlertTargets {
  std::string ping_url;
  std::string webhook_url;
  std::string webhook_secret;
  std::string smtp_url;
  std::string mail_from;  // empty: the first address of mail_to
  std::string mail_to;    // addresses with commas between them
};

enum class AlertChannel { kPing, kWebhook, kMail };

struct AlertDelivery {
  AlertChannel channel;
  Status status;
  int attempts = 0;  // 0: the target is not one, so nothing was sent
};

// What a delivery works with. `sleep` waits so many milliseconds, about 10 at a time.
struct AlertSenders {
  HttpTransport& http;
  MailTransport& mail;
  Clock& clock;
  std::function<void(std::int64_t)> sleep;
};

inline constexpr int kAlertAttempts = 3;
inline constexpr std::int64_t kMaxRetryAfterMillis = 20'000;

// Tells each target that is set, one after the other, in the order of AlertTargets; a start goes to ping_url
// only. An attempt that met a network error, a 429 or a 5xx (in SMTP a 4xx) is made again, up to
// kAlertAttempts, after about 1 and 4 seconds, or what Retry-After says, up to kMaxRetryAfterMillis. Any
// other answer is final. No target keeps the next one from being tried, except that after a cancel the rest
// is kInterrupted. Texts are cut to 10,000 bytes, the title to 200, made one line.
std::vector<AlertDelivery> deliver(const AlertTargets& targets, const AlertEvent& event,
                                   const AlertSenders& senders, const Cancel& cancel);

void system_sleep(std::int64_t milliseconds);  // for AlertSenders

}  // namespace sqbackup
