#include "engine/remote_backup.h"

#include "unit/engine/remote_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

struct Encrypted : RemoteFixture {
  Encrypted() : RemoteFixture(forms().at(2)) {}
};

std::string with_a_flipped_byte(std::string bytes, std::size_t at) {
  bytes.at(at) ^= 1;
  return bytes;
}

}  // namespace

TEST_CASE("a backup of each form goes up and comes back byte for byte, and restores") {
  RemoteFixture place(EACH_FORM());
  place.mark(true);
  place.must_upload();
  CHECK(place.store.objects() == place.local());
  const auto manifest = place.download();
  INFO(manifest.status().to_string());
  REQUIRE(manifest.ok());
  CHECK(place.fetched() == place.local());
  const auto proof = verify_backup(place.back, place.name, VerifyLevel::kFull, test_keys(), place.silent);
  INFO(proof.to_string());
  CHECK(proof.ok());
  const std::string target = place.temp.path_of("again.db");
  std::vector<std::string> reindex;
  REQUIRE(restore_to_file(place.back, place.name, test_keys(), {target, false, VerifyLevel::kFull, &reindex},
                          place.silent)
              .ok());
  CHECK(fingerprint(target) == fingerprint(place.database));
}

TEST_CASE_METHOD(RemoteFixture, "the data of an empty database goes up and comes back") {
  write_whole_file(database, "");
  name = backup(source(), forms().front(), silent).name;
  must_upload();
  REQUIRE(listing().backups.size() == 1);
  CHECK(listing().backups.front().data_size == 0);
  REQUIRE(download().ok());
  CHECK(fetched().at(name).empty());
}

TEST_CASE_METHOD(RemoteFixture,
                 "what is there already is not sent again, and costs two questions, three with marks") {
  must_upload();
  store.inject({.nth = 0});
  must_upload();
  CHECK(store.count() == 2);
  CHECK(store.count(StoreOp::kUpload) == 0);
  mark(true);
  must_upload();
  CHECK(store.objects() == local());
  store.inject({.nth = 0});
  must_upload();
  CHECK(store.count() == 3);
  CHECK(store.count(StoreOp::kPut) == 0);
}

TEST_CASE_METHOD(RemoteFixture, "a store that keeps no hashes gets data again unless its manifest is there") {
  store.know_sha256(false);
  must_upload();
  store.inject({.nth = 0});
  must_upload();
  CHECK(store.count(StoreOp::kUpload) == 0);
  // Of the right size, and wrong.
  store.erase_object(name + ".json");
  store.set_object(name, std::string(local().at(name).size(), 'x'));
  must_upload();
  CHECK(store.objects() == local());
}

TEST_CASE_METHOD(RemoteFixture, "data that was damaged or lost beside its manifest there is sent again") {
  must_upload();
  const auto whole = store.objects();
  SECTION("lost") { store.erase_object(name); }
  SECTION("cut") { store.set_object(name, whole.at(name).substr(0, 100)); }
  SECTION("flipped") { store.set_object(name, with_a_flipped_byte(whole.at(name), 100)); }
  must_upload();
  CHECK(store.objects() == whole);
}

TEST_CASE_METHOD(RemoteFixture, "damaged local files are not uploaded, and nothing of them is listed") {
  const std::string path = directory.path_of(name);
  Error expected = Error::kStoredBytesDamaged;
  SECTION("a flipped byte in the data") {
    write_whole_file(path, with_a_flipped_byte(read_whole_file(path), 5000));
  }
  SECTION("data that was cut") { write_whole_file(path, read_whole_file(path).substr(0, 5000)); }
  SECTION("no data") { REQUIRE(env.files->remove(path).ok()); }
  SECTION("a flipped byte in the manifest") {
    write_whole_file(path + ".json", with_a_flipped_byte(read_whole_file(path + ".json"), 50));
    expected = Error::kManifestDamaged;
  }
  SECTION("the manifest of another backup") {
    const std::string other = backup(source(), forms().front(), silent).name;
    write_whole_file(path + ".json", read_whole_file(directory.path_of(other) + ".json"));
    expected = Error::kManifestDamaged;
  }
  SECTION("no manifest") {
    REQUIRE(env.files->remove(path + ".json").ok());
    expected = Error::kImported;
  }
  SECTION("nothing at all") {
    REQUIRE(directory.remove(name).ok());
    expected = Error::kNoSuchBackup;
  }
  const auto url = upload();
  INFO(url.status().to_string());
  REQUIRE(url.status().is(expected));
  CHECK(url.status().message().find(name) != std::string::npos);
  CHECK(store.objects().empty());
}

