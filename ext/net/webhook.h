// The webhook request of one event: CloudEvents 1.0 in its structured JSON form, signed as Standard Webhooks
// 1.0.0 says (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md).
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "net/alert_event.h"
#include "net/http.h"

namespace sqbackup {

// For settings: ok, or kBadSetting. A secret is "whsec_" and base64 of 24 bytes or more, or any other text of
// as many bytes, which is taken as it is.
Status check_webhook_secret(std::string_view secret);

// "v1,<base64>": HMAC-SHA256 over "id.timestamp.body". `timestamp`: seconds since 1970.
Result<std::string> webhook_signature(std::string_view secret, std::string_view id, std::int64_t timestamp,
                                      std::string_view body);

// The body: {"specversion":"1.0","id":...,"source":"file://HOST/PATH","type":"dev.sqbackup.TYPE",...}.
std::string cloud_event_json(const AlertEvent& event);

// A POST of the event to `url`, attempted at `now`. The id stays the same when it is tried again, the
// timestamp does not. Without a secret there is no signature.
Result<HttpRequest> webhook_request(std::string_view url, std::string_view secret, const AlertEvent& event,
                                    UnixMillis now);

}  // namespace sqbackup
