// Whole age files in memory, for what is small.
#pragma once

#include "codec/age/reader.h"
#include "codec/age/writer.h"

namespace sqbackup {

// Errors: those of AgeWriter and AgeReader.
Result<std::string> age_seal(ByteView plain, const AgeLock& lock);
Result<std::string> age_open(ByteView sealed, const AgeKeys& keys);

// The same file for those of `lock`, as age_rewrap() has it. Errors: those of age_file_key() and
// age_rewrap().
Result<std::string> age_reseal(ByteView sealed, const AgeKeys& keys, const AgeLock& lock);

}  // namespace sqbackup
