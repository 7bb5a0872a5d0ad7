#include "net/http.h"

#include "support/test.h"

using namespace sqbackup;

TEST_CASE("the date of a server") {
  const auto date = parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT");
  REQUIRE(date);
  CHECK(format_sql_time(*date) == "1994-11-06 08:49:37.000");
  CHECK(format_sql_time(*parse_http_date("Thu, 29 Feb 2024 23:59:59 GMT")) == "2024-02-29 23:59:59.000");
  for (const char* bad :
       {"", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994     ", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, 06-Nov-1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:3Z GMT", "Sun, 06 Nov +994 08:49:37 GMT"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_http_date(bad));
  }
}

TEST_CASE("Retry-After in seconds, bounded") {
  const auto asked = [](const char* value) {
    HttpResponse response;
    response.headers = {{"retry-after", value}};
    return retry_after_millis(response, 60'000);
  };
  CHECK(retry_after_millis({}, 60'000) == 0);
  CHECK(asked("7") == 7'000);
  CHECK(asked("0") == 0);
  CHECK(asked("61") == 60'000);
  CHECK(asked("99999999999999999999999") == 60'000);
  for (const char* nothing :
       {"", "-1", "-99999999999999999999999", "1.5", "soon", "Sun, 06 Nov 1994 08:49:37 GMT"}) {
    CAPTURE(nothing);
    CHECK(asked(nothing) == 0);
  }
}
