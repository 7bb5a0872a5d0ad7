// Compressed files: whatever the bytes, reading ends in an error or in bytes that are the same in every way
// of reading them. A mutation hardly survives the checksum of a frame: so the tables and headers are what
// this reaches.
#include <algorithm>
#include <cstdlib>

#include "codec/zstd_reader.h"
#include "codec/zstd_stream.h"
#include "support/byte_streams.h"

namespace {

constexpr std::uint64_t kMostPlain = 32 << 20;

std::string sequential(const std::string& file, sqbackup::Status& status) {
  sqbackup_test::MemorySource source(file);
  sqbackup_test::MemorySink sink;
  sqbackup_test::RecordedProgress progress;
  status = sqbackup::zstd_decompress_stream(source, sink, progress);
  return sink.text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sqbackup_test::MemorySource source(std::string(reinterpret_cast<const char*>(data), size));
  const auto reader = sqbackup::ZstdReader::open(source, 0);
  if (!reader.ok() || (*reader)->size() > kMostPlain) return 0;
  sqbackup_test::MemorySink sink;
  sqbackup_test::RecordedProgress progress;
  const sqbackup::Status all = (*reader)->decompress_all(sink, 1, progress);
  if (all.ok() && sink.text.size() != (*reader)->size()) std::abort();
  std::string piece;
  for (std::uint64_t at = 0; at < (*reader)->size(); at += (*reader)->size() / 7 + 1) {
    piece.assign(1000, '?');
    const auto got = (*reader)->read_at(at, {reinterpret_cast<std::uint8_t*>(piece.data()), piece.size()});
    if (all.ok() && !got.ok()) std::abort();
    if (all.ok() && sink.text.compare(at, *got, piece, 0, *got) != 0) std::abort();
  }
  // What the strict reader takes, every zstd takes, and gives the same.
  sqbackup::Status status;
  if (all.ok() && (sequential(source.text, status) != sink.text || !status.ok())) std::abort();
  return 0;
}
