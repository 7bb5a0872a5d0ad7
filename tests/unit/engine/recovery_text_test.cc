#include "engine/recovery_text.h"

#include "support/memory_store.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

bool never() { return false; }

}  // namespace

TEST_CASE("the page of a bucket says how to restore with sqbackup and by hand") {
  const std::string text = recovery_text("s3://bucket/app/", "app.db");
  for (const char* part : {"SELECT backup_restore('s3://bucket/app/latest', '{\"to\":\"app.db\"}');",
                           "  PLACE='s3://bucket/app/'\n", "aws s3 cp \"$PLACE$N\" .", "curl -f", "sha256sum",
                           "age -d", "zstd -d", "  TO='app.db'\n", "sqlite3", "jq"})
    CHECK(text.find(part) != std::string::npos);
  CHECK(text.find('@') == std::string::npos);
  CHECK(text.back() == '\n');
}

TEST_CASE("the page of a directory has no commands for buckets") {
  const std::string text = recovery_text("file:///mnt/nas/app/", "app.db");
  CHECK(text.find("aws") == std::string::npos);
  CHECK(text.find("cp \"$N\" \"$N.json\"") != std::string::npos);
}

TEST_CASE("names in the page stay inside their quotes") {
  const std::string text = recovery_text("s3://bucket/o'neil/", "it's \"mine\"\n$(reboot).db");
  CHECK(text.find("PLACE='s3://bucket/o'\\''neil/'\n") != std::string::npos);
  CHECK(text.find("TO='it'\\''s \"mine\"?$(reboot).db'\n") != std::string::npos);
  CHECK(
      text.find(
          "backup_restore('s3://bucket/o''neil/latest', '{\"to\":\"it''s \\\"mine\\\"?$(reboot).db\"}');") !=
      std::string::npos);
  CHECK(recovery_text("s3://b/", "-rf.db").find("TO='./-rf.db'") != std::string::npos);
}

TEST_CASE("the page is written where it is missing or other") {
  MemoryStore store;
  REQUIRE(write_recovery_text(store, "app.db", never).ok());
  const std::string text = recovery_text("mem://place/", "app.db");
  CHECK(store.objects().at("RECOVERY.txt") == text);
  REQUIRE(write_recovery_text(store, "app.db", never).ok());
  CHECK(store.count(StoreOp::kPut) == 1);
  for (const std::string& other : {std::string("shorter"), text + "longer"}) {
    store.set_object("RECOVERY.txt", other);
    REQUIRE(write_recovery_text(store, "app.db", never).ok());
    CHECK(store.objects().at("RECOVERY.txt") == text);
  }
  store.inject({.nth = 1});
  CHECK(write_recovery_text(store, "app.db", never).is(Error::kNetwork));
}
