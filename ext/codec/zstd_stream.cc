#include "codec/zstd_stream.h"

#include <zstd.h>

#include <algorithm>
#include <vector>

#include "codec/zstd.h"

namespace sqbackup {
namespace {

constexpr int kWindowLog = 27;

}  // namespace

Status zstd_decompress_stream(ByteSource& file, ByteSink& out, Progress& progress) {
  ZstdDecompressor context(ZSTD_createDCtx());
  if (context == nullptr) return zstd_no_memory();
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kWindowLog);
  std::vector<std::uint8_t> stored(ZSTD_DStreamInSize());
  std::vector<std::uint8_t> plain(ZSTD_DStreamOutSize());
  std::size_t expected = 1;  // 0: the file may end here
  for (std::uint64_t offset = 0; offset < file.size();) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(stored.size(), file.size() - offset));
    SQB_TRY(read_whole(file, offset, ByteSpan(stored.data(), size)));
    ZSTD_inBuffer input{stored.data(), size, 0};
    // A full output may leave some of it inside, even if no input is left.
    for (bool full = false; input.pos < input.size || full;) {
      ZSTD_outBuffer output{plain.data(), plain.size(), 0};
      expected = ZSTD_decompressStream(context.get(), &output, &input);
      if (ZSTD_isError(expected)) {
        return zstd_error(
            expected, Error::kStoredBytesDamaged,
            "cannot decompress after " + std::to_string(offset + input.pos) + " bytes of the file");
      }
      if (output.pos > 0) SQB_TRY(out.append({plain.data(), output.pos}));
      full = output.pos == output.size && expected != 0;
    }
    offset += size;
    SQB_TRY(progress.advance(offset));
  }
  if (expected == 0) return {};
  return Status(Error::kStoredBytesDamaged, "it is cut off: the last frame does not end in its " +
                                                std::to_string(file.size()) + " bytes");
}

}  // namespace sqbackup
