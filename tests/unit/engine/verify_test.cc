#include "engine/verify.h"

#include <cstdlib>
#include <random>

#include "unit/engine/backup_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

struct Fixture : BackupFixture {
  std::string name;

  explicit Fixture(int rows, const StoredForm& form = {}) {
    {
      App app(database);
      app.run(
          "PRAGMA page_size=512; CREATE TABLE t(id INTEGER PRIMARY KEY, data TEXT); CREATE INDEX i ON "
          "t(data)");
      app.run("WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<" + std::to_string(rows) +
              ") INSERT INTO t SELECT i, hex(randomblob(20)) FROM s");
    }
    name = backup(source(), form, silent).name;
  }
  Status verify(VerifyLevel level) { return verify_backup(directory, name, level, test_keys(), silent); }
  Status restore(const std::string& target) {
    return restore_to_file(directory, name, test_keys(), {target, true}, silent);
  }
};

// One random damage to `bytes`: a flipped bit, a cut, two swapped stretches, a repeated one, some zeros.
std::string damaged(std::string bytes, std::mt19937& random) {
  const auto at = [&](std::size_t size) {
    return std::uniform_int_distribution<std::size_t>(0, size - 1)(random);
  };
  switch (at(5)) {
    case 0:
      bytes[at(bytes.size())] ^= static_cast<char>(1 << at(8));
      break;
    case 1:
      bytes.resize(at(bytes.size()));
      break;
    case 2: {
      const std::size_t length = 1 + at(std::min<std::size_t>(bytes.size() / 2, 600));
      const std::size_t a = at(bytes.size() - length);
      const std::size_t b = at(bytes.size() - length);
      const std::string first = bytes.substr(a, length);
      bytes.replace(a, length, bytes.substr(b, length));
      bytes.replace(b, length, first);
      break;
    }
    case 3:
      bytes += bytes.substr(at(bytes.size()));
      break;
    default: {
      const std::size_t from = at(bytes.size());
      bytes.replace(from, std::min<std::size_t>(512, bytes.size() - from),
                    std::min<std::size_t>(512, bytes.size() - from), '\0');
    }
  }
  return bytes;
}

}  // namespace

TEST_CASE("of 10,000 random damages to file or manifest verify finds every one, and none is restored") {
  Fixture fixture(40, EACH_FORM());
  std::mt19937 random(20261120);
  const std::string target = fixture.temp.path_of("restored.db");
  const std::string data_path = fixture.directory.path_of(fixture.name);
  const std::string manifest_path = data_path + ".json";
  const std::string data = read_whole_file(data_path);
  const std::string manifest = read_whole_file(manifest_path);
  int tried = 0;
  int missed = 0;
  int restored = 0;
  while (tried < 10000) {
    const bool of_data = std::uniform_int_distribution<int>(0, 1)(random) == 0;
    const std::string& original = of_data ? data : manifest;
    const std::string bytes = damaged(original, random);
    if (bytes == original) continue;
    ++tried;
    write_whole_file(of_data ? data_path : manifest_path, bytes);
    if (fixture.verify(VerifyLevel::kChecksum).ok()) ++missed;
    // A restore to a new path is the dearer one; the property below covers it, here it is tried now and then.
    if (tried % 10 == 0 && fixture.restore(target).ok()) ++restored;
    write_whole_file(of_data ? data_path : manifest_path, original);
  }
  CHECK(missed == 0);
  CHECK(restored == 0);
  CHECK_FALSE(path_exists(target));
  CHECK(fixture.verify(VerifyLevel::kFull).ok());
}

TEST_CASE("verify says ok exactly when restore succeeds, also for files of unknown origin") {
  Fixture fixture(60, EACH_FORM());
  std::mt19937 random(7);
  const std::string target = fixture.temp.path_of("restored.db");
  const std::string data_path = fixture.directory.path_of(fixture.name);
  // Without its manifest the file is an imported one: there is no hash, its structure alone is proven.
  REQUIRE(posix_file_env().remove(data_path + ".json").ok());
  const std::string data = read_whole_file(data_path);
  int sound = 0;
  for (int i = 0; i < 400; ++i) {
    const std::string bytes = i % 10 == 0 ? data : damaged(data, random);
    write_whole_file(data_path, bytes);
    const Status verified = fixture.verify(VerifyLevel::kFull);
    const Status restored = fixture.restore(target);
    INFO(verified.to_string() << " / " << restored.to_string());
    REQUIRE(verified.ok() == restored.ok());
    if (restored.ok()) {
      ++sound;
      REQUIRE(soundness(target) == "ok");
    }
  }
  CHECK(sound >= 40);
}

TEST_CASE("the levels find what they look for") {
  const StoredForm form = EACH_FORM();
  Fixture fixture(40, form);
  const std::string data_path = fixture.directory.path_of(fixture.name);
  CHECK(fixture.verify(VerifyLevel::kChecksum).ok());
  CHECK(fixture.verify(VerifyLevel::kQuick).ok());
  CHECK(fixture.verify(VerifyLevel::kFull).ok());
  CHECK(verify_level("full") == VerifyLevel::kFull);
  CHECK_FALSE(verify_level("FULL").has_value());

  SECTION("a missing file") {
    REQUIRE(posix_file_env().remove(data_path).ok());
    CHECK(fixture.verify(VerifyLevel::kChecksum).is(Error::kStoredBytesDamaged));
  }
  SECTION("another backup's bytes") {
    Fixture other(41, form);
    write_whole_file(data_path, read_whole_file(other.directory.path_of(other.name)));
    CHECK(fixture.verify(VerifyLevel::kChecksum).is(Error::kStoredBytesDamaged));
  }
  SECTION("a forged manifest whose hash fits other contents") {
    Fixture other(41, form);
    write_whole_file(data_path, read_whole_file(other.directory.path_of(other.name)));
    auto ours = load_manifest(fixture.directory, fixture.name, test_keys());
    auto theirs = load_manifest(other.directory, other.name, test_keys());
    REQUIRE((ours.ok() && theirs.ok()));
    Manifest forged = **ours;
    forged.sha256 = (*theirs)->sha256;
    forged.database_sha256 = (*theirs)->database_sha256;
    forged.stored_size = (*theirs)->stored_size;
    forged.database_size = (*theirs)->database_size;
    forged.page_count = (*theirs)->page_count;
    forged.change_counter = (*theirs)->change_counter;
    write_whole_file(data_path + ".json", *write_manifest(forged));
    CHECK(fixture.verify(VerifyLevel::kChecksum).ok());
    CHECK(fixture.verify(VerifyLevel::kFull).is(Error::kManifestDisagrees));
  }
  SECTION("no backup at all") {
    fixture.name = "backup-2020-01-01T00-00-00-000Z.sqlite";
    CHECK(fixture.verify(VerifyLevel::kChecksum).is(Error::kNoSuchBackup));
  }
}
