// For zstd.py: zstd_codec compress LEVEL THREADS FRAME_BYTES | all THREADS | parts | stream, from the
// standard input to the standard output. `parts` reads through read_at() in odd pieces from the end to the
// beginning. Errors go to the standard error, with exit code 1.
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <string>
#include <vector>

#include "codec/zstd_reader.h"
#include "codec/zstd_stream.h"
#include "codec/zstd_writer.h"
#include "support/byte_streams.h"

namespace {

using namespace sqbackup;
using namespace sqbackup_test;

std::string standard_input() {
  std::string text;
  std::vector<char> piece(1 << 20);
  while (const std::size_t got = std::fread(piece.data(), 1, piece.size(), stdin))
    text.append(piece.data(), got);
  return text;
}

Status read_parts(ByteSource& source, std::string& out) {
  constexpr std::uint64_t kPiece = 100'003;
  out.resize(static_cast<std::size_t>(source.size()));
  for (std::uint64_t at = source.size() / kPiece * kPiece;; at -= kPiece) {
    const auto size = static_cast<std::size_t>(std::min(kPiece, source.size() - at));
    SQB_ASSIGN(const std::size_t got,
               source.read_at(at, {reinterpret_cast<std::uint8_t*>(out.data()) + at, size}));
    if (got != size) return Status(Error::kInternal, "a short read");
    if (at == 0) return {};
  }
}

Status run(const std::vector<std::string>& arguments, std::string input, MemorySink& out) {
  const std::string& command = arguments.at(0);
  if (command == "compress") {
    const ZstdOptions options{.level = std::atoi(arguments.at(1).c_str()),
                              .threads = static_cast<unsigned>(std::atoi(arguments.at(2).c_str())),
                              .frame_bytes = static_cast<std::uint32_t>(std::atoi(arguments.at(3).c_str()))};
    SQB_ASSIGN(const auto writer, ZstdWriter::create(options, out));
    SQB_TRY(writer->append(as_bytes(input)));
    return writer->finish();
  }
  MemorySource source(std::move(input));
  RecordedProgress progress;
  if (command == "stream") return zstd_decompress_stream(source, out, progress);
  SQB_ASSIGN(const auto reader, ZstdReader::open(source));
  if (command == "parts") return read_parts(*reader, out.text);
  return reader->decompress_all(out, static_cast<unsigned>(std::atoi(arguments.at(1).c_str())), progress);
}

}  // namespace

int main(int argc, char** argv) {
  MemorySink out;
  const Status status = run(std::vector<std::string>(argv + 1, argv + argc), standard_input(), out);
  std::fwrite(out.text.data(), 1, out.text.size(), stdout);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.to_string().c_str());
  return 1;
}
