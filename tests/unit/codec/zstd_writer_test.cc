#include "codec/zstd_writer.h"

#include <filesystem>

#include "unit/codec/zstd_files.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

constexpr std::uint32_t kFrame = 4096;

std::size_t threads_of_this_process() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

Status write_all(ByteSink& out, std::string_view text, unsigned threads) {
  SQB_ASSIGN(const auto writer, ZstdWriter::create({.threads = threads, .frame_bytes = kFrame}, out));
  SQB_TRY(writer->append(as_bytes(text)));
  return writer->finish();
}

}  // namespace

TEST_CASE("what is compressed comes back, whatever its size and the number of threads") {
  const std::string text = plain_text(std::size_t{kFrame} * 50 + 17);
  for (unsigned threads : {1U, 2U, 4U}) {
    for (std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{kFrame} - 1, std::size_t{kFrame},
                             std::size_t{kFrame} + 1, std::size_t{kFrame} * 2, text.size()}) {
      CAPTURE(threads, size);
      const std::string file = compressed(text.substr(0, size), {.threads = threads, .frame_bytes = kFrame});
      const auto all = decompressed(file, threads);
      REQUIRE(all.ok());
      CHECK((*all == text.substr(0, size)));
      const auto stream = streamed(file);
      REQUIRE(stream.ok());
      CHECK((*stream == text.substr(0, size)));
    }
  }
}

TEST_CASE("the file depends on the bytes and the options alone") {
  const std::string text = plain_text(std::size_t{kFrame} * 20 + 5);
  const std::string one = compressed(text, {.threads = 1, .frame_bytes = kFrame});
  CHECK((compressed(text, {.threads = 4, .frame_bytes = kFrame}) == one));
  MemorySink sink;
  auto writer = ZstdWriter::create({.threads = 3, .frame_bytes = kFrame}, sink);
  REQUIRE(writer.ok());
  for (std::size_t at = 0; at < text.size(); at += 1000) {
    REQUIRE((*writer)->append(as_bytes(std::string_view(text).substr(at, 1000))).ok());
  }
  REQUIRE((*writer)->finish().ok());
  CHECK((sink.text == one));
}

TEST_CASE("blocks may be filled in place, whether they fit into a frame or not") {
  const std::string text = plain_text(std::size_t{kFrame} * 20 + 5);
  const std::string file = compressed(text, {.frame_bytes = kFrame});
  for (std::size_t size :
       {std::size_t{kFrame} / 4, std::size_t{kFrame}, std::size_t{1000}, std::size_t{3} * kFrame}) {
    CAPTURE(size);
    MemorySink sink;
    auto writer = ZstdWriter::create({.threads = 2, .frame_bytes = kFrame}, sink);
    REQUIRE(writer.ok());
    for (std::size_t at = 0; at < text.size(); at += size) {
      const std::string piece = text.substr(at, size);
      auto block = (*writer)->next_block(piece.size());
      REQUIRE(block.ok());
      REQUIRE(block->size() == piece.size());
      std::copy(piece.begin(), piece.end(), block->begin());
      REQUIRE((*writer)->commit_block().ok());
    }
    REQUIRE((*writer)->finish().ok());
    CHECK((sink.text == file));
  }
}

TEST_CASE("the seek table says where each frame is, as the specification has it") {
  const std::string file = compressed(plain_text(kFrame * 2 + 9), {.frame_bytes = kFrame});
  const std::size_t table = file.size() - (8 + 3 * 8 + 9);
  CHECK(number_at(file, table) == 0x184D2A5E);
  CHECK(number_at(file, table + 4) == 3 * 8 + 9);
  CHECK(number_at(file, table + 8) + number_at(file, table + 16) + number_at(file, table + 24) == table);
  CHECK(number_at(file, table + 12) == kFrame);
  CHECK(number_at(file, table + 20) == kFrame);
  CHECK(number_at(file, table + 28) == 9);
  CHECK(number_at(file, table + 32) == 3);
  CHECK(file[table + 36] == 0);
  CHECK(number_at(file, table + 37) == 0x8F92EAB1);
  for (std::size_t frame : {std::size_t{0}, std::size_t{number_at(file, table + 8)}}) {
    CHECK(number_at(file, frame) == 0xFD2FB528);
    CHECK((file[frame + 4] & 4) != 0);  // its checksum
  }
}

TEST_CASE("a higher level makes a smaller file") {
  const std::string text = plain_text(1 << 20);
  const std::size_t fast = compressed(text, {.level = 1}).size();
  const std::size_t small = compressed(text, {.level = 19}).size();
  CHECK(small < fast);
  CHECK(fast < text.size());
}

TEST_CASE("options out of range are refused") {
  MemorySink sink;
  for (const ZstdOptions& options :
       {ZstdOptions{.level = 0}, ZstdOptions{.level = 20}, ZstdOptions{.threads = 65},
        ZstdOptions{.frame_bytes = 0}, ZstdOptions{.frame_bytes = kLargestZstdFrame + 1}}) {
    CHECK(ZstdWriter::create(options, sink).status().is(Error::kBadOption));
  }
  CHECK(ZstdWriter::create({.level = 20}, sink).status().message() ==
        "cannot compress with level 20; give 1 to 19");
}

TEST_CASE("an error of the sink comes back, whichever append it is") {
  const std::string text = plain_text(std::size_t{kFrame} * 30);
  MemorySink whole;
  REQUIRE(write_all(whole, text, 2).ok());
  REQUIRE(whole.appends == 31);
  for (std::size_t nth = 1; nth <= whole.appends; ++nth) {
    CAPTURE(nth);
    MemorySink sink(nth);
    CHECK(write_all(sink, text, 2).is(Error::kDiskFull));
    CHECK(sink.appends == nth);  // and is not tried again
  }
}

TEST_CASE("after an error the writer says nothing else, and writes nothing") {
  MemorySink sink(1);
  auto writer = ZstdWriter::create({.threads = 1, .frame_bytes = kFrame}, sink);
  REQUIRE(writer.ok());
  CHECK((*writer)->append(as_bytes(plain_text(std::size_t{kFrame} * 30))).is(Error::kDiskFull));
  CHECK((*writer)->append(as_bytes("more")).is(Error::kDiskFull));
  CHECK((*writer)->next_block(1).status().is(Error::kDiskFull));
  CHECK((*writer)->commit_block().is(Error::kDiskFull));
  CHECK((*writer)->finish().is(Error::kDiskFull));
  CHECK(sink.appends == 1);
}

TEST_CASE("a writer that is given up takes its threads with it") {
  const std::size_t before = threads_of_this_process();
  MemorySink sink;
  {
    auto writer = ZstdWriter::create({.level = 19, .threads = 3}, sink);
    REQUIRE(writer.ok());
    REQUIRE((*writer)->append(as_bytes(plain_text(13 << 20))).ok());
    CHECK(threads_of_this_process() == before + 3);
  }
  CHECK(threads_of_this_process() == before);
}

TEST_CASE("one frame alone starts no thread") {
  const std::size_t before = threads_of_this_process();
  MemorySink sink;
  auto writer = ZstdWriter::create({}, sink);
  REQUIRE(writer.ok());
  REQUIRE((*writer)->append(as_bytes(plain_text(2 << 20))).ok());
  REQUIRE((*writer)->finish().ok());
  CHECK(threads_of_this_process() == before);
}
