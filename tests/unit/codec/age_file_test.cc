// AgeWriter and AgeReader against each other. That others agree with them is shown by the vectors and
// interop/age.py.
#include <algorithm>

#include "codec/age/in_memory.h"
#include "support/byte_streams.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;
using Catch::Contains;

namespace {

const std::string kIdentity = "AGE-SECRET-KEY-1EGTZVFFV20835NWYV6270LXYVK2VKNX2MMDKWYKLMGR48UAWX40Q2P2LM0";

AgeKeys keys() {
  AgeKeys held;
  held.identities.push_back(AgeIdentity::parse(kIdentity).value());
  return held;
}

AgeLock lock() {
  AgeLock made;
  made.recipients.push_back(keys().identities[0].recipient());
  return made;
}

std::string plain_of(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 1;
  for (char& c : bytes) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return bytes;
}

// Appended in pieces of `piece` bytes.
std::string sealed(const std::string& plain, std::size_t piece) {
  MemorySink sink;
  auto writer = AgeWriter::create(lock(), sink);
  REQUIRE(writer.ok());
  for (std::size_t at = 0; at < plain.size(); at += piece) {
    REQUIRE(writer->append(as_bytes(plain.substr(at, piece))).ok());
  }
  REQUIRE(writer->finish().ok());
  return sink.text;
}

ByteSpan span_of(std::string& text) { return {reinterpret_cast<std::uint8_t*>(text.data()), text.size()}; }

std::string part(AgeReader& reader, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '?');
  const auto got = reader.read_at(offset, span_of(bytes));
  REQUIRE(got.ok());
  bytes.resize(*got);
  return bytes;
}

// Whatever was done to a file: it is refused, or it still is what was written.
void check_refused(const std::string& changed, const AgeKeys& held) {
  const auto opened = age_open(as_bytes(changed), held);
  REQUIRE_FALSE(opened.ok());
  REQUIRE((opened.status().is(Error::kStoredBytesDamaged) || opened.status().is(Error::kNoKey)));
}

std::string reason(const std::string& changed) {
  const auto opened = age_open(as_bytes(changed), keys());
  REQUIRE_FALSE(opened.ok());
  CHECK(opened.status().is(Error::kStoredBytesDamaged));
  return opened.status().message();
}

}  // namespace

TEST_CASE("an age file of any size holds what was appended, in pieces of any size") {
  const std::size_t stride = kAgeStride * kAgeChunk;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, kAgeChunk - 1, kAgeChunk, kAgeChunk + 1, 2 * kAgeChunk,
        5 * kAgeChunk + 7, stride, stride + 1, 2 * stride + kAgeChunk + 9}) {
    const std::string plain = plain_of(size);
    for (const std::size_t piece : {std::size_t{4096}, kAgeChunk - 1, kAgeChunk, kAgeChunk + 1, size + 1}) {
      CAPTURE(size, piece);
      MemorySource source(sealed(plain, piece));
      const std::size_t chunks = std::max<std::size_t>(1, (size + kAgeChunk - 1) / kAgeChunk);
      const auto header = AgeHeader::read(source);
      REQUIRE(header.ok());
      CHECK(header->size() == 22 + 98 + 48);  // as docs/format/encryption.md has it
      CHECK(source.text.size() == header->size() + 16 + size + 16 * chunks);
      auto reader = AgeReader::open(source, keys());
      REQUIRE(reader.ok());
      CHECK(reader->size() == size);
      CHECK(part(*reader, 0, size) == plain);
    }
  }
}

TEST_CASE("an age file is read anywhere, and ends where it ends") {
  const std::string plain = plain_of(20 * kAgeChunk + 77);
  MemorySource source(sealed(plain, plain.size()));
  auto reader = AgeReader::open(source, keys());
  REQUIRE(reader.ok());
  std::uint32_t state = 7;
  const auto random = [&](std::size_t below) { return (state = state * 1664525 + 1013904223) % below; };
  for (std::size_t i = 0; i < 300; ++i) {
    const std::size_t offset =
        i % 3 == 0 ? random(20) * kAgeChunk : random(static_cast<std::size_t>(plain.size()));
    const std::size_t size = i % 2 == 0 ? random(1000) : random(18 * kAgeChunk);
    REQUIRE(part(*reader, offset, size) == plain.substr(offset, size));
  }
  CHECK(part(*reader, plain.size() - 1, 10) == plain.substr(plain.size() - 1));
  CHECK(part(*reader, plain.size(), 10).empty());
  CHECK(part(*reader, plain.size() + kAgeChunk, 10).empty());
  CHECK(part(*reader, 0, 0).empty());
}

