#include "format/exposition.h"

#include <clocale>

#include "support/test.h"

using namespace sqbackup;

namespace {

std::string sample(std::string_view label, double value = 1) {
  Exposition page;
  page.begin_gauge("m", "Help.");
  page.add({{"l", label}}, value);
  const std::string& text = page.text();
  const std::string head = "# HELP m Help.\n# TYPE m gauge\nm";
  REQUIRE(text.substr(0, head.size()) == head);
  return text.substr(head.size());
}

}  // namespace

TEST_CASE("label values are escaped so that each is one label of one line") {
  CHECK(sample("/srv/app.db") == "{l=\"/srv/app.db\"} 1\n");
  CHECK(sample("a\"b") == "{l=\"a\\\"b\"} 1\n");
  CHECK(sample("a\\b") == "{l=\"a\\\\b\"} 1\n");
  CHECK(sample("a\nb") == "{l=\"a\\nb\"} 1\n");
  CHECK(sample("\\\"\n") == "{l=\"\\\\\\\"\\n\"} 1\n");
  CHECK(sample("") == "{l=\"\"} 1\n");
  CHECK(sample("a, b} 2") == "{l=\"a, b} 2\"} 1\n");
}

TEST_CASE("label values are UTF-8, whatever the bytes") {
  CHECK(sample("k\xc3\xa4se") == "{l=\"k\xc3\xa4se\"} 1\n");
  CHECK(sample("a\xff"
               "b") == "{l=\"a\\\\xffb\"} 1\n");
  CHECK(sample("\xc3") == "{l=\"\\\\xc3\"} 1\n");
  CHECK(sample("\xed\xa0\x80") == "{l=\"\\\\xed\\\\xa0\\\\x80\"} 1\n");
}

TEST_CASE("numbers are written in full, and never with a decimal comma") {
  const char* before = std::setlocale(LC_NUMERIC, "de_DE.UTF-8");
  CHECK(sample("", 1800000000) == "{l=\"\"} 1800000000\n");
  CHECK(sample("", 1800000000.123) == "{l=\"\"} 1800000000.123\n");
  CHECK(sample("", 0) == "{l=\"\"} 0\n");
  CHECK(sample("", 0.25) == "{l=\"\"} 0.25\n");
  CHECK(sample("", 1e300).size() > 300);
  if (before != nullptr) std::setlocale(LC_NUMERIC, "C");
}

TEST_CASE("a gauge without samples is not shown, one with several has one head") {
  Exposition page;
  page.begin_gauge("none", "Help.");
  page.begin_gauge("two", "Help.");
  page.add({}, 1);
  page.add({{"a", "x"}, {"b", "y"}}, 2);
  CHECK(page.text() == "# HELP two Help.\n# TYPE two gauge\ntwo 1\ntwo{a=\"x\",b=\"y\"} 2\n");
}
