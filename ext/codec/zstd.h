// What all of zstd_*.cc share: zstd's contexts with an owner, its errors as a Status, and whole reads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/byte_stream.h"
#include "base/status.h"

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace sqbackup {

std::string zstd_version();  // of the libzstd that is linked in

struct FreeZstd {
  void operator()(ZSTD_CCtx_s* context) const;
  void operator()(ZSTD_DCtx_s* context) const;
};
using ZstdCompressor = std::unique_ptr<ZSTD_CCtx_s, FreeZstd>;
using ZstdDecompressor = std::unique_ptr<ZSTD_DCtx_s, FreeZstd>;

// The Status for what zstd returned, which ZSTD_isError() finds to be an error: kNoMemory, or `otherwise`
// with `context` and zstd's reason.
Status zstd_error(std::size_t returned, Error otherwise, std::string_view context);

Status zstd_no_memory();

// Fills `out` from `offset` on; kStoredBytesDamaged if `file` ends before.
Status read_whole(ByteSource& file, std::uint64_t offset, ByteSpan out);

}  // namespace sqbackup
