#include "codec/zstd_reader.h"

#include <algorithm>

#include "unit/codec/zstd_files.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

constexpr std::uint32_t kFrame = 256;
constexpr std::size_t kPlain = std::size_t{kFrame} * 2 + 57;  // three frames

std::string small_file() { return compressed(plain_text(kPlain), {.threads = 1, .frame_bytes = kFrame}); }

// Of a file with three frames.
std::size_t table_of(const std::string& file) { return file.size() - (8 + 3 * 8 + 9); }

Status open_status(const std::string& file) {
  MemorySource source(file);
  return ZstdReader::open(source).status();
}

void check_refused(const std::string& file, const std::string& reason) {
  CAPTURE(reason);
  const Status status = open_status(file);
  REQUIRE_FALSE(status.ok());
  CHECK(status.is(Error::kStoredBytesDamaged));
  CHECK_THAT(status.message(), Catch::Contains(reason));
}

// Every way to read it ends in an error or in these bytes. Returns whether reading all of it does end in an
// error.
bool never_other_bytes(const std::string& file, const std::string& text) {
  MemorySource source(file);
  const auto reader = ZstdReader::open(source);
  if (!reader.ok()) return true;
  bool right = (*reader)->size() == text.size();
  for (std::size_t at = 0; at < text.size(); at += 31) {
    const auto part = part_of(**reader, at, 40);
    right = right && (!part.ok() || *part == text.substr(at, 40));
  }
  CHECK(right);
  const auto all = decompressed(file);
  if (all.ok()) CHECK((*all == text));
  return !all.ok();
}

}  // namespace

TEST_CASE("any piece of a compressed file is what it is in the whole") {
  const std::string text = plain_text(kPlain * 40);
  MemorySource source(compressed(text, {.frame_bytes = kFrame}));
  for (std::size_t cache : {std::size_t{0}, std::size_t{3} * kFrame, std::size_t{24 << 20}}) {
    const auto reader = ZstdReader::open(source, cache);
    REQUIRE(reader.ok());
    CHECK((*reader)->size() == text.size());
    std::uint32_t state = 7;
    for (int i = 0; i < 2000; ++i) {
      state = state * 1664525 + 1013904223;
      const std::size_t at = (state >> 4) % (text.size() + 10);
      const std::size_t size = (state >> 9) % 1000;
      const auto part = part_of(**reader, at, size);
      REQUIRE(part.ok());
      REQUIRE((*part == (at > text.size() ? "" : text.substr(at, size))));
    }
  }
}

TEST_CASE("frames that were read last are not read again") {
  const std::string text = plain_text(std::size_t{kFrame} * 10);
  MemorySource source(compressed(text, {.frame_bytes = kFrame}));
  const auto reader = ZstdReader::open(source, std::size_t{2} * kFrame);
  REQUIRE(reader.ok());
  const auto reads_for = [&](std::size_t frame) {
    const std::size_t before = source.reads;
    const auto part = part_of(**reader, frame * kFrame + 3, 10);
    CHECK((part.ok() && *part == text.substr(frame * kFrame + 3, 10)));
    return source.reads - before;
  };
  CHECK(reads_for(0) == 1);
  CHECK(reads_for(1) == 1);
  CHECK(reads_for(0) == 0);
  CHECK(reads_for(2) == 1);  // in the place of 1, which was used longest ago
  CHECK(reads_for(0) == 0);
  CHECK(reads_for(1) == 1);
}

TEST_CASE("an empty file is legal and has nothing") {
  const std::string file = compressed("", {});
  CHECK(file.size() == 17);
  MemorySource source(file);
  const auto reader = ZstdReader::open(source);
  REQUIRE(reader.ok());
  CHECK((*reader)->size() == 0);
  CHECK(*part_of(**reader, 0, 10) == "");
  CHECK(*decompressed(file) == "");
}

TEST_CASE("a compressed file that is cut off anywhere is refused") {
  const std::string file = small_file();
  for (std::size_t size = 0; size < file.size(); ++size) {
    CAPTURE(size);
    CHECK(open_status(file.substr(0, size)).is(Error::kStoredBytesDamaged));
  }
  CHECK(open_status(file).ok());
}

