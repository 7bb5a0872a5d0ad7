#include "pages/wal_reader.h"

#include <functional>

#include "support/fault_env.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

constexpr std::uint32_t kPageSize = 512;
constexpr std::size_t kFrameSize = kWalFrameHeaderSize + kPageSize;

using Bytes = std::vector<std::uint8_t>;

void put_be32(Bytes& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}

// A log as a writer makes it: each page filled with one byte.
struct Log {
  std::uint32_t salt1;
  std::uint32_t salt2;
  Bytes bytes = Bytes(kWalHeaderSize);
  WalChecksum sum;

  explicit Log(std::uint32_t generation = 1) : salt1(generation), salt2(generation * 7919) {
    put_be32(bytes, 0, 0x377f0682);
    put_be32(bytes, 4, 3007000);
    put_be32(bytes, 8, kPageSize);
    put_be32(bytes, 16, salt1);
    put_be32(bytes, 20, salt2);
    sum = wal_checksum(false, {}, ByteView(bytes).first(24));
    put_be32(bytes, 24, sum.s0);
    put_be32(bytes, 28, sum.s1);
  }

  // `database_pages` not 0: the frame ends a commit.
  Log& frame(std::uint32_t page, std::uint8_t fill, std::uint32_t database_pages = 0) {
    Bytes frame(kFrameSize, fill);
    put_be32(frame, 0, page);
    put_be32(frame, 4, database_pages);
    put_be32(frame, 8, salt1);
    put_be32(frame, 12, salt2);
    sum = wal_frame_checksum(false, sum, ByteView(frame).first(kWalFrameHeaderSize),
                             ByteView(frame).subspan(kWalFrameHeaderSize));
    put_be32(frame, 16, sum.s0);
    put_be32(frame, 20, sum.s1);
    bytes.insert(bytes.end(), frame.begin(), frame.end());
    return *this;
  }

  std::uint32_t frames() const {
    return static_cast<std::uint32_t>((bytes.size() - kWalHeaderSize) / kFrameSize);
  }
  WalIndexHeader index(std::uint32_t max_frame) const { return {max_frame, salt1, salt2}; }
};

std::size_t at_frame(std::uint32_t frame, std::size_t byte = 0) {
  return kWalHeaderSize + (frame - 1) * kFrameSize + byte;
}

// One file, in memory, that the test may change between two reads.
class OneFile : public FaultEnv {
 public:
  explicit OneFile(Bytes bytes) : FaultEnv(posix_file_env()), content(std::move(bytes)) {}

  Result<std::unique_ptr<ReadableFile>> open(const std::string& path, bool) override {
    if (path != "/app.db-wal") return Status(Error::kNoSuchFile, path);
    return std::unique_ptr<ReadableFile>(std::make_unique<File>(*this));
  }

  Bytes content;
  std::function<void(int)> before_read = [](int) {};  // told how many reads there were before

 private:
  class File : public ReadableFile {
   public:
    explicit File(OneFile& env) : env_(env) {}
    Result<std::size_t> read_at(std::uint64_t offset, ByteSpan out) override {
      env_.before_read(env_.reads_++);
      if (offset >= env_.content.size()) return std::size_t{0};
      const std::size_t size = std::min(out.size(), env_.content.size() - static_cast<std::size_t>(offset));
      std::copy_n(env_.content.begin() + static_cast<std::ptrdiff_t>(offset), size, out.begin());
      return size;
    }
    Result<FileInfo> info() override { return FileInfo{}; }

   private:
    OneFile& env_;
  };
  int reads_ = 0;
};

WalReader open_log(FileEnv& files) {
  auto reader = WalReader::open(files, "/app.db");
  REQUIRE(reader.ok());
  return std::move(reader).value();
}

WalReader::ReadIndex no_index() {
  return [] { return std::optional<WalIndexHeader>(); };
}
WalReader::ReadIndex index_of(const WalIndexHeader& header) {
  return [header] { return std::optional(header); };
}

using Pages = std::vector<std::pair<std::uint32_t, int>>;  // page number, its fill; -1: it cannot be read

Pages pages_in(WalReader& reader) {
  Pages pages;
  Bytes page(reader.page_size());
  for (const auto& entry : reader.pages()) {
    const auto same = reader.read(entry, page);
    REQUIRE(same.ok());
    const bool whole = page == Bytes(page.size(), page[0]);
    pages.emplace_back(entry.page, *same && whole ? page[0] : -1);
  }
  return pages;
}

// What is found in a log that nobody changes.
Pages pages_of(const Bytes& log, const WalReader::ReadIndex& index = no_index()) {
  OneFile file(log);
  WalReader reader = open_log(file);
  REQUIRE(reader.scan(index).ok());
  return pages_in(reader);
}

Log two_commits(std::uint32_t generation = 1) {
  return Log(generation).frame(1, 11).frame(2, 12, 2).frame(3, 23).frame(2, 22, 3);
}

}  // namespace

