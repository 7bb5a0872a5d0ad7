#include "pages/image_vfs.h"

#include <cstring>
#include <vector>

#include "pages/image.h"
#include "support/databases.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

// The bytes of a file in memory; fails each read from `fail_from` on with `failure`.
class Bytes : public ByteSource {
 public:
  explicit Bytes(const std::string& path) {
    auto file = posix_file_env().open(path, true);
    REQUIRE(file.ok());
    bytes.resize((*file)->info()->size);
    REQUIRE((*file)->read_at(0, bytes).ok());
  }
  std::uint64_t size() const override { return bytes.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, ByteSpan out) override {
    if (failure && offset >= fail_from) return *failure;
    if (offset >= bytes.size()) return std::size_t{0};
    const std::size_t count = std::min(out.size(), bytes.size() - static_cast<std::size_t>(offset));
    std::memcpy(out.data(), bytes.data() + offset, count);
    return count;
  }
  std::vector<std::uint8_t> bytes;
  std::uint64_t fail_from = 0;
  std::optional<Status> failure;
};

Status ask(ByteSource& source, const char* question) {
  auto image = open_image(source);
  return image.ok() ? image->query_integer(question).status() : image.status();
}

struct Scene {
  Scene() {
    App app(path);
    app.run("CREATE TABLE t(x INTEGER PRIMARY KEY, y TEXT); CREATE INDEX i ON t(y)");
    app.run(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<5000) "
        "INSERT INTO t SELECT i, hex(randomblob(50)) FROM n");
  }
  TempDir temp;
  std::string path = temp.path_of("app.db");
  NoProgress progress;
};

}  // namespace

TEST_CASE("SQLite reads a database out of bytes that are no file") {
  Scene scene;
  Bytes bytes(scene.path);
  auto image = open_image(bytes);
  REQUIRE(image.ok());
  CHECK(*image->query_integer("SELECT count(*) FROM t") == 5000);
  CHECK(check_image(*image, CheckDepth::kIntegrity, scene.progress).ok());
  CHECK(*image->query_integer("SELECT count(*) FROM (SELECT DISTINCT substr(y, 1, 3) FROM t ORDER BY y)") >
        1);
  CHECK(image_tables(*image)->size() == 1);
}

TEST_CASE("an image out of bytes cannot be written, nor left for another file") {
  Scene scene;
  Bytes bytes(scene.path);
  auto image = open_image(bytes);
  REQUIRE(image.ok());
  CHECK(image->execute("DELETE FROM t").is(Error::kNoPermission));
  CHECK(image->execute("PRAGMA journal_mode=WAL").ok());  // which answers that it stays as it was
  CHECK(*image->query_text("PRAGMA journal_mode") != "wal");
  CHECK(image->execute("ATTACH '" + scene.path + "' AS other").is(Error::kIoError));
  CHECK(image->execute("CREATE TEMP TABLE own AS SELECT * FROM t").ok());
}

TEST_CASE("nobody opens an image by the name of its VFS") {
  Scene scene;
  Bytes bytes(scene.path);
  REQUIRE(open_image(bytes).ok());
  sqlite3* handle = nullptr;
  CHECK(sqlite3_open_v2("backup", &handle, SQLITE_OPEN_READONLY, "sqbackup-image") == SQLITE_CANTOPEN);
  sqlite3_close(handle);
  CHECK(sqlite3_open_v2("file:backup?vfs=sqbackup-image", &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
                        nullptr) == SQLITE_CANTOPEN);
  sqlite3_close(handle);
}

TEST_CASE("what the bytes' source fails with reaches whoever reads the image") {
  Scene scene;
  Bytes bytes(scene.path);
  bytes.failure = Status(Error::kStoredBytesDamaged, "frame 1 is damaged");
  CHECK(ask(bytes, "SELECT count(*) FROM t").is(Error::kIoError));
  bytes.fail_from = 100'000;
  auto image = open_image(bytes);
  REQUIRE(image.ok());
  CHECK(*image->query_integer("SELECT count(*) FROM sqlite_schema") == 2);
  CHECK(image->query_integer("SELECT sum(length(y)) FROM t").status().is(Error::kIoError));
  CHECK_FALSE(check_image(*image, CheckDepth::kIntegrity, scene.progress).ok());
  bytes.failure = Status(Error::kNoMemory, "out of memory");
  CHECK(ask(bytes, "SELECT sum(length(y)) FROM t").is(Error::kNoMemory));
}

TEST_CASE("an image of no bytes is an empty database, one of nonsense none") {
  Scene scene;
  Bytes bytes(scene.path);
  bytes.bytes.clear();
  CHECK(ask(bytes, "SELECT count(*) FROM sqlite_schema").ok());
  bytes.bytes.assign(8192, 'x');
  CHECK(ask(bytes, "SELECT count(*) FROM sqlite_schema").is(Error::kNotADatabase));
  bytes.bytes.assign(50, 'x');
  CHECK_FALSE(ask(bytes, "SELECT count(*) FROM sqlite_schema").ok());
}
