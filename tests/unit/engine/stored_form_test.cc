#include "engine/stored_form.h"

#include "codec/age/in_memory.h"
#include "unit/engine/backup_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

void fill(App& app, int rows) {
  app.run("CREATE TABLE t(id INTEGER PRIMARY KEY, data TEXT); CREATE INDEX i ON t(data)");
  app.run("WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<" + std::to_string(rows) +
          ") INSERT INTO t SELECT i, 'row '||i||hex(randomblob(20)) FROM s");
}

// Commits into the database each time that the phase moves on.
class WriterInPhase : public Progress {
 public:
  WriterInPhase(App& app, std::string phase) : app_(app), phase_(std::move(phase)) {}
  void begin_phase(const char* phase, std::uint64_t) override { inside_ = phase == phase_; }
  Status advance(std::uint64_t) override {
    if (inside_ && app_.try_run("INSERT INTO t(data) VALUES('later')") == SQLITE_OK) ++commits;
    return {};
  }
  int commits = 0;

 private:
  App& app_;
  std::string phase_;
  bool inside_ = false;
};

}  // namespace

TEST_CASE("a backup in any form restores to what the database held, and leaves its two files only") {
  const StoredForm form = EACH_FORM();
  const std::string mode = GENERATE("wal", "delete");
  INFO(extension_of(form) << " " << mode);
  BackupFixture fixture;
  App app(fixture.database);
  app.run("PRAGMA journal_mode=" + mode);
  fill(app, 3000);
  const Manifest manifest = fixture.backup(fixture.source(app), form, fixture.silent);
  CHECK(manifest.name.ends_with(extension_of(form)));
  CHECK(manifest.format == format_of(form));
  CHECK(manifest.total_rows == 3000);
  CHECK(manifest.warnings.empty());
  CHECK(manifest.database_size == manifest.page_size * manifest.page_count);
  CHECK((manifest.stored_size < manifest.database_size) == (form.compressed || form.json));
  CHECK(manifest.encryption.has_value() == form.encrypted);
  CHECK(
      verify_backup(fixture.directory, manifest.name, VerifyLevel::kFull, test_keys(), fixture.silent).ok());
  CHECK(fixture.restored(manifest.name) == fingerprint(fixture.database));
  CHECK(fixture.files() == std::vector<std::string>{".lock", manifest.name, manifest.name + ".json"});
}

TEST_CASE("databases of which only the caller's connection knows are stored in any form but encrypted ones") {
  const StoredForm form = EACH_FORM();
  BackupFixture fixture;
  App app(":memory:");
  fill(app, 3000);
  Source source = fixture.source(app);
  source.path.clear();
  if (form.encrypted) {
    BackupRequest request;
    request.form = form;
    CHECK(take_backup(fixture.env, fixture.directory, source, request, fixture.silent)
              .status()
              .is(Error::kBadOption));
    CHECK(fixture.files() == std::vector<std::string>{".lock"});
    return;
  }
  const Manifest manifest = fixture.backup(source, form, fixture.silent);
  CHECK(manifest.total_rows == 3000);
  fixture.restored(manifest.name);
  App copy(fixture.temp.path_of("restored.db"));
  CHECK(copy.text("SELECT group_concat(data) FROM t") == app.text("SELECT group_concat(data) FROM t"));
  CHECK(fixture.files() == std::vector<std::string>{".lock", manifest.name, manifest.name + ".json"});
}

TEST_CASE("writers of a rollback-journal database do not wait for a codec") {
  const StoredForm form = forms().at(GENERATE(1u, 2u, 3u, 4u, 7u));
  BackupFixture fixture;
  App app(fixture.database);
  fill(app, 60000);
  App other(fixture.database);
  WriterInPhase compressing(other, form.json ? "dumping" : "compressing");
  const Manifest manifest = fixture.backup(fixture.source(app), form, compressing);
  CHECK(compressing.commits > 0);
  CHECK(manifest.total_rows == 60000);
}

TEST_CASE("writers of a WAL database wait for nothing") {
  const StoredForm form = forms().at(GENERATE(3u, 4u, 7u));
  BackupFixture fixture;
  App app(fixture.database);
  app.run("PRAGMA journal_mode=wal");
  fill(app, 60000);
  App other(fixture.database);
  WriterInPhase copying(other, form.json ? "dumping" : "copying");
  const Manifest manifest = fixture.backup(fixture.source(app), form, copying);
  CHECK(copying.commits > 0);
  CHECK(manifest.total_rows == 60000);
}

