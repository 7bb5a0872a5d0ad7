// One object, read in ranges, several at a time, and given out in order. Internal to store/s3; what is
// promised is in store/object_store.h.
//
// The calling thread writes and asks `progress`; up to four others read, ahead by 32 MiB at most. Each range
// after the first is of the object with that one's ETag; one that is cut is asked for again.
#pragma once

#include <string>

#include "base/byte_stream.h"
#include "base/progress.h"
#include "store/s3/client.h"

namespace sqbackup {

inline constexpr std::uint64_t kS3Range = 4ULL << 20;

// `url` begins the messages.
Status s3_download(S3Client& client, const std::string& key, const std::string& url, std::uint64_t size,
                   ByteSink& out, Progress& progress);

}  // namespace sqbackup
