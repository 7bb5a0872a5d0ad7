// HttpTransport: sends one HTTP request and gives back the answer. The real one is in net/curl.h; tests have
// others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/status.h"

namespace sqbackup {

struct HttpHeader {
  std::string name;
  std::string value;
};

struct HttpTimeouts {
  std::int64_t connect_ms = 5'000;  // name lookup, connection and TLS handshake
  std::int64_t stalled_ms = 8'000;  // without one byte moving; whole seconds, noticed up to 5 s later
  std::int64_t total_ms = 15'000;
};

struct HttpRequest {
  std::string method = "GET";  // GET, HEAD, POST, PUT, DELETE
  std::string url;             // http:// or https://, sent as it is; a user and password in it go as Basic
  std::vector<HttpHeader> headers;
  std::string body;
  HttpTimeouts timeouts;
  std::size_t max_body = 65'536;  // how much of the answer's body is kept
  bool direct = false;            // never through a proxy, whatever the environment says
};

struct HttpResponse {
  int status = 0;                   // any that the server gave: 404 is an answer, not an error
  std::vector<HttpHeader> headers;  // of the final answer; names as the server wrote them
  std::string body;
  bool body_cut = false;  // the body is longer than max_body; the rest was not read

  // The first header of this name, in any case. nullptr: none.
  const std::string* header(std::string_view name) const;
};

// "Sun, 06 Nov 1994 08:49:37 GMT", the form that servers write (RFC 9110, section 5.6.7). nullopt: another.
std::optional<UnixMillis> parse_http_date(std::string_view text);

// How long the server asks to wait (Retry-After), at most `longest_ms`; 0: it does not ask. In seconds only:
// its form as a date is rare, and a usual pause does for it.
std::int64_t retry_after_millis(const HttpResponse& response, std::int64_t longest_ms);

// Implementations are safe for use by several threads.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  // No redirect is followed, and certificates are always checked. Errors: kNetwork (no connection, or no
  // whole answer in time: another try may help), kNotTrusted (the certificate), kNoCurl, kInterrupted,
  // kBadArgument. Their texts hold scheme and host of the URL and nothing else of it, for the rest may be
  // secret.
  virtual Result<HttpResponse> send(const HttpRequest& request, const Cancel& cancel) = 0;
};

}  // namespace sqbackup
