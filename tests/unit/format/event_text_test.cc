#include "format/event_text.h"

#include "support/test.h"

using namespace sqbackup;

TEST_CASE("details keep their order on the way through JSON") {
  const EventDetails details = {{"trigger", "scheduled"}, {"code", "SQB-FULL-01"}, {"a", "quote \" and \n"}};
  const std::string json = event_details_json(details);
  CHECK(json == R"({"trigger":"scheduled","code":"SQB-FULL-01","a":"quote \" and \n"})");
  CHECK(event_details(json) == details);
  CHECK(event_details_json({}) == "{}");
  CHECK(event_details_json({{"a", "\xff"}}) == "{\"a\":\"\xef\xbf\xbd\"}");
}

TEST_CASE("what is no object of texts has no details") {
  for (const char* text : {"", "{", "[]", "7", "null", "{\"a\":1}"}) CHECK(event_details(text).empty());
  CHECK(event_details(std::string(100'000, '[')).empty());
}

TEST_CASE("the same text has the same UUID, another text another one") {
  const auto uuid = uuid_of_text("run 7");
  REQUIRE(uuid.ok());
  CHECK(uuid->size() == 36);
  CHECK((*uuid)[14] == '8');
  CHECK(std::string("89ab").find((*uuid)[19]) != std::string::npos);
  CHECK(*uuid_of_text("run 7") == *uuid);
  CHECK(*uuid_of_text("run 8") != *uuid);
}
