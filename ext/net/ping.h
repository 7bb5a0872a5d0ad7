// Pings of a dead man's switch in the way of healthchecks.io: a POST to URL when a run succeeded, to
// URL/start when it begins, to URL/fail when it failed. The service alarms when none arrives.
#pragma once

#include <string>
#include <string_view>

#include "net/http.h"

namespace sqbackup {

enum class PingSignal { kStart, kSuccess, kFailure };

// `base_url`: as check_http_url() accepts it; its query stays. `run`: the run's UUID, by which the service
// pairs a start with its end, or empty. `text` becomes the body, which the service shows.
Result<HttpRequest> ping_request(std::string_view base_url, PingSignal signal, std::string_view run,
                                 std::string_view text);

}  // namespace sqbackup
