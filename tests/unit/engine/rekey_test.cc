#include "engine/rekey.h"

#include "codec/age/in_memory.h"
#include "codec/base64.h"
#include "codec/sha256.h"
#include "unit/engine/backup_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

constexpr int kLittleWork = 4;

AgeLock lock_for(const AgeKeys& keys) {
  AgeLock lock;
  lock.recipients.push_back(keys.identities.front().recipient());
  return lock;
}

struct Fixture : BackupFixture {
  std::string name;

  explicit Fixture(const StoredForm& form) {
    {
      App app(database);
      app.run("CREATE TABLE t(id INTEGER PRIMARY KEY, data TEXT)");
      app.run(
          "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<4000)"
          " INSERT INTO t SELECT i, hex(randomblob(40)) FROM s");
    }
    BackupRequest noted = request(form);
    noted.note = "of the manifest";
    name = backup(source(), noted, silent).name;
  }
  Result<Manifest> rekey(const AgeKeys& keys, const AgeLock& lock) {
    return rekey_backup(directory, name, keys, lock, silent);
  }
  Result<Manifest> rekey() { return rekey(test_keys(), lock_for(other_keys())); }
  Status verify(const AgeKeys& keys) {
    return verify_backup(directory, name, VerifyLevel::kFull, keys, silent);
  }
  std::string stored() const { return read_whole_file(directory.path_of(name)); }
  std::string text_of_manifest() { return *directory.read_manifest(name); }

  // It failed, and everything is as it was.
  void require_unharmed(const std::string& stored_before, const std::string& manifest_before) {
    REQUIRE(stored() == stored_before);
    REQUIRE(text_of_manifest() == manifest_before);
    for (const auto& file : names_in(directory.path())) REQUIRE_FALSE(file.starts_with(".b"));
  }
};

struct Encrypted : Fixture {
  Encrypted() : Fixture(forms().at(2)) {}
};

class Interrupted : public NoProgress {
 public:
  Status advance(std::uint64_t) override { return {Error::kInterrupted, "stopped"}; }
};

std::string payload_of(const std::string& file) {
  const auto header = AgeHeader::parse(as_bytes(file));
  REQUIRE(header.ok());
  return file.substr(header->size());
}

}  // namespace

TEST_CASE("other keys open a backup, the old ones alone do not, and its payload is the same bytes") {
  const StoredForm form = forms().at(GENERATE(std::size_t{2}, std::size_t{3}));
  Fixture place(form);
  const std::string before = place.stored();
  const auto manifest = place.rekey();
  REQUIRE(manifest.ok());
  const std::string after = place.stored();
  CHECK(payload_of(after) == payload_of(before));
  CHECK(after != before);
  CHECK(manifest->stored_size == after.size());
  CHECK(manifest->sha256 == *sha256_hex(as_bytes(after)));
  CHECK(manifest->encryption->recipients == std::vector{other_keys().identities.front().recipient().text()});
  CHECK(place.verify(other_keys()).ok());
  CHECK(place.verify(test_keys()).is(Error::kNoKey));
  const std::string target = place.temp.path_of("copy.db");
  CHECK(restore_to_file(place.directory, place.name, test_keys(), {target}, place.silent).is(Error::kNoKey));
  CHECK(restore_to_file(place.directory, place.name, other_keys(), {target}, place.silent).ok());
  CHECK(fingerprint(target) == fingerprint(place.database));
  const auto content = load_manifest(place.directory, place.name, other_keys());
  REQUIRE(content.ok());
  CHECK((*content)->note == "of the manifest");
  CHECK((*content)->total_rows == 4000);
  CHECK_FALSE((*load_manifest(place.directory, place.name, test_keys()))->knows_content());
}

TEST_CASE_METHOD(Encrypted,
                 "more recipients, a passphrase and one recipient again: each opens it in its turn") {
  AgeLock both = lock_for(other_keys());
  both.recipients.push_back(test_keys().identities.front().recipient());
  AgeKeys word;
  word.passphrase = Secret(as_bytes("correct horse"));
  AgeLock passphrase;
  passphrase.passphrase = Secret(as_bytes("correct horse"));
  passphrase.log2_work = kLittleWork;
  REQUIRE(rekey(test_keys(), both).ok());
  CHECK(verify(test_keys()).ok());
  CHECK(verify(other_keys()).ok());
  REQUIRE(rekey(other_keys(), passphrase).ok());
  CHECK(verify(word).ok());
  CHECK(verify(other_keys()).is(Error::kNoKey));
  REQUIRE(rekey(word, lock_for(test_keys())).ok());
  CHECK(verify(test_keys()).ok());
  CHECK(verify(word).is(Error::kNoKey));
}