TEST_CASE("a flipped bit never makes other bytes of a compressed file") {
  const std::string text = plain_text(kPlain);
  const std::string file = small_file();
  const std::size_t table = table_of(file);
  std::size_t unnoticed_in_frames = 0;
  std::size_t unnoticed_in_table = 0;
  for (std::size_t byte = 0; byte < file.size(); ++byte) {
    for (int bit = 0; bit < 8; ++bit) {
      CAPTURE(byte, bit);
      std::string flipped = file;
      flipped[byte] = static_cast<char>(flipped[byte] ^ (1 << bit));
      if (!never_other_bytes(flipped, text)) ++(byte < table ? unnoticed_in_frames : unnoticed_in_table);
    }
  }
  CHECK(unnoticed_in_table == 2);               // those that the specification leaves unused
  CHECK(unnoticed_in_frames < table * 8 / 50);  // zstd has such bits too
}

TEST_CASE("a byte that is lost or added is noticed") {
  const std::string text = plain_text(kPlain);
  const std::string file = small_file();
  for (std::size_t at = 0; at < file.size(); ++at) {
    CAPTURE(at);
    std::string shorter = file;
    shorter.erase(at, 1);
    CHECK(never_other_bytes(shorter, text));
    std::string longer = file;
    longer.insert(at, 1, '\x28');
    CHECK(never_other_bytes(longer, text));
  }
}

TEST_CASE("a seek table that lies is refused, whatever the lie") {
  const std::string file = small_file();
  const std::size_t table = table_of(file);
  const std::size_t count = file.size() - 9;
  const auto lie = [&](std::size_t offset, std::uint32_t value, const std::string& reason) {
    check_refused(with_number(file, offset, value), reason);
  };
  lie(file.size() - 4, 0x8F92EAB0, "it does not end in a seek table");
  lie(table, 0x184D2A5D, "the seek table is damaged: it does not begin where it should");
  lie(table + 4, 3 * 8 + 8, "it does not begin where it should");
  for (std::uint32_t frames : {0U, 1U, 2U, 4U}) lie(count, frames, "the seek table is damaged");
  for (std::uint32_t frames : {1000U, 0x7FFFFFFU, 0x8000001U, 0xFFFFFFFFU}) {
    lie(count, frames, "it names " + std::to_string(frames) + " frames, more than the file can hold");
  }
  const std::uint32_t stored = number_at(file, table + 8);
  lie(table + 8, stored + 1, "and the file has " + std::to_string(table));
  lie(table + 8, 0, "frame 0 cannot have 0 bytes for 256");
  lie(table + 8, 0xFFFFFFFF, "frame 0 cannot have 4294967295 bytes for 256");
  lie(table + 12, 0, "frame 0 has 0 bytes");
  lie(table + 12, kFrame + 1, "frame 1 has 256 bytes, not 257 as the first");
  lie(table + 12, kFrame - 1, "frame 1 has 256 bytes, not 255 as the first");
  lie(table + 12, 0xFFFFFFFF,
      "frame 0 has 4294967295 bytes, more than the 8388608 that are read into memory");
  lie(table + 20, kFrame - 1, "frame 1 has 255 bytes, not 256 as the first");
  lie(table + 28, 0, "frame 2 has 0 bytes");
  lie(table + 28, 58, "frame 2 is damaged: its size is not that in the seek table");
  lie(table + 28, kFrame + 1, "frame 2 has 257 bytes, not 256 as the first");
  for (int bit = 2; bit < 7; ++bit) {
    std::string reserved = file;
    reserved[count + 4] = static_cast<char>(1 << bit);
    check_refused(reserved, "reserved bits are set");
  }
  std::string larger = with_number(with_number(file, table + 12, 300), table + 20, 300);
  check_refused(larger, "frame 0 is damaged: its size is not that in the seek table");
}

TEST_CASE("two lies that cancel each other out are noticed when the frame is read") {
  const std::string file = small_file();
  const std::size_t table = table_of(file);
  std::string moved = with_number(file, table + 8, number_at(file, table + 8) + 1);
  moved = with_number(moved, table + 16, number_at(file, table + 16) - 1);
  MemorySource source(moved);
  const auto reader = ZstdReader::open(source);
  REQUIRE(reader.ok());
  CHECK(part_of(**reader, 0, 5).status().message() == "frame 0 is damaged: it ends elsewhere");
  CHECK(part_of(**reader, kFrame, 5).status().message() ==
        "frame 1 is damaged: it does not begin as a frame");
  CHECK(*part_of(**reader, std::uint64_t{2} * kFrame, 5) ==
        plain_text(kPlain).substr(std::size_t{2} * kFrame, 5));
}

