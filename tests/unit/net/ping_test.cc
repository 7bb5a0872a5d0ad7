#include "net/ping.h"

#include "support/test.h"

using namespace sqbackup;

namespace {

std::string url_of(std::string_view base, PingSignal signal, std::string_view run = "") {
  const auto request = ping_request(base, signal, run, "text");
  REQUIRE(request.ok());
  return request->url;
}

}  // namespace

TEST_CASE("a ping names its signal in the path and its run in the query") {
  CHECK(url_of("https://hc-ping.com/uuid", PingSignal::kSuccess) == "https://hc-ping.com/uuid");
  CHECK(url_of("https://hc-ping.com/uuid", PingSignal::kStart) == "https://hc-ping.com/uuid/start");
  CHECK(url_of("https://hc-ping.com/uuid", PingSignal::kFailure, "r-1") ==
        "https://hc-ping.com/uuid/fail?rid=r-1");
  CHECK(url_of("https://hc-ping.com/uuid/", PingSignal::kFailure) == "https://hc-ping.com/uuid/fail");
  CHECK(url_of("https://hc-ping.com", PingSignal::kStart) == "https://hc-ping.com/start");
}

TEST_CASE("the query of the URL is kept, behind the path") {
  CHECK(url_of("https://h/key/slug?create=1", PingSignal::kSuccess) == "https://h/key/slug?create=1");
  CHECK(url_of("https://h/key/slug?create=1", PingSignal::kStart, "r-1") ==
        "https://h/key/slug/start?create=1&rid=r-1");
  CHECK(url_of("https://h?a=/b", PingSignal::kFailure) == "https://h/fail?a=/b");
}

TEST_CASE("a ping is a POST of plain text") {
  const auto request = ping_request("http://h/x", PingSignal::kFailure, "", "the disk is full");
  REQUIRE(request.ok());
  CHECK(request->method == "POST");
  CHECK(request->body == "the disk is full");
  REQUIRE(request->headers.size() == 1);
  CHECK(request->headers[0].value == "text/plain; charset=utf-8");
  CHECK(ping_request("ftp://h/x", PingSignal::kStart, "", "").status().is(Error::kBadSetting));
}
