// Encrypted backups, as users meet them: what must never be plain, and what must work without a key.
#include <filesystem>

#include "codec/age/in_memory.h"
#include "service/operations.h"
#include "support/client.h"
#include "support/environment.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

struct Place {
  Place() { client.app().run("CREATE TABLE t(x); INSERT INTO t VALUES('row of t')"); }

  Session::Target target() { return *session.attached("main"); }
  Status set(const std::string& key, const std::optional<std::string>& value) {
    return target().database->set_setting(key, value).status();
  }
  Result<std::string> back_up(std::optional<bool> encrypt = std::nullopt) {
    Session::Target main = target();
    BackupOptions options;
    options.form.encrypt = encrypt;
    return backup_database(main, options, progress);
  }
  Result<VerifyLevel> verify(const std::string& name) {
    Session::Target main = target();
    return verify_database_backup(main, name, std::nullopt, progress);
  }
  BackupRecord record(const std::string& name) {
    const auto records = client.list();
    REQUIRE(records.ok());
    for (const BackupRecord& each : *records) {
      if (each.name == name) return each;
    }
    FAIL("not listed: " << name);
    return {};
  }
  std::string path_of(const std::string& name) const { return backups_of(path) + "/" + name; }

  TempDir temp;
  std::string path = temp.path_of("app.db");
  Client client{path};
  Session session{system_env(), client.app().handle()};
  NoProgress progress;
  std::string recipient = test_keys().identities.front().recipient().text();
};

}  // namespace

TEST_CASE("where the setting is lost with the catalog no backup is plain by accident") {
  Place place;
  REQUIRE(place.set("encrypt_to", place.recipient).ok());
  const std::string name = *place.back_up();
  REQUIRE(name.ends_with(".sqlite.age"));
  SECTION("the catalog is gone") {
    for (const char* file : {"catalog.db", "catalog.db-wal", "catalog.db-shm", "catalog.db-journal"})
      std::filesystem::remove(place.path_of(file));
  }
  SECTION("the setting was forgotten") { REQUIRE(place.set("encrypt_to", std::nullopt).ok()); }
  const auto refused = place.back_up();
  CHECK(refused.status().is(Error::kBadSetting));
  CHECK(place.client.list()->size() == 1);
  CHECK(place.back_up(false)->ends_with(".sqlite"));       // asked for
  CHECK(place.back_up().status().is(Error::kBadSetting));  // and not for all that follow
  REQUIRE(place.set("encrypt_to", "[]").ok());
  CHECK(place.back_up()->ends_with(".sqlite"));  // and so is this
  CHECK(place.back_up(true).status().is(Error::kBadOption));
}

TEST_CASE("beside an encrypted file from elsewhere alone no backup is plain by accident") {
  Place place;
  REQUIRE(place.set("encrypt_to", place.recipient).ok());
  const std::string name = *place.back_up();
  std::filesystem::rename(place.path_of(name), place.path_of("theirs.sqlite.age"));
  std::filesystem::remove(place.path_of(name + ".json"));
  REQUIRE(place.set("encrypt_to", std::nullopt).ok());
  CHECK(place.back_up().status().is(Error::kBadSetting));
  CHECK(place.back_up(false).ok());
  CHECK(place.back_up().ok());  // there are plain ones of ours by now
}

TEST_CASE("nobody to encrypt for is said in words, not by an empty value") {
  Place place;
  for (const char* value : {"", " ", ",", "[\"\"]", "nobody", "[1]"}) {
    INFO(value);
    CHECK(place.set("encrypt_to", value).is(Error::kBadSetting));
  }
  const Variable empty("SQBACKUP_ENCRYPT_TO", ",");
  CHECK_FALSE(place.back_up().ok());
  CHECK(place.client.list()->empty());
}

TEST_CASE("what stands for a secret is none") {
  Place place;
  for (const char* key : {"passphrase", "identity", "identity_file"}) {
    INFO(key);
    CHECK(place.set(key, "***").is(Error::kBadSetting));
  }
  const Status mixed_up = place.set("identity_file", kTestIdentity);
  CHECK(mixed_up.is(Error::kBadSetting));
  CHECK(mixed_up.message().find("AGE-SECRET-KEY-1XMW") == std::string::npos);
}

TEST_CASE("an encrypted backup is pinned without any key, and its note is encrypted where that is possible") {
  Place place;
  REQUIRE(place.set("encrypt_to", "passphrase").ok());
  REQUIRE(place.set("passphrase", "correct horse").ok());
  const std::string name = *place.back_up();
  REQUIRE(place.set("passphrase", std::nullopt).ok());
  Session::Target target = place.target();
  CHECK(change_marks(target, name, {true, "", ""}).ok());
  CHECK(place.record(name).pinned);
  CHECK(change_marks(target, name, {true, "a note", ""}).is(Error::kNoKey));
  CHECK_FALSE(place.record(name).note.has_value());
  REQUIRE(place.set("passphrase", "correct horse").ok());
  CHECK(change_marks(target, name, {true, "a note", ""}).ok());
  CHECK(place.record(name).note == "a note");
  CHECK(read_whole_file(place.path_of(name + ".marks.json")).find("a note") == std::string::npos);
  write_whole_file(place.path_of(name + ".marks.json"), "damaged");
  CHECK(change_marks(target, name, {false, "a note", ""}).ok());
  CHECK_FALSE(place.record(name).pinned);
}

TEST_CASE("an encrypted file of somebody else proves nothing without a key, and is no backup to count on") {
  Place place;
  const std::string made = *place.back_up();
  const std::string sealed = *age_seal(as_bytes(read_whole_file(place.path_of(made))), *forms().at(2).lock);
  write_whole_file(place.path_of("theirs.sqlite.age"), sealed);
  CHECK(place.verify("theirs.sqlite.age").status().is(Error::kNoKey));
  CHECK(place.client.remove({made}).is(Error::kLastRestorable));
  REQUIRE(place.set("identity", kTestIdentity).ok());
  CHECK(*place.verify("theirs.sqlite.age") == VerifyLevel::kFull);
  CHECK(place.client.remove({made}).ok());
}

TEST_CASE("a key that cannot be read stands in the way of encrypted backups only, and is not shown") {
  Place place;
  const std::string plain = *place.back_up();
  REQUIRE(place.set("encrypt_to", place.recipient).ok());
  const std::string encrypted = *place.back_up();
  CHECK(*place.verify(encrypted) == VerifyLevel::kChecksum);
  REQUIRE(place.set("identity_file", "/nowhere/at/all.txt").ok());
  CHECK(*place.verify(plain) == VerifyLevel::kFull);
  const auto verified = place.verify(encrypted);
  CHECK(verified.status().is(Error::kNoSuchFile));
  CHECK(verified.status().message().find("nowhere") == std::string::npos);
}
