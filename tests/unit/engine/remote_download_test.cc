#include "unit/engine/remote_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

struct There : RemoteFixture {
  There() {
    mark(true);
    must_upload();
  }
  // Nothing is listed, and the next use of the directory clears up what is left.
  void require_nothing_published() {
    faults.clear();
    const auto listing = back.list();
    REQUIRE(listing.ok());
    REQUIRE(listing->backups.empty());
    REQUIRE(listing->foreign.empty());
    REQUIRE(back.clear_leftovers(*listing).ok());
    REQUIRE(fetched().empty());
  }
  void require_fails(Error expected) {
    const auto manifest = download();
    INFO(manifest.status().to_string());
    REQUIRE(manifest.status().is(expected));
    CHECK(manifest.status().message().find(name) != std::string::npos);
    require_nothing_published();
  }
};

}  // namespace

TEST_CASE_METHOD(There, "a manifest is read there, with its text") {
  const auto manifest = read_remote_manifest(store, name, never);
  REQUIRE(manifest.ok());
  CHECK(manifest->text == local().at(name + ".json"));
  CHECK(manifest->manifest.note == "of the manifest");
  CHECK(read_remote_manifest(store, "other.sqlite", never).status().is(Error::kNoSuchBackup));
}

TEST_CASE_METHOD(There, "what is here already is not fetched over it") {
  REQUIRE(download().ok());
  const auto before = fetched();
  store.inject({.nth = 0});
  CHECK(download().status().is(Error::kAlreadyExists));
  CHECK(store.count(StoreOp::kDownload) == 0);
  CHECK(fetched() == before);
}

TEST_CASE_METHOD(There, "an imported file of that name is not replaced") {
  write_whole_file(back.path_of(name), "of the user");
  CHECK(download().status().is(Error::kAlreadyExists));
  CHECK(fetched().at(name) == "of the user");
}

TEST_CASE_METHOD(There, "damage there is found, and nothing of it is published") {
  const auto whole = store.objects();
  std::string data = whole.at(name);
  std::string manifest = whole.at(name + ".json");
  SECTION("any flipped byte of the data") {
    const std::size_t at = GENERATE(std::size_t{0}, std::size_t{5000}, std::size_t{8191});
    data.at(at) ^= 0x20;
    store.set_object(name, data);
    require_fails(Error::kStoredBytesDamaged);
  }
  SECTION("data that was cut") {
    store.set_object(name, data.substr(0, data.size() - 1));
    require_fails(Error::kStoredBytesDamaged);
  }
  SECTION("longer data") {
    store.set_object(name, data + "x");
    require_fails(Error::kStoredBytesDamaged);
  }
  SECTION("no data") {
    store.erase_object(name);
    require_fails(Error::kStoredBytesDamaged);
  }
  SECTION("a flipped byte in the manifest") {
    manifest.at(manifest.find("sha256") + 12) ^= 1;
    store.set_object(name + ".json", manifest);
    require_fails(Error::kManifestDamaged);
  }
  SECTION("no manifest") {
    store.erase_object(name + ".json");
    require_fails(Error::kNoSuchBackup);
  }
  SECTION("a manifest larger than any") {
    store.set_object(name + ".json", std::string((64U << 20) + 1, ' '));
    require_fails(Error::kManifestDamaged);
  }
  SECTION("wrong bytes on the way") {
    store.spoil_downloads({.flip_at = 4096});
    require_fails(Error::kStoredBytesDamaged);
  }
  SECTION("the data and manifest of another backup") {
    App(database).run("INSERT INTO t VALUES(1000, 'later')");
    const std::string other = backup(source(), forms().front(), silent).name;
    store.set_object(name, local().at(other));
    require_fails(Error::kStoredBytesDamaged);
    store.set_object(name + ".json", local().at(other + ".json"));
    require_fails(Error::kManifestDamaged);
  }
}

TEST_CASE_METHOD(There, "marks that are damaged there come as they are, to be found by whoever reads them") {
  store.set_object(name + ".marks.json", "{}");
  REQUIRE(download().ok());
  CHECK(fetched().at(name + ".marks.json") == "{}");
}

TEST_CASE_METHOD(There, "a download that is cut after any number of bytes publishes nothing") {
  const std::uint64_t size = store.objects().at(name).size();
  for (const std::uint64_t cut : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{5000}, size - 1, size}) {
    store.spoil_downloads({.cut_after = cut});
    require_fails(Error::kNetwork);
  }
  store.clear();
  CHECK(download().ok());
}

TEST_CASE_METHOD(There, "each operation of the store failing in a download publishes nothing") {
  const bool after_effect = GENERATE(false, true);
  std::uint64_t failures = 0;
  for (std::uint64_t n = 1;; ++n) {
    store.inject({.nth = n, .after_effect = after_effect, .sticky = true});
    const auto manifest = download();
    if (!store.fired()) {
      CHECK(manifest.ok());
      break;
    }
    ++failures;
    INFO(n << ": " << manifest.status().to_string());
    CHECK(manifest.status().is(Error::kNetwork));
    store.clear();
    require_nothing_published();
  }
  CHECK(failures == 3);
  CHECK(fetched() == local());
}

TEST_CASE_METHOD(There, "a download that is stopped at any step publishes nothing") {
  for (std::uint64_t n = 1;; ++n) {
    StopAt stop(n);
    const auto manifest = download_backup(store, name, back, stop);
    if (!stop.stopped()) {
      CHECK(manifest.ok());
      CHECK(n > 4);
      break;
    }
    CHECK(manifest.status().is(Error::kInterrupted));
    require_nothing_published();
  }
  CHECK(fetched() == local());
}

TEST_CASE_METHOD(There, "each file operation failing in a download publishes nothing") {
  const int number = GENERATE(EIO, ENOSPC);
  for (std::uint64_t n = 1;; ++n) {
    faults.inject({.nth = n, .error_number = number, .short_write = true});
    const auto manifest = download();
    const bool fired = faults.fired();
    INFO(n << ": " << manifest.status().to_string());
    if (!fired) {
      CHECK(manifest.ok());
      break;
    }
    if (manifest.ok()) {  // what failed was a hint, or clearing up after it
      CHECK(fetched() == local());
      REQUIRE(back.remove(name).ok());
      continue;
    }
    require_nothing_published();
  }
  CHECK(fetched() == local());
}

TEST_CASE_METHOD(There, "room on the disk is asked for before a byte is fetched") {
  class FullDisk : public FaultEnv {
   public:
    using FaultEnv::FaultEnv;
    Result<std::uint64_t> free_space(const std::string&) override { return std::uint64_t{1 << 20}; }
  };
  FullDisk disk(*env.files);
  BackupDirectory full(disk, back.path());
  store.inject({.nth = 0});
  CHECK(download_backup(store, name, full, silent).status().is(Error::kDiskFull));
  CHECK(store.count(StoreOp::kDownload) == 0);
  require_nothing_published();
}

TEST_CASE("a backup that gets other keys there while it is fetched is not called damaged") {
  RemoteFixture place(forms().at(2));
  place.must_upload();
  const auto before = place.store.objects();
  place.rekey();
  bool replaced = false;
  place.store.set_hook([&](StoreOp op, const std::string&) {
    if (op != StoreOp::kDownload || replaced) return;
    replaced = true;
    for (const auto& [key, bytes] : place.local()) place.store.set_object(key, bytes);
  });
  CHECK(place.download().status().is(Error::kInUse));
  REQUIRE(place.download().ok());
  CHECK(place.fetched() == place.local());
}
