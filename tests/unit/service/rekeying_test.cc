// Other keys for a backup, as users and other processes see it.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "codec/age/in_memory.h"
#include "codec/base64.h"
#include "codec/sha256.h"
#include "service/operations.h"
#include "support/client.h"
#include "support/environment.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

const std::string& other_recipient() {
  static const std::string text = other_keys().identities.front().recipient().text();
  return text;
}

struct Place {
  Place() {
    client.app().run("CREATE TABLE t(x); INSERT INTO t VALUES('row of t')");
    name = *client.back_up();
  }
  BackupRecord row() {
    const auto rows = client.list();
    REQUIRE(rows.ok());
    REQUIRE(rows->size() == 1);
    return rows->front();
  }

  const CompressedAndEncrypted form;
  TempDir temp;
  std::string path = temp.path_of("app.db");
  Client client{path};
  std::string name;
};

constexpr int kUnsound = 3;

// Verifies and lists, until the pipe is closed; the exit code.
int read_all_the_time(const std::string& path, const std::string& name, int stop) {
  Client client(path);
  int verified = 0;
  for (char byte = 0; ::read(stop, &byte, 1) < 0;) {
    const Status status = client.verify(name);
    if (!status.ok() && !status.is(Error::kInUse)) return kUnsound;
    if (status.ok()) ++verified;
    const auto listed = client.list();
    if (!listed.ok() || listed->size() != 1) return kUnsound + 1;
  }
  return verified > 0 ? 0 : kUnsound + 2;
}

}  // namespace

TEST_CASE("a change of keys keeps what the row says of the content, and tells the new bytes at once") {
  Place place;
  REQUIRE(place.client.pin(place.name, "a note").ok());
  REQUIRE(place.client.verify(place.name).ok());
  const BackupRecord before = place.row();
  REQUIRE(before.verified_at);
  const auto rekeyed = place.client.rekey("latest", other_recipient());
  REQUIRE(rekeyed.ok());
  CHECK(*rekeyed == place.name);
  const BackupRecord after = place.row();
  const std::string stored = read_whole_file(backups_of(place.path) + "/" + place.name);
  CHECK(after.sha256 == *sha256_hex(as_bytes(stored)));
  CHECK(after.size == static_cast<std::int64_t>(stored.size()));
  CHECK(after.verified_at == before.verified_at);
  CHECK(after.note == "a note");
  CHECK(after.pinned);
  CHECK(after.rows == 1);
  CHECK(after.status == "completed");
  const auto runs = place.client.runs();
  CHECK(runs->back().operation == "rekey");
  CHECK(runs->back().status == "completed");
  CHECK(runs->back().bytes == after.size);
}

TEST_CASE("after a change of keys the old key alone opens nothing, and the new one everything") {
  Place place;
  REQUIRE(place.client.rekey(place.name, other_recipient()).ok());
  const std::string target = place.temp.path_of("copy.db");
  CHECK(place.client.verify(place.name).is(Error::kNoKey));
  CHECK(place.client.restore_to(place.name, target).status().is(Error::kNoKey));
  CHECK(place.client.rekey(place.name, "").status().is(Error::kNoKey));
  const BothKeys keys;
  CHECK(place.client.verify(place.name).ok());
  CHECK(place.client.restore_to(place.name, target).ok());
  CHECK(fingerprint(target) == fingerprint(place.path));
  REQUIRE(place.client.pin(place.name, "for the new key").ok());
  CHECK(place.client.rekey(place.name, "").ok());  // to whom the setting says
  const Variable only("SQBACKUP_IDENTITY", kTestIdentity);
  CHECK(place.client.verify(place.name).ok());
}

TEST_CASE("a backup that was found damaged stays so with other keys") {
  Place place;
  const std::string file = backups_of(place.path) + "/" + place.name;
  const std::string sound = read_whole_file(file);
  std::string damaged = sound;
  damaged[damaged.size() / 2] ^= 1;
  write_whole_file(file, damaged);
  CHECK(place.client.rekey(place.name, other_recipient()).status().is(Error::kStoredBytesDamaged));
  CHECK(place.row().status == "damaged");
  write_whole_file(file, sound);
  CHECK(place.client.rekey(place.name, other_recipient()).ok());
  CHECK(place.row().status == "damaged");
}

TEST_CASE("nobody to encrypt for is an error, and never a plain backup") {
  Place place;
  CHECK(place.client.rekey(place.name, "[]").status().is(Error::kBadOption));
  CHECK(place.client.rekey(place.name, "nobody").status().is(Error::kBadKey));
  CHECK(place.client.rekey(place.name, "passphrase").status().is(Error::kNoKey));
  const Variable nobody("SQBACKUP_ENCRYPT_TO", "[]");
  CHECK(place.client.rekey(place.name, "").status().is(Error::kBadSetting));
  CHECK(place.client.rekey("missing", other_recipient()).status().is(Error::kNoSuchBackup));
  CHECK(place.client.runs()->size() == 1);
  CHECK(place.client.verify(place.name).ok());
}

TEST_CASE("a note that was prepared for the old keys is written for the new ones") {
  Place place;
  Session session(system_env(), place.client.app().handle());
  Session::Target target = *session.attached("main");
  Marks marks;
  marks.note = "a note";
  REQUIRE(hide_marks(target, place.name, marks).ok());
  REQUIRE(place.client.rekey(place.name, other_recipient()).ok());
  REQUIRE(change_marks(target, place.name, marks).ok());
  BackupDirectory directory(posix_file_env(), backups_of(place.path));
  const auto written = read_marks(*directory.read_marks(place.name));
  const std::string sealed = *base64_decode(written->secret);
  CHECK(age_open(as_bytes(sealed), other_keys())->find("a note") != std::string::npos);
}

TEST_CASE("a backup that somebody reads gets no other keys meanwhile") {
  Place place;
  BackupDirectory directory(posix_file_env(), backups_of(place.path));
  const auto reader = directory.lock_name(place.name, LockMode::kShared);
  CHECK(place.client.rekey(place.name, other_recipient()).status().is(Error::kInUse));
}

TEST_CASE("another process that reads meanwhile finds the backup whole, or in use") {
  const CompressedAndEncrypted form;
  const BothKeys keys;
  TempDir temp;
  const std::string path = temp.path_of("app.db");
  std::string name;
  {
    Client client(path);
    client.app().run("CREATE TABLE t(x)");
    name = *client.back_up();
  }
  int stop[2];
  REQUIRE(::pipe2(stop, O_NONBLOCK) == 0);
  const pid_t reader = ::fork();
  REQUIRE(reader >= 0);
  if (reader == 0) {
    ::close(stop[1]);
    ::_exit(read_all_the_time(path, name, stop[0]));
  }
  ::close(stop[0]);
  Client client(path);
  int rekeyed = 0;
  for (int i = 0; i < 5000 && rekeyed < 40; ++i) {
    const auto done = client.rekey(name, i % 2 == 0 ? other_recipient() : "");
    INFO(done.status().to_string());
    REQUIRE((done.ok() || done.status().is(Error::kInUse)));
    if (done.ok()) ++rekeyed;
  }
  ::close(stop[1]);
  int status = 0;
  REQUIRE(::waitpid(reader, &status, 0) == reader);
  REQUIRE(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(rekeyed == 40);
}