TEST_CASE("a log that is missing, empty or has no valid header holds nothing") {
  OneFile none{Bytes()};
  auto missing = WalReader::open(none, "/other.db");
  REQUIRE(missing.ok());
  REQUIRE(missing
              ->scan([]() -> Result<std::optional<WalIndexHeader>> {
                FAIL("a database without a log has no index");
                return std::optional<WalIndexHeader>();
              })
              .ok());
  CHECK(missing->empty());
  CHECK(missing->page_size() == 0);
  CHECK(pages_of({}).empty());
  CHECK(pages_of(Log().bytes).empty());
  Log damaged = two_commits();
  damaged.bytes[5] ^= 1;
  CHECK(pages_of(damaged.bytes).empty());
}

TEST_CASE("the newest committed copy of each page is found, in order") {
  const Log log = two_commits();
  OneFile file(log.bytes);
  WalReader reader = open_log(file);
  REQUIRE(reader.scan(no_index()).ok());
  CHECK(reader.page_size() == kPageSize);
  CHECK(reader.database_pages() == 3);
  CHECK_FALSE(reader.damaged());
  CHECK(pages_in(reader) == Pages{{1, 11}, {2, 22}, {3, 23}});
}

TEST_CASE("frames behind the last commit frame are not taken") {
  Log log = two_commits();
  log.frame(1, 31).frame(4, 34);
  CHECK(pages_of(log.bytes) == Pages{{1, 11}, {2, 22}, {3, 23}});
  CHECK(pages_of(Log().frame(1, 1).frame(2, 2).bytes).empty());
}

TEST_CASE("pages behind the end of the database at the last commit are not taken") {
  Log log;
  log.frame(1, 11).frame(2, 12).frame(3, 13).frame(4, 14, 4).frame(1, 21, 2);
  OneFile file(log.bytes);
  WalReader reader = open_log(file);
  REQUIRE(reader.scan(no_index()).ok());
  CHECK(reader.database_pages() == 2);
  CHECK(pages_in(reader) == Pages{{1, 21}, {2, 12}});
}

TEST_CASE("frames of another generation end the log even if their checksums continue it") {
  const bool first_salt = GENERATE(true, false);
  Log log = Log().frame(1, 11, 1);
  Log old = log;
  (first_salt ? old.salt1 : old.salt2) += 1;
  old.frame(2, 12, 2);
  CHECK(pages_of(old.bytes) == Pages{{1, 11}});
  CHECK(pages_of(log.frame(2, 12, 2).bytes) == Pages{{1, 11}, {2, 12}});
}

TEST_CASE("a frame whose checksum is wrong ends the log, and so does one of page 0") {
  for (const std::size_t byte : {std::size_t{3}, std::size_t{7}, std::size_t{16}, std::size_t{20},
                                 kWalFrameHeaderSize, kFrameSize - 1}) {
    Log log = two_commits();
    log.bytes[at_frame(3, byte)] ^= 0x40;
    INFO(byte);
    CHECK(pages_of(log.bytes) == Pages{{1, 11}, {2, 12}});
  }
  CHECK(pages_of(Log().frame(1, 11, 1).frame(0, 10, 1).frame(1, 21, 1).bytes) == Pages{{1, 11}});
}

TEST_CASE("half a frame at the end of the log is not taken") {
  Log log = two_commits();
  log.bytes.pop_back();
  CHECK(pages_of(log.bytes) == Pages{{1, 11}, {2, 12}});
}

TEST_CASE("a log that grows during the scan is taken to its end") {
  const Log log = two_commits();
  OneFile file(log.bytes);
  file.before_read = [&](int before) {
    file.content = log.bytes;
    if (before == 1) file.content.resize(at_frame(2, 100));
  };
  WalReader reader = open_log(file);
  REQUIRE(reader.scan(no_index()).ok());
  CHECK(pages_in(reader) == Pages{{1, 11}, {2, 22}, {3, 23}});
}

TEST_CASE("a log of many reads is walked to its end") {
  Log log;
  Pages expected;
  for (std::uint32_t page = 1; page <= 5000; ++page) {
    log.frame(page, static_cast<std::uint8_t>(page % 251), page);
    expected.emplace_back(page, page % 251);
  }
  CHECK(pages_of(log.bytes) == expected);
}

TEST_CASE("a log that is restarted during the scan is scanned again") {
  const int read = GENERATE(1, 2);  // 0 is the header, 1 the frames, 2 the header again
  const bool truncated = GENERATE(false, true);
  CAPTURE(read, truncated);
  const Log fresh = Log(2).frame(1, 91).frame(5, 95, 5);
  OneFile file(two_commits(1).bytes);
  file.before_read = [&](int before) {
    if (before != read) return;
    file.content = truncated ? Bytes() : fresh.bytes;
  };
  WalReader reader = open_log(file);
  REQUIRE(reader.scan(no_index()).ok());
  CHECK(pages_in(reader) == (truncated ? Pages{} : Pages{{1, 91}, {5, 95}}));
  CHECK(reader.database_pages() == (truncated ? 0 : 5));
}