TEST_CASE("another backup of this name there stays, whatever it has in common with this one") {
  const bool encrypted = GENERATE(false, true);
  RemoteFixture place(forms().at(encrypted ? 2 : 0));
  RemoteFixture other(forms().at(encrypted ? 2 : 0));
  place.must_upload();
  const auto theirs = read_remote_manifest(place.store, place.name, never);
  auto manifest = read_manifest(*other.directory.read_manifest(other.name), other.name);
  REQUIRE(theirs.ok());
  REQUIRE(manifest.ok());
  manifest->name = place.name;
  manifest->created_at = theirs->manifest.created_at;
  if (encrypted) {
    // With nothing changed it would be the same backup with other keys.
    SECTION("of another time") { manifest->created_at += 1; }
    SECTION("of another database") { manifest->database_id = "00000000-0000-4000-8000-000000000001"; }
    SECTION("of another state") { manifest->change_counter += 1; }
  }
  const std::string path = other.directory.path_of(place.name);
  write_whole_file(path, other.local().at(other.name));
  write_whole_file(path + ".json", *write_manifest(*manifest));
  const auto before = place.store.objects();
  const auto url = upload_backup(other.directory, place.name, place.store, place.silent);
  INFO(url.status().to_string());
  CHECK(url.status().is(Error::kAlreadyExists));
  CHECK(place.store.objects() == before);
}

TEST_CASE_METHOD(RemoteFixture, "a manifest there that cannot be read is not overwritten") {
  store.set_object(name + ".json", "{}");
  CHECK(upload().status().is(Error::kAlreadyExists));
  CHECK(store.objects().size() == 1);
}

TEST_CASE_METHOD(RemoteFixture, "damaged marks are not uploaded, those there stay, and the backup goes") {
  mark(true);
  must_upload();
  const auto before = store.objects();
  write_whole_file(directory.path_of(name) + ".marks.json", "{}");
  must_upload();
  CHECK(store.objects() == before);
  CHECK(upload_marks(directory, name, store, never).is(Error::kManifestDamaged));
  CHECK(store.objects() == before);
}

TEST_CASE_METHOD(RemoteFixture, "marks go alone, and only beside a backup") {
  CHECK(upload_marks(directory, name, store, never).ok());
  CHECK(store.count() == 0);
  mark(true);
  CHECK(upload_marks(directory, name, store, never).is(Error::kNoSuchBackup));
  CHECK(store.objects().empty());
  must_upload();
  mark(false);
  REQUIRE(upload_marks(directory, name, store, never).ok());
  CHECK(store.objects() == local());
}

TEST_CASE_METHOD(RemoteFixture, "marks of a backup that was there before do not come back with it") {
  store.set_object(name + ".marks.json", "of long ago");
  must_upload();
  CHECK(store.objects() == local());
}

TEST_CASE_METHOD(Encrypted, "a backup with other keys replaces the one there, whole at every instant") {
  must_upload();
  const auto before = store.objects();
  rekey();
  bool unlisted = false;
  store.set_hook([&](StoreOp, const std::string&) {
    const auto now = store.objects();
    const auto manifest = now.find(name + ".json");
    if (manifest == now.end()) {
      unlisted = true;
    } else {
      const bool is_old = manifest->second == before.at(name + ".json");
      CHECK(now.at(name) == (is_old ? before : local()).at(name));
    }
  });
  must_upload();
  store.set_hook(nullptr);
  CHECK(unlisted);
  CHECK(store.objects() == local());
  CHECK(store.objects() != before);
}

TEST_CASE_METHOD(Encrypted, "a damaged file with other keys does not cost the good copy there") {
  must_upload();
  const auto before = store.objects();
  rekey();
  const std::string path = directory.path_of(name);
  write_whole_file(path, with_a_flipped_byte(read_whole_file(path), 3000));
  CHECK(upload().status().is(Error::kStoredBytesDamaged));
  CHECK(store.objects() == before);
}

TEST_CASE_METHOD(RemoteFixture, "somebody who writes the manifest at the same time is found out") {
  store.set_hook([&](StoreOp op, const std::string& key) {
    if (op == StoreOp::kGet && key == name + ".json" && store.objects().count(key) != 0)
      store.set_object(key, "of somebody else");
  });
  CHECK(upload().status().is(Error::kAlreadyExists));
}

TEST_CASE_METHOD(RemoteFixture, "names that are no backup's, or get out of the place, are refused") {
  for (const char* bad :
       {"", "../x.sqlite", "a/b.sqlite", "/etc/passwd.x", ".hidden.x", "no-ending", "RECOVERY.txt",
        "owner.sqbackup", "owner.sqbackup.json", "a.sqlite.json", "catalog.db", "a.b\n"}) {
    INFO(bad);
    CHECK(upload_backup(directory, bad, store, silent).status().is(Error::kBadName));
    CHECK(upload_marks(directory, bad, store, never).is(Error::kBadName));
    CHECK(download_backup(store, bad, back, silent).status().is(Error::kBadName));
    CHECK(read_remote_manifest(store, bad, never).status().is(Error::kBadName));
    CHECK(remove_remote(store, bad, never).is(Error::kBadName));
  }
  CHECK(store.count() == 0);
}
