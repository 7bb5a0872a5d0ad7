#include "unit/engine/remote_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

const std::string kOld = "backup-2026-11-20T10-30-00-000Z.sqlite";
const std::string kNew = "backup-2026-11-20T10-30-00-001Z.json";

struct Place {
  MemoryStore store;
  RemoteListing list() {
    const auto listing = list_remote(store, never);
    REQUIRE(listing.ok());
    return *listing;
  }
  std::vector<std::string> clear(UnixMillis before) {
    const auto cleared = clear_remote_leftovers(store, before, never);
    REQUIRE(cleared.ok());
    return *cleared;
  }
};

}  // namespace

TEST_CASE_METHOD(Place, "a place is listed by name, whatever else is in it") {
  for (const char* foreign : {"holiday.jpg", "a/b.sqlite", "a/b.sqlite.json", ".hidden", "noending",
                              "catalog.db", "tsconfig.app.json", "x.marks.json", "a.partial"})
    store.set_object(foreign, "x");
  store.set_object("owner.sqbackup", "x");
  store.set_object("owner.sqbackup.json", "x");
  store.set_object("RECOVERY.txt", "x");
  store.set_object("RECOVERY.txt.json", "x");
  store.set_object(kNew, "1234567");
  store.set_object(kNew + ".json", "x");
  store.set_object(kOld, "");
  store.set_object(kOld + ".json", "x");
  store.set_object(kOld + ".marks.json", "x");
  store.set_object("backup-2026-11-20T10-30-00-002Z.sqlite", "an upload that is not complete");
  store.set_object("backup-2026-11-20T10-30-00-003Z.sqlite.json", "its data is lost");
  const UnixMillis then = store.now();
  const RemoteListing listing = list();
  REQUIRE(listing.backups.size() == 2);
  CHECK(listing.backups[0].name == kOld);
  CHECK(listing.backups[0].data_size == 0);
  CHECK(listing.backups[0].marks_modified == then);
  CHECK(listing.backups[1].name == kNew);
  CHECK(listing.backups[1].data_size == 7);
  CHECK(listing.backups[1].data_modified != 0);
  CHECK(listing.backups[1].manifest_modified != 0);
  CHECK_FALSE(listing.backups[1].marks_modified);
  CHECK(listing.no_data == std::vector<std::string>{"backup-2026-11-20T10-30-00-003Z.sqlite"});
  CHECK(listing.ignored == 9 + 2);
}

TEST_CASE_METHOD(Place, "a listing that fails on any page is no listing") {
  for (int i = 0; i < 8; ++i) store.set_object("x" + std::to_string(i) + ".y", "");
  for (std::uint64_t n = 1; n <= 3; ++n) {
    store.inject({.nth = n});
    CHECK(list_remote(store, never).status().is(Error::kNetwork));
  }
  CHECK(list_remote(store, [] { return true; }).status().is(Error::kInterrupted));
}

TEST_CASE_METHOD(RemoteFixture, "a backup goes with all that belongs to it, and again it is ok") {
  mark(true);
  must_upload();
  store.set_object(name + ".other", "x");
  REQUIRE(remove_remote(store, name, never).ok());
  CHECK(store.objects() == std::map<std::string, std::string>{{name + ".other", "x"}});
  CHECK(remove_remote(store, name, never).ok());
}

TEST_CASE_METHOD(RemoteFixture, "a removal that fails or dies anywhere leaves nothing half listed") {
  const bool after_effect = GENERATE(false, true);
  mark(true);
  for (std::uint64_t n = 1; n <= 3; ++n) {
    must_upload();
    store.inject({.nth = n, .after_effect = after_effect, .sticky = true});
    CHECK(remove_remote(store, name, never).is(Error::kNetwork));
    require_whole_or_unlisted();
    REQUIRE(remove_remote(store, name, never).ok());
    CHECK(store.objects().empty());
  }
}

TEST_CASE_METHOD(Place, "what somebody else put there is not removed by its name") {
  store.set_object("holiday.jpg", "x");
  CHECK(remove_remote(store, "holiday.jpg", never).ok());
  CHECK(store.objects().size() == 1);
  store.set_object("holiday.jpg.json", "x");
  CHECK(remove_remote(store, "holiday.jpg", never).ok());
  CHECK(store.objects().empty());
}

TEST_CASE_METHOD(Place, "leftovers go when they are old enough, and nothing else does") {
  for (const char* foreign : {"holiday.jpg", "a/backup-2026-11-20T10-30-00-000Z.sqlite", "RECOVERY.txt",
                              "owner.sqbackup.json", "backup-2026.sqlite"})
    store.set_object(foreign, "x");
  store.set_object(kNew, "x");
  store.set_object(kNew + ".json", "x");
  const auto kept = store.objects();
  store.set_object(kOld, "x");
  store.set_object(kOld + ".marks.json", "x");
  const UnixMillis then = store.now();
  CHECK(clear(then).empty());  // not older
  CHECK(store.objects().size() == kept.size() + 2);
  SECTION("old") {
    CHECK(clear(then + 1) == std::vector<std::string>{kOld});
    CHECK(store.objects() == kept);
  }
  SECTION("marks alone") {
    store.erase_object(kOld);
    CHECK(clear(then + 1) == std::vector<std::string>{kOld});
    CHECK(store.objects() == kept);
  }
  SECTION("one part is new") {
    static_cast<void>(list());  // time goes on
    store.set_object(kOld + ".marks.json", "x");
    CHECK(clear(then + 1).empty());
  }
  SECTION("the upload goes on meanwhile") {
    store.set_hook([&](StoreOp op, const std::string&) {
      if (op == StoreOp::kHead) store.set_object(kOld + ".json", "x");
    });
    CHECK(clear(then + 1).empty());
    CHECK(store.objects().count(kOld) == 1);
  }
}