TEST_CASE(
    "a compressed file that somebody else made is verified and restored, with a seek table or without") {
  const bool encrypted = GENERATE(false, true);
  BackupFixture fixture;
  App app(fixture.database);
  fill(app, 3000);
  const Manifest manifest = fixture.backup(fixture.source(app), forms().at(1), fixture.silent);
  std::string bytes = read_whole_file(fixture.directory.path_of(manifest.name));
  const std::string imported = encrypted ? "theirs.sqlite.zst.age" : "theirs.sqlite.zst";
  SECTION("with") {}
  SECTION("without") {
    // The last frame is the table, with 8 bytes for each frame, 8 before and 9 after them.
    const std::size_t frames = (manifest.database_size + (64 << 10) - 1) / (64 << 10);
    bytes.resize(bytes.size() - 8 * frames - 17);
  }
  SECTION("with a skippable frame before it") {
    bytes.insert(0, std::string("\x50\x2a\x4d\x18\x02\x00\x00\x00"
                                "ab",
                                10));
  }
  const auto stored = [&](const std::string& plain) {
    return encrypted ? *age_seal(as_bytes(plain), *forms().at(3).lock) : plain;
  };
  write_whole_file(fixture.directory.path_of(imported), stored(bytes));
  const Status verified =
      verify_backup(fixture.directory, imported, VerifyLevel::kFull, test_keys(), fixture.silent);
  INFO(verified.to_string());
  CHECK(verified.ok());
  CHECK(fixture.restored(imported) == fingerprint(fixture.database));
  App other(fixture.database);
  other.run("DELETE FROM t");
  REQUIRE(restore_live(
              fixture.directory, imported, test_keys(), fixture.source(other),
              [](const Source&) { return Status(); }, fixture.silent)
              .ok());
  CHECK(other.integer("SELECT count(*) FROM t") == 3000);
  bytes.resize(bytes.size() / 2);
  write_whole_file(fixture.directory.path_of(imported), stored(bytes));
  CHECK(verify_backup(fixture.directory, imported, VerifyLevel::kFull, test_keys(), fixture.silent)
            .is(Error::kStoredBytesDamaged));
  CHECK(fixture.files().size() == 4);
}

TEST_CASE("a compressed backup whose file ends in another one's table is damaged") {
  BackupFixture fixture;
  App app(fixture.database);
  fill(app, 3000);
  const Manifest first = fixture.backup(fixture.source(app), forms().at(3), fixture.silent);
  app.run("INSERT INTO t SELECT id+3000, data FROM t");
  const Manifest second = fixture.backup(fixture.source(app), forms().at(3), fixture.silent);
  write_whole_file(fixture.directory.path_of(first.name),
                   read_whole_file(fixture.directory.path_of(second.name)));
  CHECK(verify_backup(fixture.directory, first.name, VerifyLevel::kChecksum, test_keys(), fixture.silent)
            .is(Error::kStoredBytesDamaged));
}

namespace {

// What stands in any file of the directory while the backup is being made.
class Watch : public Progress {
 public:
  Watch(BackupFixture& fixture, std::string needle) : fixture_(fixture), needle_(std::move(needle)) {}
  void begin_phase(const char*, std::uint64_t) override { look(); }
  Status advance(std::uint64_t) override {
    if (++calls_ % 16 == 0) look();
    return {};
  }
  void look() {
    for (const std::string& name : fixture_.files()) {
      const std::string bytes = read_whole_file(fixture_.directory.path_of(name));
      ++looked;
      if (bytes.find(needle_) != std::string::npos) found = name;
    }
  }
  int looked = 0;
  std::string found;

 private:
  BackupFixture& fixture_;
  std::string needle_;
  int calls_ = 0;
};

}  // namespace

TEST_CASE("of an encrypted database no plain byte is ever in the directory, not for a moment") {
  const std::string mode = GENERATE("wal", "delete");
  const StoredForm form = forms().at(GENERATE(2u, 3u, 6u, 7u));
  BackupFixture fixture;
  App app(fixture.database);
  app.run("PRAGMA journal_mode=" + mode);
  app.run("CREATE TABLE secrets_of_the_table(x)");
  app.run(
      "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<20000) "
      "INSERT INTO secrets_of_the_table SELECT 'secrets_of_the_table '||i FROM s");
  Watch watch(fixture, "secrets_of_the_table");
  const Manifest manifest = fixture.backup(fixture.source(app), form, watch);
  watch.look();
  CHECK(watch.looked > 5);
  CHECK(watch.found.empty());
  CHECK(manifest.tables.size() == 1);  // the process that made it knows
  CHECK(manifest.total_rows == 20000);
}