TEST_CASE("a log that is restarted again and again is a clear error") {
  OneFile file(two_commits(1).bytes);
  file.before_read = [&](int before) {
    file.content = two_commits(static_cast<std::uint32_t>(before) + 2).bytes;
  };
  WalReader reader = open_log(file);
  CHECK(reader.scan(no_index()).is(Error::kDatabaseBusy));
}

TEST_CASE("a page is given only as long as its frame is the one that was scanned") {
  const Log log = two_commits();
  OneFile file(log.bytes);
  WalReader reader = open_log(file);
  REQUIRE(reader.scan(no_index()).ok());
  REQUIRE(pages_in(reader) == Pages{{1, 11}, {2, 22}, {3, 23}});

  SECTION("each part of the frame counts") {
    for (const std::size_t byte : {3U, 7U, 11U, 15U, 19U, 23U, 24U, 535U}) {
      file.content = log.bytes;
      file.content[at_frame(3, byte)] ^= 1;  // page 3
      INFO(byte);
      const bool continues = byte < 16 || byte > 23;  // page 2, behind it, starts from its checksum
      CHECK(pages_in(reader) == Pages{{1, 11}, {2, continues ? 22 : -1}, {3, -1}});
    }
  }
  SECTION("another page with the same number") {
    file.content = Log(1).frame(1, 11).frame(2, 12, 2).frame(3, 99).frame(2, 22, 3).bytes;
    CHECK(pages_in(reader) == Pages{{1, 11}, {2, -1}, {3, -1}});
  }
  SECTION("a log that ends before it, or in its frame") {
    file.content.resize(at_frame(3, 10));
    CHECK(pages_in(reader) == Pages{{1, 11}, {2, -1}, {3, -1}});
    file.content.resize(at_frame(4, kFrameSize - 1));
    std::copy_n(log.bytes.begin(), file.content.size(), file.content.begin());
    CHECK(pages_in(reader) == Pages{{1, 11}, {2, -1}, {3, 23}});
  }
  SECTION("a log that ends where this page was read before") {
    Bytes page(kPageSize);
    const auto& first = reader.pages().front();
    REQUIRE(reader.read(first, page).value());
    file.content.clear();
    CHECK_FALSE(reader.read(first, page).value());
  }
}

TEST_CASE("commits that the index does not know are not taken") {
  const Log log = two_commits();
  CHECK(pages_of(log.bytes, index_of(log.index(4))) == Pages{{1, 11}, {2, 22}, {3, 23}});
  CHECK(pages_of(log.bytes, index_of(log.index(2))) == Pages{{1, 11}, {2, 12}});
  CHECK(pages_of(log.bytes, index_of(log.index(0))).empty());

  OneFile file(log.bytes);
  WalReader reader = open_log(file);
  REQUIRE(reader.scan(index_of(log.index(2))).ok());
  CHECK(reader.database_pages() == 2);
  CHECK_FALSE(reader.damaged());
  // Restarted, which has not reached the log yet.
  REQUIRE(reader.scan(index_of({0, log.salt1 + 1, 7})).ok());
  CHECK(reader.empty());
  CHECK_FALSE(reader.damaged());
}

TEST_CASE("a log that was restarted after its index was read is scanned again") {
  const bool first_salt = GENERATE(true, false);
  const Log fresh = two_commits(2);
  WalIndexHeader old = fresh.index(2);
  (first_salt ? old.salt1 : old.salt2) += 1;
  OneFile file(fresh.bytes);
  WalReader reader = open_log(file);
  int reads = 0;
  REQUIRE(reader.scan([&] { return std::optional(reads++ == 0 ? old : fresh.index(4)); }).ok());
  CHECK(pages_in(reader) == Pages{{1, 11}, {2, 22}, {3, 23}});
  CHECK_FALSE(reader.damaged());
}

TEST_CASE("commits that the index knows and the log does not hold are damage") {
  const Log log = two_commits();
  OneFile file(log.bytes);
  WalReader reader = open_log(file);
  Pages expected;
  SECTION("a frame is not what was written") {
    file.content[at_frame(3, 100)] ^= 1;
    expected = {{1, 11}, {2, 12}};
  }
  SECTION("the log ends early") {
    file.content.resize(at_frame(4));
    expected = {{1, 11}, {2, 12}};
  }
  SECTION("the header is not what was written") { file.content[17] ^= 1; }
  SECTION("the log is another one") { file.content = two_commits(3).bytes; }
  SECTION("there is no log") { file.content.clear(); }
  REQUIRE(reader.scan(index_of(log.index(4))).ok());
  CHECK(reader.damaged());
  CHECK(pages_in(reader) == expected);
  CHECK(reader.page_size() == (expected.empty() ? 0 : kPageSize));
  REQUIRE(reader.scan(index_of(log.index(0))).ok());
  CHECK_FALSE(reader.damaged());
}

TEST_CASE("an index that cannot be read is an error of the scan") {
  OneFile file(two_commits().bytes);
  WalReader reader = open_log(file);
  CHECK(reader
            .scan([]() -> Result<std::optional<WalIndexHeader>> {
              return Status(Error::kIoError, "no memory to map");
            })
            .is(Error::kIoError));
}