TEST_CASE_METHOD(Encrypted,
                 "a backup that is for these recipients already is left as it is, without any key") {
  REQUIRE(rekey(test_keys(), lock_for(other_keys())).ok());
  const std::string before = stored();
  const auto again = rekey(no_keys(), lock_for(other_keys()));
  REQUIRE(again.ok());
  CHECK(again->sha256 == *sha256_hex(as_bytes(before)));
  CHECK(stored() == before);
}

TEST_CASE_METHOD(Encrypted, "the note of the marks is for the new keys too") {
  Marks marks;
  marks.pinned = true;
  marks.note = "of the marks";
  REQUIRE(hide_content(marks, lock_for(test_keys())).ok());
  REQUIRE(directory.write_marks(name, *write_marks(marks)).ok());
  REQUIRE(rekey().ok());
  const auto read = read_marks(*directory.read_marks(name));
  REQUIRE(read.ok());
  CHECK(read->pinned);
  const std::string sealed = *base64_decode(read->secret);
  CHECK(age_open(as_bytes(sealed), test_keys()).status().is(Error::kNoKey));
  CHECK(age_open(as_bytes(sealed), other_keys())->find("of the marks") != std::string::npos);
}

TEST_CASE_METHOD(Encrypted, "marks without a note of their own, and damaged ones, stay as they are") {
  std::string marks = "damaged";
  if (GENERATE(true, false)) {
    Marks pinned;
    pinned.pinned = true;
    pinned.keeps_texts = true;
    marks = *write_marks(pinned);
  }
  REQUIRE(directory.write_marks(name, marks).ok());
  REQUIRE(rekey().ok());
  CHECK(*directory.read_marks(name) == marks);
  CHECK(verify(other_keys()).ok());
}

TEST_CASE_METHOD(Encrypted, "damage gets no new hash, wherever it is") {
  const std::string manifest = text_of_manifest();
  const std::string sound = stored();
  std::string damaged = sound;
  SECTION("in the payload") { damaged[damaged.size() / 2] ^= 1; }
  SECTION("in the header, where it looks like a missing key") { damaged[sound.find('\n', 30) + 5] ^= 1; }
  SECTION("in the header's last line") { damaged[sound.find("\n---") + 10] ^= 1; }
  SECTION("at the end") { damaged.pop_back(); }
  SECTION("of everything") { damaged.clear(); }
  write_whole_file(directory.path_of(name), damaged);
  const auto refused = rekey();
  INFO(refused.status().to_string());
  CHECK(refused.status().is(Error::kStoredBytesDamaged));
  require_unharmed(damaged, manifest);
}

TEST_CASE_METHOD(Encrypted,
                 "without a key that opens it now nothing happens, and the message names who could") {
  const std::string manifest = text_of_manifest();
  const std::string before = stored();
  for (const AgeKeys* keys : {&no_keys(), &other_keys()}) {
    const auto refused = rekey(*keys, lock_for(other_keys()));
    CHECK(refused.status().is(Error::kNoKey));
    CHECK(refused.status().message().find(test_keys().identities.front().recipient().text()) !=
          std::string::npos);
  }
  require_unharmed(before, manifest);
}

TEST_CASE_METHOD(Encrypted, "an interrupted change of keys leaves the old ones and nothing else") {
  const std::string manifest = text_of_manifest();
  const std::string before = stored();
  Interrupted interrupted;
  CHECK(rekey_backup(directory, name, test_keys(), lock_for(other_keys()), interrupted)
            .status()
            .is(Error::kInterrupted));
  require_unharmed(before, manifest);
}

TEST_CASE_METHOD(Encrypted, "a file without a manifest is somebody else's, and a missing one is damage") {
  const std::string bytes = stored();
  write_whole_file(directory.path_of("theirs.age"), bytes);
  CHECK(rekey_backup(directory, "theirs.age", test_keys(), lock_for(other_keys()), silent)
            .status()
            .is(Error::kImported));
  CHECK(read_whole_file(directory.path_of("theirs.age")) == bytes);
  REQUIRE(env.files->remove(directory.path_of(name)).ok());
  CHECK(rekey().status().is(Error::kStoredBytesDamaged));
}

TEST_CASE("a backup that is not encrypted has no keys to change") {
  Fixture place(forms().at(0));
  const std::string before = place.stored();
  const std::string manifest = place.text_of_manifest();
  CHECK(place.rekey().status().is(Error::kNotEncrypted));
  place.require_unharmed(before, manifest);
}