TEST_CASE("a table with the optional checksums is read too") {
  const std::string file = small_file();
  const std::size_t table = table_of(file);
  std::string other = with_number(file.substr(0, table + 8), table + 4, 3 * 12 + 9);
  std::size_t end = 0;
  for (std::size_t entry = table + 8; entry < table + 32; entry += 8) {
    end += number_at(file, entry);
    other += file.substr(entry, 8) + file.substr(end - 4, 4);  // the same number ends the frame
  }
  other += file.substr(table + 32);
  other[other.size() - 5] = '\x80';
  const auto all = decompressed(other);
  REQUIRE(all.ok());
  CHECK((*all == plain_text(kPlain)));
}

TEST_CASE("a frame without a checksum is refused") {
  std::string file = small_file();
  file[4] = static_cast<char>(file[4] & ~4);
  check_refused(file, "frame 0 is damaged: it has no checksum");
}

TEST_CASE("a damaged frame is named, and the others can be read") {
  const std::string text = plain_text(kPlain);
  std::string file = small_file();
  const std::size_t table = table_of(file);
  // In its checksum: all of the frame is decompressed before it is found.
  const std::size_t end = number_at(file, table + 8) + number_at(file, table + 16);
  file[end - 1] = static_cast<char>(file[end - 1] ^ 1);
  MemorySource source(file);
  const auto reader = ZstdReader::open(source, 0);  // one frame is kept: the damaged one takes its place
  REQUIRE(reader.ok());
  CHECK_THAT(part_of(**reader, kFrame + 1, 5).status().message(), Catch::StartsWith("frame 1 is damaged: "));
  CHECK(*part_of(**reader, 3, 5) == text.substr(3, 5));
  CHECK_THAT(part_of(**reader, kFrame + 1, 5).status().message(), Catch::StartsWith("frame 1 is damaged: "));
  CHECK(*part_of(**reader, 3, 5) == text.substr(3, 5));
  CHECK(decompressed(file).status().is(Error::kStoredBytesDamaged));
  CHECK_THAT(decompressed(file, 4).status().message(), Catch::StartsWith("frame 1 is damaged: "));
}

TEST_CASE("an error of the source or the sink comes back, whichever call it is") {
  const std::string text = plain_text(std::size_t{kFrame} * 12);
  const std::string file = compressed(text, {.frame_bytes = kFrame});
  const auto read_all = [](MemorySource& source, MemorySink& sink) -> Status {
    SQB_ASSIGN(const auto reader, ZstdReader::open(source));
    RecordedProgress progress;
    return reader->decompress_all(sink, 2, progress);
  };
  MemorySource whole(file);
  MemorySink sink;
  REQUIRE(read_all(whole, sink).ok());
  for (std::size_t nth = 1; nth <= whole.reads; ++nth) {
    MemorySource source(file, nth);
    MemorySink some;
    CHECK(read_all(source, some).is(Error::kIoError));
    CHECK((text.compare(0, some.text.size(), some.text) == 0));
  }
  REQUIRE(sink.appends == 12);
  for (std::size_t nth = 1; nth <= sink.appends; ++nth) {
    MemorySource source(file);
    MemorySink full(nth);
    CHECK(read_all(source, full).is(Error::kDiskFull));
    CHECK(full.appends == nth);
  }
}

TEST_CASE("decompressing tells how far it is, stops when asked, and reads no further ahead than it must") {
  const std::string text = plain_text(std::size_t{kFrame} * 100 + 3);
  MemorySource source(compressed(text, {.frame_bytes = kFrame}));
  const auto reader = ZstdReader::open(source);
  REQUIRE(reader.ok());
  MemorySink sink;
  RecordedProgress progress;
  REQUIRE((*reader)->decompress_all(sink, 2, progress).ok());
  CHECK(progress.done == text.size());
  const std::size_t before = source.reads;
  RecordedProgress stop(std::uint64_t{kFrame} * 10);
  MemorySink half;
  CHECK((*reader)->decompress_all(half, 2, stop).is(Error::kInterrupted));
  CHECK((half.text == text.substr(0, std::size_t{kFrame} * 10)));
  CHECK(source.reads - before <= 10 + 2 * 2 + 2);
}
