// S3Client: the requests to one bucket. Each is signed, tried again where that may help, and its answer
// checked; none follows a redirect.
//
// What is retried: no connection, no whole answer, 429 and 5xx, and what is no XML and should be; by the
// policy of retry.h. What is tried once more at once: with the store's own time where the clock is wrong
// (which later requests keep to), with other credentials where the store refuses those.
//
// Errors of all: those of s3_judge() in failure.h and of S3CredentialSource::get(), kNotTrusted for the
// certificate, kNoCurl, kInterrupted within milliseconds of a cancel, kBadArgument for a key that is none.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/http.h"
#include "store/s3/answers.h"
#include "store/s3/credentials.h"
#include "store/s3/failure.h"
#include "store/s3/retry.h"
#include "store/s3/s3_url.h"

namespace sqbackup {

struct S3World {
  HttpTransport& http;
  Clock& clock;
  S3CredentialSource& credentials;
  std::function<void(std::int64_t)> sleep;  // milliseconds
  S3Random random;
};

// Values that are kept with an object, by names in lower case: x-amz-meta-NAME. Printable ASCII.
using S3Metadata = std::vector<HttpHeader>;

// The value; nullptr: there is none of this name.
const std::string* s3_metadata_value(const S3Metadata& metadata, std::string_view name);

struct S3ObjectInfo {
  std::uint64_t size = 0;
  UnixMillis modified = 0;  // 0: not known
  std::string etag;
  S3Metadata metadata;
};

struct S3Bytes {
  std::string bytes;
  std::uint64_t object_size = 0;
  std::string etag;  // of the object that they are from
};

struct S3Part {
  int number = 0;  // from 1 to 10,000
  std::string etag;
  std::uint64_t size = 0;
};

// Until when nobody may remove the object, or only who has a right of its own.
struct S3Lock {
  std::string mode;   // "COMPLIANCE", "GOVERNANCE"
  std::string until;  // "2026-11-20T10:30:00Z"
};

// Safe for use by several threads, if what it works with is.
class S3Client {
 public:
  // `object_headers` go with each object that is begun: its storage class, and the like. Error: kBadSetting.
  static Result<std::unique_ptr<S3Client>> create(const std::string& bucket,
                                                  const S3EndpointSettings& endpoint, S3World world,
                                                  const S3RetryPolicy& retry = {},
                                                  std::vector<HttpHeader> object_headers = {});

  // At most 5 GiB, all of it in memory. Replaces an object. The ETag.
  Result<std::string> put(const std::string& key, std::string body, const S3Metadata& metadata,
                          const Cancel& cancel);
  // `length` bytes from `offset` on, one to 5 GiB; fewer where the object ends. With an `etag` only of the
  // object that has it. kStoredBytesDamaged: it has another one by now, or ends before.
  Result<S3Bytes> get(const std::string& key, std::uint64_t offset, std::uint64_t length,
                      const std::string& etag, const Cancel& cancel);
  // A bucket that does not exist is kNoSuchObject here: the answer does not tell the two apart.
  Result<S3ObjectInfo> head(const std::string& key, const Cancel& cancel);
  Status remove(const std::string& key, const Cancel& cancel);  // ok where there is none
  // Ok too where it is locked so already.
  Status lock(const std::string& key, const S3Lock& lock, const Cancel& cancel);
  // By key, up to 1000 that begin with `prefix`; `next` is empty or of the page before.
  Result<S3ObjectPage> list(const std::string& prefix, const std::string& next, const Cancel& cancel);

  // Multipart uploads. Parts have 5 MiB to 5 GiB, the last may have less; those of one upload may be sent at
  // once, and a number again. Nothing is to be seen before complete_upload().
  //
  // The id. Where it was tried again because an answer was lost, an upload may be left whose id nobody knows,
  // whatever this returns: list_uploads() finds it.
  Result<std::string> create_upload(const std::string& key, const S3Metadata& metadata, const Cancel& cancel);
  Result<S3Part> upload_part(const std::string& key, const std::string& id, int number, std::string body,
                             const Cancel& cancel);
  // `parts` by number. Ok too where a try before, whose answer was lost, has completed it: the object has
  // the size of the parts and `metadata`, that of create_upload(), which must then be no other upload's.
  Status complete_upload(const std::string& key, const std::string& id, const std::vector<S3Part>& parts,
                         const S3Metadata& metadata, const Cancel& cancel);
  Status abort_upload(const std::string& key, const std::string& id,
                      const Cancel& cancel);  // ok where there is none
  // Both markers are empty or of the page before. No key may hold a control character.
  Result<S3UploadPage> list_uploads(const std::string& prefix, const std::string& next_key,
                                    const std::string& next_id, const Cancel& cancel);

 private:
  struct Request;
  struct Answer;

  S3Client(std::string bucket, std::string region, S3Endpoint endpoint, S3World world, S3RetryPolicy retry,
           std::vector<HttpHeader> object_headers);

  Request request(const char* method, const char* doing, const std::string& key) const;
  Status perform(Request request, Answer& answer, const Cancel& cancel);
  S3Verdict attempt(const Request& request, HttpRequest& sent, Answer& answer,
                    std::shared_ptr<const S3Credentials>& credentials, const Cancel& cancel);
  void adopt_clock(const HttpResponse& response);

  const std::string bucket_;
  const std::string region_;
  const S3Endpoint endpoint_;
  const S3World world_;
  const S3RetryPolicy retry_;
  const std::vector<HttpHeader> object_headers_;
  std::atomic<std::int64_t> skew_millis_ = 0;  // what the store's clock is ahead of ours
};

}  // namespace sqbackup
