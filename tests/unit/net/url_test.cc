#include "net/url.h"

#include "support/test.h"

using namespace sqbackup;

TEST_CASE("a URL is taken apart") {
  const auto url = parse_url("HTTPS://user:p%40ss@Example.com:8443/a/b?c=d/e?f");
  REQUIRE(url.ok());
  CHECK(url->scheme == "https");
  CHECK(url->user_info == "user:p%40ss");
  CHECK(url->host == "Example.com");
  CHECK(url->port == "8443");
  CHECK(url->path == "/a/b");
  CHECK(url->query == "?c=d/e?f");

  const auto bare = parse_url("http://[::1]");
  REQUIRE(bare.ok());
  CHECK((bare->host == "[::1]" && bare->port.empty() && bare->path.empty() && bare->query.empty()));
  CHECK(parse_url("http://[::1]:80/")->port == "80");
  CHECK(parse_url("http://h?q")->query == "?q");
}

TEST_CASE("what is no URL is refused, and the refusal does not show it") {
  for (const char* text : {"",
                           "secret",
                           "://secret",
                           "http:/secret",
                           "http://",
                           "http:///secret",
                           "http://:80/secret",
                           "http://h:0/secret",
                           "http://h:65536/secret",
                           "http://h:8x/secret",
                           "http://h:/secret",
                           "http://h/secret#x",
                           "http://h/secret x",
                           "http://h/secret\r\nHost: x",
                           "http://h/\tsecret",
                           "http://se<cret>/",
                           "http://h\\@secret/",
                           "http://a@b@secret/",
                           "http://[::1/secret",
                           "http://[]/secret",
                           "http://h\xc3\xa9/secret",
                           "ht tp://secret",
                           "http://h%61/secret",
                           "-://secret"}) {
    CAPTURE(text);
    const Status status = check_http_url(text);
    REQUIRE(status.is(Error::kBadSetting));
    CHECK(status.message().find("secret") == std::string::npos);
    CHECK(status.message().find('\n') == std::string::npos);
  }
  CHECK(check_http_url("http://h/" + std::string(20'000, 'x')).is(Error::kBadSetting));
}

TEST_CASE("settings take the schemes that are meant for them") {
  CHECK(check_http_url("http://h").ok());
  CHECK(check_http_url("https://hc-ping.com/0d1b-secret?create=1").ok());
  CHECK(check_smtp_url("smtp://user:pw@mail.example.com:587").ok());
  CHECK(check_smtp_url("smtps://mail.example.com/client.name").ok());
  const auto split = check_smtp_url("smtp://me:12/secret@mail.example.com:25");  // a password with a '/'
  CHECK(split.is(Error::kBadSetting));
  CHECK_THAT(split.to_string(), !Catch::Contains("me:12") && Catch::Contains("%2F"));
  for (const char* text : {"file:///etc/passwd", "ftp://h", "gopher://h", "smtp://h", "httpx://h"}) {
    CAPTURE(text);
    CHECK(check_http_url(text).is(Error::kBadSetting));
  }
  for (const char* text : {"http://h", "imap://h", "smtp://h/?x=1", "mail.example.com:25"}) {
    CAPTURE(text);
    CHECK(check_smtp_url(text).is(Error::kBadSetting));
  }
}

TEST_CASE("of a URL only scheme, host and port are shown") {
  CHECK(shown_url("https://user:pw@hc-ping.com/uuid?key=1") == "https://hc-ping.com");
  CHECK(shown_url("smtp://user:pw@mail:587") == "smtp://mail:587");
  CHECK(shown_url("https://pw@x@hc-ping.com/uuid") == "the URL");
}

TEST_CASE("this machine is known by its name and addresses only") {
  for (const char* text : {"smtp://localhost", "smtp://LOCALHOST:25", "smtp://127.0.0.1",
                           "smtp://127.3.2.1:25", "smtp://u:p@[::1]:25"}) {
    CAPTURE(text);
    CHECK(is_loopback(*parse_url(text)));
  }
  for (const char* text : {"smtp://127.example.com", "smtp://localhost.example.com", "smtp://128.0.0.1",
                           "smtp://localhost@example.com", "smtp://[::2]"}) {
    CAPTURE(text);
    CHECK_FALSE(is_loopback(*parse_url(text)));
  }
}
