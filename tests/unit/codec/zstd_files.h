// What the tests of zstd_*.cc share: bytes to compress, and files made of them.
#pragma once

#include <memory>
#include <string>

#include "codec/zstd_reader.h"
#include "codec/zstd_stream.h"
#include "codec/zstd_writer.h"
#include "support/byte_streams.h"
#include "support/test.h"

namespace sqbackup_test {

// Compressible, and no two pieces of it equal.
inline std::string plain_text(std::size_t size) {
  std::string text;
  std::uint32_t state = 1;
  while (text.size() < size) {
    state = state * 1664525 + 1013904223;
    text += "row " + std::to_string(state >> 8) + ";";
  }
  text.resize(size);
  return text;
}

inline std::string compressed(std::string_view text, const sqbackup::ZstdOptions& options) {
  MemorySink sink;
  auto writer = sqbackup::ZstdWriter::create(options, sink);
  REQUIRE(writer.ok());
  REQUIRE((*writer)->append(sqbackup::as_bytes(text)).ok());
  REQUIRE((*writer)->finish().ok());
  return sink.text;
}

inline sqbackup::Result<std::string> decompressed(const std::string& file, unsigned threads = 1) {
  MemorySource source(file);
  SQB_ASSIGN(const auto reader, sqbackup::ZstdReader::open(source));
  MemorySink sink;
  RecordedProgress progress;
  SQB_TRY(reader->decompress_all(sink, threads, progress));
  return sink.text;
}

inline sqbackup::Result<std::string> streamed(const std::string& file) {
  MemorySource source(file);
  MemorySink sink;
  RecordedProgress progress;
  SQB_TRY(sqbackup::zstd_decompress_stream(source, sink, progress));
  return sink.text;
}

inline sqbackup::Result<std::string> part_of(sqbackup::ByteSource& source, std::uint64_t offset,
                                             std::size_t size) {
  std::string text(size, '?');
  SQB_ASSIGN(const std::size_t got,
             source.read_at(offset, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()}));
  text.resize(got);
  return text;
}

// The little-endian number at `offset` of a file.
inline std::uint32_t number_at(const std::string& file, std::size_t offset) {
  return sqbackup::read_le32(reinterpret_cast<const std::uint8_t*>(file.data()) + offset);
}

inline std::string with_number(std::string file, std::size_t offset, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) file.at(offset + i) = static_cast<char>(value >> (8 * i));
  return file;
}

}  // namespace sqbackup_test
