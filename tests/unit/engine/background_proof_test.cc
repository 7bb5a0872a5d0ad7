#include "engine/background_proof.h"

#include "unit/engine/backup_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

// Says stop at the first look.
class Impatient : public Progress {
 public:
  void begin_phase(const char*, std::uint64_t) override {}
  Status advance(std::uint64_t) override { return {Error::kInterrupted, "stop"}; }
};

struct Fixture : BackupFixture {
  std::string name;
  explicit Fixture(const StoredForm& form) {
    App app(database);
    app.run("CREATE TABLE t(data TEXT)");
    app.run(
        "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<4000)"
        " INSERT INTO t SELECT hex(randomblob(200)) FROM s");
    name = backup(source(app), form, silent).name;
  }
  void damage() {
    std::string bytes = read_whole_file(directory.path_of(name));
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    write_whole_file(directory.path_of(name), bytes);
  }
};

}  // namespace

TEST_CASE("the proof beside is that of the checksum") {
  Fixture fixture(EACH_FORM());
  const bool damaged = GENERATE(false, true);
  const bool begun = GENERATE(false, true);
  if (damaged) fixture.damage();
  BackgroundProof proof(fixture.directory, fixture.name);
  if (begun) proof.start();
  const Status outcome = proof.wait(fixture.silent);
  CHECK(outcome.is(Error::kStoredBytesDamaged) == damaged);
  CHECK(outcome.ok() != damaged);
}

TEST_CASE("nobody has to wait for a proof beside") {
  Fixture fixture(StoredForm{});
  Impatient impatient;
  BackgroundProof proof(fixture.directory, fixture.name);
  proof.start();
  const Status outcome = proof.wait(impatient);
  CHECK((outcome.ok() || outcome.is(Error::kInterrupted)));
  BackgroundProof unwanted(fixture.directory, fixture.name);
  unwanted.start();  // its destruction stops it
}

TEST_CASE("a restore of damaged bytes tells of them, whatever else they broke") {
  for (const StoredForm& form : forms()) {
    Fixture fixture(form);
    fixture.damage();
    const std::string target = fixture.temp.path_of("restored.db");
    for (const VerifyLevel level : {VerifyLevel::kChecksum, VerifyLevel::kFull}) {
      const Status status = restore_to_file(fixture.directory, fixture.name, test_keys(),
                                            {.path = target, .level = level}, fixture.silent);
      REQUIRE(status.is(Error::kStoredBytesDamaged));
      CHECK_THAT(status.message(), Catch::Contains("its SHA-256 is"));
      CHECK(fixture.env.files->info(target, false).status().is(Error::kNoSuchFile));
    }
  }
}
