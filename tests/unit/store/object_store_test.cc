#include "store/object_store.h"

#include "support/test.h"

using namespace sqbackup;

TEST_CASE("what may be a key") {
  for (const std::string& key :
       {std::string("a"), std::string("a/b/c"), std::string("..."), std::string(".hidden"),
        std::string("a b/\xc3\xa4\xf0\x9f\x92\xbe%+&?#\\\"'*"), std::string("partial"),
        std::string("a.partial"), std::string(".partially"), std::string(230, 'a'),
        std::string(230, 'a') + '/' + std::string(230, 'b') + '/' + std::string(50, 'c')}) {
    CAPTURE(key);
    CHECK(check_object_key(key).ok());
  }
}

TEST_CASE("what may be none, for it leads out, hides, or cannot be everywhere") {
  for (const std::string& key :
       {std::string(),
        std::string("/"),
        std::string("/a"),
        std::string("a/"),
        std::string("a//b"),
        std::string("."),
        std::string(".."),
        std::string("a/.."),
        std::string("../a"),
        std::string("a/./b"),
        std::string("a\nb"),
        std::string("a\0b", 3),
        std::string("\x7f"),
        std::string("\xc2\x85"),
        std::string("\xff"),
        std::string("a\xc3"),
        std::string("\xed\xa0\x80"),
        std::string(".a.partial"),
        std::string("d/.a.01234567.partial/x"),
        std::string(".partial"),
        std::string(231, 'a'),
        std::string(230, 'a') + '/' + std::string(230, 'b') + '/' + std::string(51, 'c')}) {
    CAPTURE(key);
    CHECK(check_object_key(key).is(Error::kBadArgument));
  }
}
