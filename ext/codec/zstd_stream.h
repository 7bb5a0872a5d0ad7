// Any zstd file, from its beginning to its end.
#pragma once

#include "base/byte_stream.h"
#include "base/progress.h"

namespace sqbackup {

// Decompresses all frames of `file` into `out` and passes over skippable ones, as stock `zstd -d` does: a
// frame may look back 128 MiB (--long=27), which is what this takes of memory at most. progress.advance() is
// told how many bytes of the file are done; the phase is the caller's. kStoredBytesDamaged: the file is
// empty, damaged, cut off, needs more memory than that or a dictionary. It may be cut off between two frames,
// which nothing shows, and be any number of times larger when unpacked: `out` may refuse.
Status zstd_decompress_stream(ByteSource& file, ByteSink& out, Progress& progress);

}  // namespace sqbackup
