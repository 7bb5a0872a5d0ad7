#include <string>

#include "store/backup_directory.h"
#include "support/test.h"

using namespace sqbackup;

TEST_CASE("what could lead out of the directory or hide in it is no name") {
  for (const char* name :
       {"", ".", "..", "/", "a/b", "../a", "/etc/passwd", "a/", ".hidden", ".lock", "..a"}) {
    INFO("name: '" << name << "'");
    CHECK_FALSE(is_plain_name(name));
  }
  CHECK_FALSE(is_plain_name(std::string_view("a\0b", 3)));
  CHECK_FALSE(is_plain_name(std::string_view("\0", 1)));
}

TEST_CASE("the directory's own files are no names of backups") {
  for (const char* name :
       {"catalog.db", "catalog.db-wal", "catalog.db-shm", "catalog.db-journal", "catalog.db.damaged-1",
        "a.db.json", "a.json.json", ".json", "a.marks.json", "a.marks", "a.partial", "a.json.partial"}) {
    INFO("name: " << name);
    CHECK_FALSE(is_plain_name(name));
  }
  CHECK(is_plain_name("my-catalog.db"));
  for (const char* name : {"a.json", "a.json.zst", "a.json.age"}) CHECK(is_plain_name(name));  // data
  CHECK(is_plain_name("json"));
}

TEST_CASE("control characters are in no name") {
  for (const char* name : {"a\nb", "a\tb", "\x1b[2J", "a\x7f", "a\xc2\x80", "a\xc2\x9f"})
    CHECK_FALSE(is_plain_name(name));
  CHECK(is_plain_name("a\xc2\xa0"));
}

TEST_CASE("a name is valid UTF-8") {
  for (const char* name : {
           "\x80",              // a tail alone
           "\xc3",              // cut
           "\xe2\x82",          // cut
           "\xf0\x9f\x92",      // cut
           "\xc3(",             // no tail
           "\xc0\xaf",          // '/' overlong
           "\xc1\xbf",          // overlong
           "\xe0\x80\xaf",      // overlong
           "\xe0\x9f\xbf",      // overlong
           "\xf0\x80\x80\xaf",  // overlong
           "\xf0\x8f\xbf\xbf",  // overlong
           "\xed\xa0\x80",      // a surrogate
           "\xed\xbf\xbf",      // a surrogate
           "\xf4\x90\x80\x80",  // beyond U+10FFFF
           "\xf5\x80\x80\x80",
           "\xfe",
           "\xff",
           "ok\xff",
       }) {
    CHECK_FALSE(is_plain_name(name));
  }
  for (const char* name : {"Sicherung fürs Büro.sqlite", "バックアップ", "\xf0\x9f\x92\xbe", "\xed\x9f\xbf",
                           "\xee\x80\x80", "\xf4\x8f\xbf\xbf", "\xe0\xa0\x80", "\xf0\x90\x80\x80"}) {
    INFO("name: " << name);
    CHECK(is_plain_name(name));
  }
}

TEST_CASE("a name has at most 200 bytes") {
  CHECK(is_plain_name(std::string(200, 'a')));
  CHECK_FALSE(is_plain_name(std::string(201, 'a')));
  CHECK_FALSE(is_plain_name(std::string(199, 'a') + "\xc3\xbc"));
}

TEST_CASE("ordinary names are names, with spaces, quotes and backslashes too") {
  for (const char* name :
       {"backup-2026-11-20T10-30-00-000Z.sqlite", "a", "it's \"mine\"", "a\\b", "-rf", "~", "a b.", "CON"}) {
    INFO("name: " << name);
    CHECK(is_plain_name(name));
  }
}
