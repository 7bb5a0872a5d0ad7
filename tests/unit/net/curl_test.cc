#include "net/curl.h"

#include <chrono>
#include <cstdlib>

#include "support/environment.h"
#include "support/test.h"
#include "unit/net/raw_server.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

bool never() { return false; }

HttpRequest request_to(const RawServer& server, const std::string& path = "/secret-path") {
  HttpRequest request;
  request.method = "POST";
  request.url = "http://user:secret@" + server.host() + path;
  request.body = "body";
  return request;
}

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

void check_network_error(const Status& status, const RawServer& server) {
  REQUIRE(status.is(Error::kNetwork));
  CHECK(status.message().find("http://" + server.host() + ": ") == 0);
  CHECK(status.message().find("secret") == std::string::npos);
}

}  // namespace

TEST_CASE("an answer comes back with status, headers and body") {
  RawServer server(
      {{"HTTP/1.1 201 Created\r\nX-One:  a b \r\nRetry-After: 7\r\nContent-Length: 5\r\n\r\nhello"}});
  HttpRequest request = request_to(server, "/a/../b?c=d");
  request.headers = {{"Content-Type", "text/plain"}, {"X-Empty", ""}};
  const auto response = curl_http().send(request, never);
  REQUIRE(response.ok());
  CHECK(response->status == 201);
  CHECK(response->body == "hello");
  CHECK_FALSE(response->body_cut);
  REQUIRE(response->header("x-one") != nullptr);
  CHECK(*response->header("x-one") == "a b");
  CHECK(*response->header("RETRY-AFTER") == "7");
  CHECK(response->header("X-Two") == nullptr);

  const std::string& sent = server.received().at(0);
  CHECK(sent.starts_with("POST /a/../b?c=d HTTP/1.1\r\n"));
  CHECK(sent.find("\r\nContent-Type: text/plain\r\n") != std::string::npos);
  CHECK(sent.find("\r\nX-Empty:\r\n") != std::string::npos);
  CHECK(sent.find("\r\nUser-Agent: sqbackup/") != std::string::npos);
  CHECK(sent.ends_with("\r\n\r\nbody"));
}

TEST_CASE("a large body is sent without asking first") {
  RawServer server({{"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n", RawAnswer::kHold}});
  HttpRequest request = request_to(server);
  request.body = std::string(2'000'000, 'x');  // curl would ask from a megabyte on
  const auto response = curl_http().send(request, never);
  REQUIRE(response.ok());
  CHECK(response->status == 413);
  CHECK(server.received().at(0).find("Expect") == std::string::npos);
}

TEST_CASE("each method sends what it should, and no type of its own") {
  const std::string empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  RawServer server({{empty}, {empty}, {empty}, {empty}, {empty}});
  for (const char* method : {"GET", "HEAD", "DELETE", "PUT", "POST"}) {
    HttpRequest request = request_to(server, "/x");
    request.method = method;
    request.body = method[0] == 'P' ? "body" : "";
    REQUIRE(curl_http().send(request, never).ok());
    const std::string& sent = server.received().back();
    CAPTURE(sent);
    CHECK(sent.starts_with(std::string(method) + " /x HTTP/1.1\r\n"));
    CHECK(sent.find("Content-Type") == std::string::npos);
    CHECK((sent.find("\r\nContent-Length: 4\r\n") != std::string::npos) == (method[0] == 'P'));
  }
}

TEST_CASE("a direct request goes past the proxy of the environment") {
  const std::string ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  RawServer server({{ok}});
  RawServer proxy({{ok}});
  const Variable http_proxy("http_proxy", ("http://" + proxy.host()).c_str());
  HttpRequest request = request_to(server);
  request.direct = true;
  CHECK(curl_http().send(request, never).ok());
  CHECK(server.connections() == 1);
  CHECK(proxy.connections() == 0);
  request.direct = false;
  CHECK(curl_http().send(request, never).ok());
  CHECK(proxy.connections() == 1);
}