TEST_CASE("reading in order asks the source for each byte once, and again only for header and end") {
  const std::string plain = plain_of(8 * kAgeChunk);
  MemorySource source(sealed(plain, plain.size()));
  auto reader = AgeReader::open(source, keys());
  REQUIRE(reader.ok());
  const std::size_t calls = source.reads;
  for (std::size_t at = 0; at < plain.size(); at += 4096) {
    REQUIRE(part(*reader, at, 4096) == plain.substr(at, 4096));
  }
  CHECK(source.reads == calls + 8);
}

TEST_CASE("whoever writes an age file can read it without an identity") {
  MemorySink sink;
  auto writer = AgeWriter::create(lock(), sink);
  REQUIRE(writer.ok());
  REQUIRE(writer->append(as_bytes("bytes")).ok());
  REQUIRE(writer->finish().ok());
  MemorySource source(sink.text);
  auto reader = AgeReader::open(source, writer->file_key());
  REQUIRE(reader.ok());
  CHECK(part(*reader, 0, 10) == "bytes");
  CHECK(to_hex(reader->file_key().bytes()) == to_hex(writer->file_key().bytes()));

  const auto another = AgeFileKey::random();
  const auto refused = AgeReader::open(source, *another);
  REQUIRE_FALSE(refused.ok());
  CHECK_THAT(refused.status().message(), Contains("MAC"));
}

TEST_CASE("no two age files share a key, a share or a nonce") {
  const std::string one = sealed("same", 4);
  const std::string two = sealed("same", 4);
  REQUIRE(one.size() == two.size());
  std::size_t same = 0;
  const std::size_t header = one.find("\n--- ");
  for (std::size_t i = header + 5; i < one.size(); ++i) same += one[i] == two[i] ? 1U : 0U;
  CHECK(same < 15);  // of 43 letters and 36 bytes
  CHECK(one.substr(0, header) != two.substr(0, header));
}

TEST_CASE("an age file that is cut anywhere is refused") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{100}}) {
    const std::string file = sealed(plain_of(size), 64);
    const AgeKeys held = keys();
    for (std::size_t cut = 0; cut < file.size(); ++cut) {
      CAPTURE(size, cut);
      check_refused(file.substr(0, cut), held);
    }
    check_refused(file + "x", held);
    check_refused(file + file, held);
  }
}

TEST_CASE("an age file with one bit turned is refused, wherever it stands") {
  const std::string file = sealed(plain_of(40), 64);
  const AgeKeys held = keys();
  for (std::size_t at = 0; at < file.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      CAPTURE(at, bit);
      std::string changed = file;
      changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
      check_refused(changed, held);
    }
  }
}

TEST_CASE(
    "an age file is refused when it is cut at a chunk's border, when it is opened and with the reason") {
  const std::string file = sealed(plain_of(4 * kAgeChunk), kAgeChunk);
  const std::size_t begin = file.size() - 4 * kAgeSealedChunk;
  CHECK_THAT(reason(file.substr(0, begin)), Contains("its last chunk is missing"));
  for (std::size_t chunks = 1; chunks < 4; ++chunks) {
    MemorySource source(file.substr(0, begin + chunks * kAgeSealedChunk));
    const auto reader = AgeReader::open(source, keys());
    REQUIRE_FALSE(reader.ok());
    CHECK_THAT(reader.status().message(), Contains("is cut short after chunk " + std::to_string(chunks)));
  }
}

TEST_CASE("chunks of an age file that are exchanged, repeated, left out or from another file are refused") {
  const std::string file = sealed(plain_of(4 * kAgeChunk + 5), kAgeChunk);
  const std::size_t begin = file.size() - 4 * kAgeSealedChunk - 21;
  const auto chunk = [&](std::size_t index) {
    return file.substr(begin + index * kAgeSealedChunk, kAgeSealedChunk);
  };
  const std::string head = file.substr(0, begin);
  CHECK_THAT(reason(head + chunk(1) + chunk(0) + chunk(2) + chunk(3) + chunk(4)),
             Contains("damaged in chunk 1 of 5"));
  CHECK_THAT(reason(head + chunk(0) + chunk(1) + chunk(1) + chunk(3) + chunk(4)),
             Contains("damaged in chunk 3 of 5"));
  CHECK_THAT(reason(head + chunk(0) + chunk(1) + chunk(3) + chunk(4)), Contains("last chunk, 4"));
  CHECK_THAT(reason(head + chunk(0) + chunk(1) + chunk(1) + chunk(2) + chunk(3) + chunk(4)),
             Contains("last chunk, 6"));
  const std::string other = sealed(plain_of(4 * kAgeChunk + 5), kAgeChunk);
  CHECK_THAT(reason(head + other.substr(begin, kAgeSealedChunk) + file.substr(begin + kAgeSealedChunk)),
             Contains("damaged in chunk 1 of 5"));
  CHECK_THAT(reason(other.substr(0, begin) + file.substr(begin)), Contains("payload"));
}

