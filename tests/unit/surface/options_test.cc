#include "surface/options.h"

#include "support/test.h"

namespace sqbackup {
namespace {

constexpr OptionSpec kLegal[] = {
    {"note", OptionType::kText},
    {"pinned", OptionType::kSwitch},
    {"level", OptionType::kChoice, "checksum, quick, full"},
    {"labels", OptionType::kLabels},
    {"to", OptionType::kTexts},
};

std::string error_of(std::string_view json) {
  const auto options = Options::parse(json, kLegal);
  REQUIRE_FALSE(options.ok());
  CHECK(options.status().is(Error::kBadOption));
  return options.status().message();
}

TEST_CASE("an unknown option is refused by name, with the legal ones") {
  CHECK(error_of(R"({"notes":"x"})") ==
        "unknown option 'notes'; legal here: note, pinned, level, labels, to");
}

TEST_CASE("an option of the wrong type is refused by name, with what it should be and what it is") {
  CHECK(error_of(R"({"note":7})") == "option 'note' must be a text, not 7");
  CHECK(error_of(R"({"note":null})") == "option 'note' must be a text, not null");
  CHECK(error_of(R"({"note":{}})") == "option 'note' must be a text, not an object");
  CHECK(error_of(R"({"pinned":"yes"})") == "option 'pinned' must be true or false, not \"yes\"");
  CHECK(error_of(R"({"pinned":2})") == "option 'pinned' must be true or false, not 2");
  CHECK(error_of(R"({"pinned":[true]})") == "option 'pinned' must be true or false, not an array");
  CHECK(error_of(R"({"to":7})") == "option 'to' must be a text or an array of texts, not 7");
  CHECK(error_of(R"({"to":["x",7]})") == "option 'to' must be a text, not 7");
  CHECK(error_of(R"({"labels":"x"})") == "option 'labels' must be a JSON object, not \"x\"");
}

TEST_CASE("a choice takes its whole words alone") {
  for (const char* word : {"checksum", "quick", "full"}) {
    const auto options = Options::parse(std::string(R"({"level":")") + word + R"("})", kLegal);
    REQUIRE(options.ok());
    CHECK(options->text("level") == word);
  }
  for (const char* word : {"", "check", "FULL", "quick, full", ", "}) {
    CHECK(error_of(std::string(R"({"level":")") + word + R"("})")
              .starts_with("option 'level' must be one of: checksum, quick, full, not"));
  }
}

TEST_CASE("options that are no JSON object are refused") {
  for (const char* text :
       {"", " ", "{", "}", "{]", "note", "{\"note\"}", "{'note':'x'}", "{\"note\":\"x\"} {}",
        "{\"note\":\"x\",}", "\xff", "{\"note\":\"\xff\"}", "/* */ {}"}) {
    CHECK(error_of(text) == "options must be one JSON object, such as {\"key\":\"value\"}; this is not JSON");
  }
  CHECK(error_of("[]") == "options must be one JSON object, not an array");
  CHECK(error_of("\"note\"") == "options must be one JSON object, not \"note\"");
  CHECK(error_of("1") == "options must be one JSON object, not 1");
}

TEST_CASE("JSON nested a hundred thousand levels deep is refused, not run out of stack on") {
  const std::string deep = R"({"labels":)" + std::string(100000, '[') + std::string(100000, ']') + "}";
  CHECK(error_of(deep) == "option 'labels' must be a JSON object, not an array");
}

TEST_CASE("a key that is given twice is refused at every depth") {
  CHECK(error_of(R"({"note":"a","note":"a"})") == "options: the key 'note' is given twice");
  CHECK(error_of(R"({"labels":{"a":1,"b":2,"a":3}})") == "options: the key 'a' is given twice");
  CHECK(Options::parse(R"({"note":"a","labels":{"note":1}})", kLegal).ok());
}

TEST_CASE("a NUL character in a text is refused") {
  CHECK(error_of(R"({"note":"a\u0000b"})") == "option 'note' holds a NUL character");
}

TEST_CASE("an option that is not given has no value") {
  const auto options = Options::parse("{}", kLegal);
  REQUIRE(options.ok());
  CHECK_FALSE(options->has("note"));
  CHECK_FALSE(options->text("note").has_value());
  CHECK_FALSE(options->flag("pinned").has_value());
}

TEST_CASE("given options have their values") {
  const auto options = Options::parse(R"( {"pinned":true, "note":"a \"b\" \u00e9"} )", kLegal);
  REQUIRE(options.ok());
  CHECK(options->text("note") == "a \"b\" \xc3\xa9");
  CHECK(options->flag("pinned") == true);
  CHECK(Options::parse(R"({"pinned":false})", kLegal)->flag("pinned") == false);
  CHECK(Options::parse(R"({"pinned":1})", kLegal)->flag("pinned") == true);
  CHECK(Options::parse(R"({"pinned":0})", kLegal)->flag("pinned") == false);
}

TEST_CASE("texts are one as it is, or several as a JSON array") {
  CHECK(Options::parse(R"({"to":"a, b"})", kLegal)->text("to") == "a, b");
  CHECK(Options::parse(R"({"to":["a","b"]})", kLegal)->text("to") == R"(["a","b"])");
}

TEST_CASE("labels are texts, numbers and booleans, and keep their order") {
  const auto labels = parse_labels(R"({ "z": 1, "a": "x", "m": true, "f": 1.5 })");
  REQUIRE(labels.ok());
  CHECK(*labels == R"({"z":1,"a":"x","m":true,"f":1.5})");
  CHECK(parse_labels(R"({"a":null})").status().message() ==
        "label 'a' must be a text, number or boolean, not null");
  CHECK(parse_labels(R"({"a":{"b":1}})").status().message() ==
        "label 'a' must be a text, number or boolean, not an object");
  CHECK(parse_labels("[]").status().is(Error::kBadOption));
}

}  // namespace
}  // namespace sqbackup