TEST_CASE("a redirect is an answer: it is not followed") {
  RawServer other({{"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}});
  RawServer server(
      {{"HTTP/1.1 302 Found\r\nLocation: http://" + other.host() + "/\r\nContent-Length: 0\r\n\r\n"}});
  const auto response = curl_http().send(request_to(server), never);
  REQUIRE(response.ok());
  CHECK(response->status == 302);
  CHECK(other.connections() == 0);
}

TEST_CASE("the headers of an interim answer do not count") {
  RawServer server(
      {{"HTTP/1.1 103 Early Hints\r\nRetry-After: 1\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}});
  const auto response = curl_http().send(request_to(server), never);
  REQUIRE(response.ok());
  CHECK(response->status == 200);
  CHECK(response->header("Retry-After") == nullptr);
}

TEST_CASE("a body is kept up to its bound, and the rest is not read") {
  RawServer server({{"HTTP/1.1 200 OK\r\n\r\n" + std::string(1'000'000, 'x')},
                    {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789"}});
  HttpRequest request = request_to(server);
  request.max_body = 1'000;
  const auto cut = curl_http().send(request, never);
  REQUIRE(cut.ok());
  CHECK(cut->status == 200);
  CHECK(cut->body == std::string(1'000, 'x'));
  CHECK(cut->body_cut);
  request.max_body = 10;
  const auto whole = curl_http().send(request, never);
  REQUIRE(whole.ok());
  CHECK(whole->body == "0123456789");
  CHECK_FALSE(whole->body_cut);
}

TEST_CASE("an answer that is cut, reset, empty or nonsense is a network error without secrets") {
  for (const RawAnswer& bad :
       {RawAnswer{""}, RawAnswer{"", RawAnswer::kReset}, RawAnswer{"\x16\x03\x01 garbage\r\n\r\n"},
        RawAnswer{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"},
        RawAnswer{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"},
        RawAnswer{"HTTP/1.1 200 OK\r\nX: " + std::string(200'000, 'y') + "\r\n\r\n"}}) {
    CAPTURE(bad.bytes.substr(0, 60), int{bad.after});
    RawServer server({bad});
    check_network_error(curl_http().send(request_to(server), never).status(), server);
  }
}

TEST_CASE("nobody listening is a network error") {
  std::string host;
  {
    const RawServer gone({});
    host = gone.host();
  }
  HttpRequest request;
  request.url = "http://user:secret@" + host + "/secret";
  const Status status = curl_http().send(request, never).status();
  REQUIRE(status.is(Error::kNetwork));
  CHECK(status.message().find("Connection refused") != std::string::npos);
  CHECK(status.message().find("secret") == std::string::npos);
}

TEST_CASE("a server that holds the line is given up in time") {
  RawServer server(
      {{"", RawAnswer::kHold}, {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", RawAnswer::kHold}});
  for (int i = 0; i < 2; ++i) {
    HttpRequest request = request_to(server);
    request.timeouts.total_ms = 300;
    const auto begin = std::chrono::steady_clock::now();
    check_network_error(curl_http().send(request, never).status(), server);
    CHECK(seconds_since(begin) > 0.25);
    CHECK(seconds_since(begin) < 5);  // milliseconds in truth; but the machine may be busy
  }
}

TEST_CASE("a server that stalls is given up before the whole time is over") {
  RawServer server({{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", RawAnswer::kHold}});
  HttpRequest request = request_to(server);
  request.timeouts.stalled_ms = 1'000;
  request.timeouts.total_ms = 60'000;
  const auto begin = std::chrono::steady_clock::now();
  check_network_error(curl_http().send(request, never).status(), server);
  CHECK(seconds_since(begin) < 20);
}

TEST_CASE("a cancel ends the wait at once") {
  RawServer server({{"", RawAnswer::kHold}});
  HttpRequest request = request_to(server);
  request.timeouts.total_ms = 60'000;
  auto cancelled_at = std::chrono::steady_clock::time_point::max();
  const Status status = curl_http()
                            .send(request,
                                  [&] {
                                    if (server.connections() == 0) return false;
                                    cancelled_at = std::min(cancelled_at, std::chrono::steady_clock::now());
                                    return true;
                                  })
                            .status();
  CHECK(status.is(Error::kInterrupted));
  CHECK(status.message().find("secret") == std::string::npos);
  CHECK(seconds_since(cancelled_at) < 2);  // milliseconds in truth
}

TEST_CASE("a cancel does not wait for the farewell of a mail server") {
  RawServer server({{"", RawAnswer::kHold}});  // not even a greeting
  MailRequest request;
  request.url = "smtp://" + server.host();
  request.tls = MailTls::kNone;
  request.from = "a@b";
  request.to = {"c@d"};
  request.text = "Subject: x\r\n\r\n";
  const auto begin = std::chrono::steady_clock::now();
  CHECK(curl_mail().send(request, [&] { return seconds_since(begin) > 0.1; }).is(Error::kInterrupted));
  CHECK(seconds_since(begin) < 3);
}

TEST_CASE("what is no request for the network never gets there") {
  for (const char* url : {"file:///etc/hostname", "ftp://127.0.0.1/", "nonsense", "smtp://127.0.0.1"}) {
    HttpRequest request;
    request.url = url;
    CHECK(curl_http().send(request, never).status().is(Error::kBadSetting));
  }
  RawServer server({});
  HttpRequest request = request_to(server);
  for (const char* value : {"a\r\nX: y", "a\nb"}) {
    request.headers = {{"X-Test", value}};
    CHECK(curl_http().send(request, never).status().is(Error::kBadArgument));
  }
  CHECK(server.connections() == 0);
  MailRequest mail;
  mail.url = "http://127.0.0.1";
  CHECK(curl_mail().send(mail, never).is(Error::kBadSetting));
  mail.url = "smtp://127.0.0.1";
  mail.from = "a@b>\r\nDATA";
  CHECK(curl_mail().send(mail, never).is(Error::kBadSetting));
}
