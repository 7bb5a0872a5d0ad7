#include "base/percent.h"

#include "support/test.h"

using namespace sqbackup;

TEST_CASE("all but letters, digits and four signs is percent-encoded") {
  CHECK(percent_encode("azAZ09-._~") == "azAZ09-._~");
  CHECK(percent_encode("/ %+\xc3\xa4\x7f") == "%2F%20%25%2B%C3%A4%7F");
  CHECK(percent_encode("/a b", "/") == "/a%20b");
  CHECK(percent_encode("").empty());
}