TEST_CASE(
    "without the key an encrypted backup proves its stored bytes and nothing else, and restores nowhere") {
  BackupFixture fixture;
  App app(fixture.database);
  fill(app, 100);
  const std::string name = fixture.backup(fixture.source(app), forms().at(3), fixture.silent).name;
  AgeKeys other;
  other.passphrase = Secret(as_bytes("guess"));
  for (const AgeKeys* keys : {&no_keys(), static_cast<const AgeKeys*>(&other)}) {
    CHECK(verify_backup(fixture.directory, name, VerifyLevel::kChecksum, *keys, fixture.silent).ok());
    const Status status = verify_backup(fixture.directory, name, VerifyLevel::kQuick, *keys, fixture.silent);
    CHECK(status.is(Error::kNoKey));
    CHECK_THAT(status.message(), Catch::Contains(test_keys().identities.front().recipient().text()));
    const std::string target = fixture.temp.path_of("restored.db");
    CHECK(restore_to_file(fixture.directory, name, *keys, {target, false}, fixture.silent).is(Error::kNoKey));
    CHECK_FALSE(path_exists(target));
    CHECK(restore_live(
              fixture.directory, name, *keys, fixture.source(app), [](const Source&) { return Status(); },
              fixture.silent)
              .is(Error::kNoKey));
  }
  auto manifest = load_manifest(fixture.directory, name, no_keys());
  REQUIRE(manifest.ok());
  CHECK_FALSE((*manifest)->knows_content());
  CHECK((*manifest)->tables.empty());
  std::string bytes = read_whole_file(fixture.directory.path_of(name));
  bytes[bytes.size() / 2] ^= 1;
  write_whole_file(fixture.directory.path_of(name), bytes);
  CHECK(verify_backup(fixture.directory, name, VerifyLevel::kFull, no_keys(), fixture.silent)
            .is(Error::kStoredBytesDamaged));
}

TEST_CASE("a backup encrypted with a passphrase opens with it alone") {
  BackupFixture fixture;
  App app(fixture.database);
  fill(app, 100);
  auto lock = std::make_shared<AgeLock>();
  lock->passphrase = Secret(as_bytes("correct horse"));
  lock->log2_work = 10;
  StoredForm form;
  form.encrypted = true;
  form.lock = lock;
  const std::string name = fixture.backup(fixture.source(app), form, fixture.silent).name;
  AgeKeys keys;
  keys.passphrase = Secret(as_bytes("correct horse"));
  CHECK(verify_backup(fixture.directory, name, VerifyLevel::kFull, keys, fixture.silent).ok());
  keys.passphrase = Secret(as_bytes("wrong horse"));
  CHECK(verify_backup(fixture.directory, name, VerifyLevel::kFull, keys, fixture.silent).is(Error::kNoKey));
}

TEST_CASE("a restore to a file checks as much of the database as it is told, and of a foreign one all") {
  BackupFixture fixture;
  App app(fixture.database);
  fill(app, 300);
  app.run(
      "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql='CREATE INDEX i ON t(id, data)' WHERE "
      "name='i'");
  const std::string name = fixture.backup(fixture.source(app), EACH_IMAGE_FORM(), fixture.silent).name;
  const std::string target = fixture.temp.path_of("restored.db");
  const auto restore = [&](VerifyLevel level) {
    return restore_to_file(fixture.directory, name, test_keys(), {target, true, level}, fixture.silent);
  };
  CHECK(restore(VerifyLevel::kFull).is(Error::kDatabaseDamaged));
  CHECK_FALSE(path_exists(target));
  CHECK(restore(VerifyLevel::kQuick).ok());
  CHECK(restore(VerifyLevel::kChecksum).ok());
  REQUIRE(posix_file_env().remove(fixture.directory.path_of(name) + ".json").ok());
  CHECK(restore(VerifyLevel::kChecksum).is(Error::kDatabaseDamaged));
}

TEST_CASE("a restore to a file compares the image with the manifest's hash of it") {
  BackupFixture fixture;
  App app(fixture.database);
  fill(app, 100);
  Manifest manifest = fixture.backup(fixture.source(app), forms().at(1), fixture.silent);
  manifest.database_sha256 = std::string(64, '0');
  write_whole_file(fixture.directory.path_of(manifest.name) + ".json", *write_manifest(manifest));
  const std::string target = fixture.temp.path_of("restored.db");
  CHECK(restore_to_file(fixture.directory, manifest.name, test_keys(), {target, false}, fixture.silent)
            .is(Error::kStoredBytesDamaged));
  CHECK_FALSE(path_exists(target));
}