TEST_CASE("a damaged chunk gives none of its bytes, and the chunks beside it stay readable") {
  const std::string plain = plain_of(3 * kAgeChunk);
  std::string file = sealed(plain, plain.size());
  file[file.size() - 2 * kAgeSealedChunk + 10] ^= 1;  // chunk 2 of 3
  MemorySource source(file);
  auto reader = AgeReader::open(source, keys());
  REQUIRE(reader.ok());
  CHECK(part(*reader, 0, 100) == plain.substr(0, 100));
  for (const std::size_t size : {std::size_t{100}, kAgeChunk}) {
    std::string bytes(size, '?');
    const auto got = reader->read_at(kAgeChunk, span_of(bytes));
    REQUIRE_FALSE(got.ok());
    CHECK_THAT(got.status().message(), Contains("damaged in chunk 2 of 3"));
    CHECK(bytes.find(plain.substr(kAgeChunk, 8)) == std::string::npos);
    CHECK(part(*reader, 0, 100) == plain.substr(0, 100));
  }
  CHECK(part(*reader, 2 * kAgeChunk, 100) == plain.substr(2 * kAgeChunk, 100));
}

TEST_CASE("a file that shrinks while it is read is refused") {
  MemorySource source(sealed(plain_of(3 * kAgeChunk), kAgeChunk));
  auto reader = AgeReader::open(source, keys());
  REQUIRE(reader.ok());
  source.text.resize(source.text.size() - 2 * kAgeSealedChunk);
  std::string bytes(2 * kAgeChunk, '?');
  const auto got = reader->read_at(0, span_of(bytes));
  REQUIRE_FALSE(got.ok());
  CHECK(got.status().is(Error::kStoredBytesDamaged));
  CHECK_THAT(got.status().message(), Contains("shorter than it was"));
}

TEST_CASE("an error of the sink is the writer's, and nothing is written after it") {
  const std::string plain = plain_of(40 * kAgeChunk);
  std::size_t fail_at = 1;
  for (bool failed = true; failed; ++fail_at) {
    MemorySink sink;
    sink.fail_at = fail_at;
    auto writer = AgeWriter::create(lock(), sink);
    Status status = writer.ok() ? Status() : writer.status();
    for (std::size_t at = 0; at < plain.size() && status.ok(); at += 100'000) {
      status = writer->append(as_bytes(plain.substr(at, 100'000)));
    }
    if (status.ok()) status = writer->finish();
    failed = !status.ok();
    if (!failed) continue;
    CHECK(status.is(Error::kDiskFull));
    const std::size_t calls = sink.appends;
    if (writer.ok()) {
      CHECK(writer->append(as_bytes("more")).is(Error::kDiskFull));
      CHECK(writer->finish().is(Error::kDiskFull));
    }
    CHECK(sink.appends == calls);
  }
  CHECK(fail_at > 5);  // header, nonce, and three writes of the payload
}

TEST_CASE("an error of the source is the reader's, and passes with it") {
  const std::string plain = plain_of(20 * kAgeChunk + 3);
  MemorySource source(sealed(plain, plain.size()));
  std::size_t fail_at = 1;
  for (bool failed = true; failed; ++fail_at) {
    source.reads = 0;
    source.fail_at = fail_at;
    auto reader = AgeReader::open(source, keys());
    if (!reader.ok()) {
      CHECK(reader.status().is(Error::kIoError));
      continue;
    }
    std::string bytes(plain.size(), '?');
    const auto got = reader->read_at(0, span_of(bytes));
    failed = !got.ok();
    if (failed) CHECK(got.status().is(Error::kIoError));
    source.fail_at = 0;
    CHECK(part(*reader, 0, plain.size()) == plain);
  }
  CHECK(fail_at > 5);
}

TEST_CASE("an age file in memory is opened by each of its recipients") {
  AgeLock for_two = lock();
  for_two.recipients.push_back(
      *AgeRecipient::parse("age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"));
  const auto file = age_seal(as_bytes("bytes"), for_two);
  REQUIRE(file.ok());
  for (const std::string& identity :
       {kIdentity,
        std::string("AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX")}) {
    AgeKeys held;
    held.identities.push_back(AgeIdentity::parse(identity).value());
    const auto opened = age_open(as_bytes(*file), held);
    REQUIRE(opened.ok());
    CHECK(*opened == "bytes");
  }
}
