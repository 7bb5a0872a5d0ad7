// Reads a whole file once, for its hash or its copy.
#pragma once

#include <functional>
#include <string>

#include "base/byte_stream.h"
#include "base/file_env.h"
#include "base/progress.h"
#include "base/status.h"

namespace sqbackup {

// SHA-256 of all bytes as hex; kStoredBytesDamaged when they end before size(). `copy_to`, if given, gets the
// same bytes.
Result<std::string> hash_bytes(ByteSource& bytes, ByteSink* copy_to, const char* phase, Progress& progress);

// The same of a file; kStoredBytesDamaged when it is not exactly `size` bytes long.
Result<std::string> hash_file(ReadableFile& file, std::uint64_t size, ByteSink* copy_to, const char* phase,
                              Progress& progress);

}  // namespace sqbackup
