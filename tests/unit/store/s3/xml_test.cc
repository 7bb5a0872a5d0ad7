#include "store/s3/xml.h"

#include "support/test.h"

using namespace sqbackup;

namespace {

std::string nested(int depth) {
  std::string text;
  for (int i = 0; i < depth; ++i) text += "<a>";
  for (int i = 0; i < depth; ++i) text += "</a>";
  return text;
}

void check_refused(const std::string& document, const std::string& words = {}) {
  CAPTURE(document.substr(0, 200));
  const Status status = parse_s3_xml(document).status();
  REQUIRE(status.is(Error::kNetwork));
  CHECK(status.message().find(words) != std::string::npos);
}

}  // namespace

TEST_CASE("a document becomes a tree") {
  const auto root = parse_s3_xml(
      "\n \n<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- a --><x:Root xmlns:x=\"u|v#\" "
      "xmlns=\"http://s3/\">"
      "<Key>a&amp;b&#x20;&lt;<![CDATA[<&>]]>\xc3\xa4</Key>\n<Empty/><Key>second</Key><In><Key>deep</Key></In>"
      "</x:Root>\n");
  REQUIRE(root.ok());
  CHECK(root->name == "Root");
  CHECK(root->text == "\n");
  CHECK(root->children.size() == 4);
  CHECK(root->text_of("Key") == "a&b <<&>\xc3\xa4");
  CHECK(root->text_of("Empty").empty());
  CHECK(root->text_of("None").empty());
  CHECK(root->child("None") == nullptr);
  REQUIRE(root->child("In") != nullptr);
  CHECK(root->child("In")->text_of("Key") == "deep");
}

TEST_CASE("other encodings become UTF-8") {
  const auto latin = parse_s3_xml("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xe4</a>");
  REQUIRE(latin.ok());
  CHECK(latin->text == "\xc3\xa4");
  check_refused("<?xml version=\"1.0\" encoding=\"EBCDIC\"?><a/>");
  check_refused("<a>\xe4</a>");
}

TEST_CASE("what is no document is refused") {
  for (const char* text : {"", "   ", "no xml", "<a>", "<a></b>", "<a/><b/>", "<a/>rest", "<a b=1/>", "&lt;",
                           "<a>&unknown;</a>", "<html><br></html>", "{\"a\":1}"}) {
    check_refused(text);
  }
  check_refused(std::string("<a>\0</a>", 8));
}

TEST_CASE("nothing grows without bound") {
  CHECK(parse_s3_xml(nested(16)).ok());
  check_refused(nested(17), "nested too deeply");
  std::string many = "<a>";
  for (int i = 0; i < 29'999; ++i) many += "<b/>";
  CHECK(parse_s3_xml(many + "</a>").ok());
  check_refused(many + "<b/></a>", "too many elements");
  CHECK(parse_s3_xml("<a>" + std::string(1'000'000, 'x') + "</a>").ok());
  check_refused("<a>" + std::string(kS3LargestXml, 'x') + "</a>", "too long");
}

TEST_CASE("a document type is refused before anything in it is looked at") {
  for (const char* text : {"<!DOCTYPE a><a/>", "<!DOCTYPE a SYSTEM \"file:///etc/hostname\"><a/>",
                           "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
                           "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/hostname\">]><a>&x;</a>",
                           "<!DOCTYPE l [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">"
                           "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]><l>&c;</l>"}) {
    check_refused(text, "document type");
  }
}
