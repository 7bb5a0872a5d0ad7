#include "net/ping.h"

#include "net/url.h"

namespace sqbackup {

Result<HttpRequest> ping_request(std::string_view base_url, PingSignal signal, std::string_view run,
                                 std::string_view text) {
  SQB_TRY(check_http_url(base_url));
  const std::size_t query = base_url.find('?');
  HttpRequest request;
  request.method = "POST";
  request.url = base_url.substr(0, query);
  if (signal != PingSignal::kSuccess) {
    if (!request.url.ends_with('/')) request.url += '/';
    request.url += signal == PingSignal::kStart ? "start" : "fail";
  }
  if (query != std::string_view::npos) request.url += base_url.substr(query);
  if (!run.empty()) {
    request.url += query == std::string_view::npos ? '?' : '&';
    request.url.append("rid=").append(run);
  }
  request.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
  request.body = text;
  return request;
}

}  // namespace sqbackup
