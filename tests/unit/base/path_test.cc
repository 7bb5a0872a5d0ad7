#include "base/file_env.h"
#include "support/test.h"

using namespace sqbackup;

TEST_CASE("a path splits into its directory and its file name") {
  CHECK(directory_of("/a/b") == "/a");
  CHECK(directory_of("/b") == "/");
  CHECK(directory_of("//b") == "/");
  CHECK(directory_of("/a//b") == "/a");
  CHECK(directory_of("/a/b/") == "/a/b");
  CHECK(directory_of("b") == ".");
  CHECK(directory_of("") == ".");
  CHECK(file_name_of("/a/b") == "b");
  CHECK(file_name_of("b") == "b");
  CHECK(file_name_of("/a/").empty());
}

TEST_CASE("joining puts exactly one slash between directory and name") {
  CHECK(join_path("/a", "b") == "/a/b");
  CHECK(join_path("/a/", "b") == "/a/b");
  CHECK(join_path("/", "b") == "/b");
  CHECK(join_path("", "b") == "b");
}
