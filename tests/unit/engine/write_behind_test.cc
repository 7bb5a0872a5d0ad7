#include "engine/write_behind.h"

#include <sys/resource.h>

#include <atomic>
#include <new>
#include <thread>

#include "support/child.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

constexpr std::size_t kMiB = 1 << 20;

// In memory. Fails, or throws, at the append of that number, from 1.
class TestFile : public WritableFile {
 public:
  Status append(ByteView bytes) override {
    if (std::this_thread::get_id() != user) ++elsewhere;
    if (++appends == throws_at) throw std::bad_alloc();
    if (appends == fails_at) return {Error::kDiskFull, "full"};
    content.insert(content.end(), bytes.begin(), bytes.end());
    return {};
  }
  Status write_at(std::uint64_t, ByteView) override { return {Error::kInternal, "not here"}; }
  Status truncate(std::uint64_t) override { return {Error::kInternal, "not here"}; }
  void start_writeback() override { ++writebacks; }
  Status sync() override { return {Error::kInternal, "not here"}; }
  Result<bool> clone_from(int) override { return false; }

  const std::thread::id user = std::this_thread::get_id();
  std::vector<std::uint8_t> content;
  int appends = 0;
  int elsewhere = 0;
  int fails_at = 0;
  int throws_at = 0;
  int writebacks = 0;
};

std::vector<std::uint8_t> counting_bytes(std::size_t size) {
  std::vector<std::uint8_t> bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + i / 251);
  return bytes;
}

Status append_in_pieces(WriteBehind& writer, const std::vector<std::uint8_t>& bytes, std::size_t piece) {
  for (std::size_t i = 0; i < bytes.size(); i += piece)
    SQB_TRY(writer.append(ByteView(bytes).subspan(i, std::min(piece, bytes.size() - i))));
  return writer.finish();
}

}  // namespace

TEST_CASE("what is written behind arrives whole and in order") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, kMiB - 1, kMiB, kMiB + 1, 40 * kMiB + 77}) {
    for (const std::size_t piece : {std::size_t{70'001}, 3 * kMiB}) {
      TestFile file;
      const auto bytes = counting_bytes(size);
      {
        WriteBehind writer(file, WriteBehind::Mode::kBehind);
        REQUIRE(append_in_pieces(writer, bytes, piece).ok());
      }
      CHECK(file.content == bytes);
      CHECK((file.elsewhere > 0) == (size >= kMiB));  // one block alone is not worth a thread
      CHECK(file.writebacks == (size > 32 * kMiB ? 2 : 1));
    }
  }
}

TEST_CASE("what is written at once is written on the caller's thread, as it comes") {
  TestFile file;
  const auto bytes = counting_bytes(5 * kMiB);
  WriteBehind writer(file, WriteBehind::Mode::kAtOnce);
  REQUIRE(append_in_pieces(writer, bytes, kMiB / 2).ok());
  CHECK(file.content == bytes);
  CHECK(file.elsewhere == 0);
  CHECK(file.appends == 10);
}

TEST_CASE("a failed write behind is told, again and again, and nothing follows it") {
  for (int nth = 1; nth <= 20; ++nth) {
    TestFile file;
    file.fails_at = nth;
    WriteBehind writer(file, WriteBehind::Mode::kBehind);
    const auto bytes = counting_bytes(20 * kMiB);
    CHECK(append_in_pieces(writer, bytes, 100'000).is(Error::kDiskFull));
    CHECK(writer.finish().is(Error::kDiskFull));
    CHECK(file.content.size() == static_cast<std::size_t>(nth - 1) * kMiB);
  }
}

TEST_CASE("want of memory on the other thread is thrown on this one") {
  for (int nth = 1; nth <= 12; ++nth) {
    TestFile file;
    file.throws_at = nth;
    WriteBehind writer(file, WriteBehind::Mode::kBehind);
    const auto bytes = counting_bytes(12 * kMiB);
    CHECK_THROWS_AS(append_in_pieces(writer, bytes, 100'000), std::bad_alloc);
    CHECK(file.content.size() == static_cast<std::size_t>(nth - 1) * kMiB);
  }
}

TEST_CASE("where no thread is to be had, all is written in order all the same") {
  const int failed = run_unprivileged([] {
    const struct rlimit none = {0, 0};
    if (::setrlimit(RLIMIT_NPROC, &none) != 0) return 10;
    const auto bytes = counting_bytes(9 * kMiB + 5);
    int number = 0;
    for (const std::size_t piece : {std::size_t{70'001}, kMiB + 3, 3 * kMiB}) {
      ++number;
      TestFile file;
      WriteBehind writer(file, WriteBehind::Mode::kBehind);
      if (!append_in_pieces(writer, bytes, piece).ok() || file.elsewhere != 0) return 20 + number;
      if (file.content != bytes) return number;
    }
    return 0;
  });
  CHECK(failed == 0);
}

TEST_CASE("a writer behind that is given up takes its thread with it") {
  TestFile file;
  {
    WriteBehind writer(file, WriteBehind::Mode::kBehind);
    REQUIRE(writer.append(counting_bytes(6 * kMiB)).ok());
  }
  CHECK(file.content.size() <= 6 * kMiB);
  CHECK(file.content.size() % kMiB == 0);
}
