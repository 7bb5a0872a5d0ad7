// One file becomes one object: in one request, or in parts that are sent several at a time. Internal to
// store/s3; what is promised is in store/object_store.h and s3_store.h.
//
// The calling thread reads the file, in order, hashes it and asks `progress`; up to four others send. At most
// 64 MiB are in memory, for a file of more than 625 GiB one part: a ten-thousandth of it.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/progress.h"
#include "store/object_store.h"
#include "store/s3/client.h"

namespace sqbackup {

inline constexpr const char* kS3Sha256 = "sha256";           // metadata: of the content
inline constexpr const char* kS3Mark = "sqbackup-upload";    // metadata: which upload it was
inline constexpr std::uint64_t kS3OneRequest = 16ULL << 20;  // so much goes without parts

// 8 MiB, or whole MiB so large that there are at most 10,000 parts.
std::uint64_t s3_part_size(std::uint64_t total);

struct S3Target {
  S3Client& client;
  Clock& clock;
  std::string key;
  std::string url;
  S3Lock lock;  // an empty mode: none
};

Status s3_upload(const S3Target& target, ReadableFile& file, const FileProof& proof, Progress& progress);

}  // namespace sqbackup
