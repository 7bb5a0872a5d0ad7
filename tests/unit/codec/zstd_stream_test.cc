#include "codec/zstd_stream.h"

#include "codec/zstd.h"
#include "unit/codec/zstd_files.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

constexpr std::uint32_t kFrame = 256;
constexpr std::size_t kPlain = std::size_t{kFrame} * 2 + 57;  // three frames

std::string small_file() { return compressed(plain_text(kPlain), {.frame_bytes = kFrame}); }

// A header of one segment with a checksum that promises `size` bytes (RFC 8878, section 3.1.1.1).
std::string frame_of_size(std::uint64_t size) {
  std::string frame = "\x28\xB5\x2F\xFD\xE4";
  for (int shift = 0; shift < 64; shift += 8) frame += static_cast<char>(size >> shift);
  return frame;
}

}  // namespace

TEST_CASE("files in a row and skippable frames between them are one stream") {
  const std::string text = plain_text(300 << 10);
  const std::string skippable("\x50\x2A\x4D\x18\x03\x00\x00\x00xyz", 11);
  const std::string file = compressed(text, {});
  const auto all = streamed(skippable + file + skippable + file);
  REQUIRE(all.ok());
  CHECK((*all == text + text));
  CHECK((*streamed(file + skippable) == text));
}

TEST_CASE("a stream that is cut off inside of a frame is refused") {
  const std::string text = plain_text(kPlain);
  const std::string file = small_file();
  const std::size_t table = file.size() - (8 + 3 * 8 + 9);
  std::size_t whole = 0;
  for (std::size_t size = 0; size < file.size(); ++size) {
    CAPTURE(size);
    const auto some = streamed(file.substr(0, size));
    if (some.ok()) {  // between two frames, where no zstd can know that there were more
      ++whole;
      CHECK((text.compare(0, some->size(), *some) == 0));
    } else {
      CHECK(some.status().is(Error::kStoredBytesDamaged));
    }
  }
  CHECK(whole == 3);
  CHECK(streamed(file.substr(0, table - 1)).status().message() ==
        "it is cut off: the last frame does not end in its " + std::to_string(table - 1) + " bytes");
  CHECK_FALSE(streamed("").ok());
}

TEST_CASE("a flipped bit never makes other bytes of a stream") {
  const std::string text = plain_text(kPlain);
  const std::string file = small_file();
  for (std::size_t at = 0; at < file.size() * 8; ++at) {
    CAPTURE(at);
    std::string flipped = file;
    flipped[at / 8] = static_cast<char>(flipped[at / 8] ^ (1 << (at % 8)));
    const auto all = streamed(flipped);
    if (all.ok()) CHECK((*all == text));
  }
}

TEST_CASE("frames that want more memory than is given are refused") {
  const std::string rle_of_one_byte("\x0B\x00\x00x", 4);
  const auto bomb = streamed(frame_of_size(std::uint64_t{4} << 30) + rle_of_one_byte);
  REQUIRE_FALSE(bomb.ok());
  CHECK(bomb.status().is(Error::kStoredBytesDamaged));
  CHECK_THAT(bomb.status().message(), Catch::Contains("Frame requires too much memory"));
  CHECK_FALSE(streamed(frame_of_size(1000) + rle_of_one_byte).ok());  // it promises what does not come
}

TEST_CASE("what is not zstd is refused") {
  CHECK_THAT(streamed("SQLite format 3").status().message(),
             Catch::StartsWith("cannot decompress after 0 bytes of the file: "));
  CHECK_FALSE(streamed(small_file() + "rubbish").ok());
}

TEST_CASE("a stream's errors come back, and it can be stopped") {
  const std::string text = plain_text(2 << 20);
  const std::string file = compressed(text, {});
  MemorySource whole(file);
  MemorySink all;
  RecordedProgress progress;
  REQUIRE(zstd_decompress_stream(whole, all, progress).ok());
  CHECK((all.text == text));
  CHECK(progress.done == file.size());
  for (std::size_t nth = 1; nth <= whole.reads; ++nth) {
    MemorySource source(file, nth);
    MemorySink sink;
    CHECK(zstd_decompress_stream(source, sink, progress).is(Error::kIoError));
  }
  for (std::size_t nth = 1; nth <= all.appends; ++nth) {
    MemorySource source(file);
    MemorySink sink(nth);
    CHECK(zstd_decompress_stream(source, sink, progress).is(Error::kDiskFull));
  }
  MemorySource source(file);
  MemorySink sink;
  RecordedProgress stop(1);
  CHECK(zstd_decompress_stream(source, sink, stop).is(Error::kInterrupted));
  CHECK(source.reads == 1);
}

TEST_CASE("the version of zstd has three numbers") {
  const std::string version = zstd_version();
  CHECK(std::count(version.begin(), version.end(), '.') == 2);
}
