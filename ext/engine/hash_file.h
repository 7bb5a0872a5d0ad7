// Reads a whole file once, for its hash or its copy.
#pragma once

#include <functional>
#include <string>

#include "base/byte_stream.h"
#include "base/file_env.h"
#include "base/progress.h"
#include "base/status.h"

namespace sqbackup {

// SHA-256 of the file's first `size` bytes as hex; kStoredBytesDamaged when it is not exactly that long.
// `copy_to`, if given, gets the same bytes.
Result<std::string> hash_file(ReadableFile& file, std::uint64_t size, ByteSink* copy_to, const char* phase,
                              Progress& progress);

}  // namespace sqbackup
