#include "pages/wal_index.h"

#include "support/databases.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

struct Fixture {
  TempDir temp;
  std::string database = temp.path_of("app.db");
  App app{database};
  Connection connection;

  explicit Fixture(const std::string& mode) {
    app.run("PRAGMA journal_mode=" + mode + "; PRAGMA wal_autocheckpoint=0; CREATE TABLE t(x)");
    auto opened = Connection::open(database, SQLITE_OPEN_READWRITE);
    REQUIRE(opened.ok());
    connection = std::move(opened).value();
    begin();
  }
  void begin() { REQUIRE(connection.execute("BEGIN; SELECT count(*) FROM t").ok()); }
  void end() { REQUIRE(connection.execute("COMMIT").ok()); }

  std::optional<WalIndexHeader> read() {
    const auto header = WalIndex::of(connection).read();
    REQUIRE(header.ok());
    return *header;
  }

  // The two copies of the header, as the application has them mapped.
  std::uint8_t* memory() {
    sqlite3_file* file = nullptr;
    REQUIRE(sqlite3_file_control(app.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file) == SQLITE_OK);
    void volatile* region = nullptr;
    REQUIRE(file->pMethods->xShmMap(file, 0, 32768, 0, &region) == SQLITE_OK);
    return const_cast<std::uint8_t*>(static_cast<volatile std::uint8_t*>(region));
  }

  std::uint32_t frames() const {
    const std::size_t size = read_whole_file(database + "-wal").size();
    return size < kWalHeaderSize ? 0 : static_cast<std::uint32_t>((size - 32) / (24 + 4096));
  }
};

}  // namespace

TEST_CASE("the index knows the newest commit, also one after our transaction began") {
  Fixture fixture("wal");
  const auto first = fixture.read();
  REQUIRE(first.has_value());
  CHECK(first->max_frame == fixture.frames());
  const auto log = read_whole_file(fixture.database + "-wal");
  const auto header = parse_wal_header(as_bytes(log));
  REQUIRE(header.has_value());
  CHECK(first->salt1 == header->salt1);
  CHECK(first->salt2 == header->salt2);

  fixture.app.run("INSERT INTO t VALUES(1)");
  CHECK(fixture.read()->max_frame == fixture.frames());
  CHECK(fixture.read()->max_frame > first->max_frame);

  const auto committed = fixture.read();
  fixture.app.run("PRAGMA cache_spill=1; PRAGMA cache_size=5; BEGIN; INSERT INTO t VALUES(zeroblob(200000))");
  REQUIRE(fixture.frames() > committed->max_frame);
  CHECK(fixture.read() == committed);
  fixture.app.run("ROLLBACK");
}

TEST_CASE("after a checkpoint that empties the log the index knows no commit") {
  Fixture fixture("wal");
  fixture.end();
  fixture.app.run("PRAGMA wal_checkpoint(TRUNCATE)");
  fixture.begin();
  REQUIRE(fixture.read().has_value());
  CHECK(fixture.read()->max_frame == 0);
}

TEST_CASE("copies that differ or are damaged tell nothing, until they agree again") {
  Fixture fixture("wal");
  const auto before = fixture.read();
  REQUIRE(before.has_value());
  const std::size_t copy = GENERATE(0U, 48U);
  std::uint8_t* memory = fixture.memory();
  memory[copy + 16] ^= 1;  // mxFrame
  CHECK_FALSE(fixture.read().has_value());
  memory[48 - copy + 16] ^= 1;  // now they agree, and no checksum is right
  CHECK_FALSE(fixture.read().has_value());
  memory[16] ^= 1;
  memory[64] ^= 1;
  CHECK(fixture.read() == before);
}

TEST_CASE("a database without a log has no index, and none is made") {
  Fixture fixture("delete");
  CHECK_FALSE(fixture.read().has_value());
  CHECK_FALSE(path_exists(fixture.database + "-shm"));
  fixture.end();
  REQUIRE(fixture.connection.execute("BEGIN IMMEDIATE").ok());
  CHECK_FALSE(fixture.read().has_value());
  CHECK_FALSE(path_exists(fixture.database + "-shm"));
}
