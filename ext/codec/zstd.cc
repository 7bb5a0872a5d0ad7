#include "codec/zstd.h"

#include <zstd.h>
#include <zstd_errors.h>

// libzstd calls these hooks where they exist (its common/zstd_trace.h), and a host's of the same name would
// be taken for ours. Traced is nothing: a begin that returns 0 says so.
extern "C" {
unsigned long long ZSTD_trace_compress_begin(const ZSTD_CCtx* context);
void ZSTD_trace_compress_end(unsigned long long trace, const void* about);
unsigned long long ZSTD_trace_decompress_begin(const ZSTD_DCtx* context);
void ZSTD_trace_decompress_end(unsigned long long trace, const void* about);

unsigned long long ZSTD_trace_compress_begin(const ZSTD_CCtx*) { return 0; }
void ZSTD_trace_compress_end(unsigned long long, const void*) {}
unsigned long long ZSTD_trace_decompress_begin(const ZSTD_DCtx*) { return 0; }
void ZSTD_trace_decompress_end(unsigned long long, const void*) {}
}

namespace sqbackup {

std::string zstd_version() { return ZSTD_versionString(); }

void FreeZstd::operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
void FreeZstd::operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }

Status zstd_no_memory() { return Status(Error::kNoMemory, "cannot compress or decompress: out of memory"); }

Status zstd_error(std::size_t returned, Error otherwise, std::string_view context) {
  const ZSTD_ErrorCode code = ZSTD_getErrorCode(returned);
  if (code == ZSTD_error_memory_allocation) return zstd_no_memory();
  return Status(otherwise, std::string(context) + ": " + ZSTD_getErrorString(code));
}

Status read_whole(ByteSource& file, std::uint64_t offset, ByteSpan out) {
  SQB_ASSIGN(const std::size_t got, file.read_at(offset, out));
  if (got == out.size()) return {};
  return Status(Error::kStoredBytesDamaged, "it ends after " + std::to_string(offset + got) +
                                                " bytes; it should have " +
                                                std::to_string(offset + out.size()) + " at least");
}

}  // namespace sqbackup
