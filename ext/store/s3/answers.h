// What an object store answers, out of its XML. Source: the answers' pages of the Amazon S3 API Reference.
// Errors are kNetwork: an answer that is not what was asked for, or not whole.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "store/s3/xml.h"

namespace sqbackup {

struct S3ErrorAnswer {
  std::string code;  // "NoSuchKey"
  std::string message;
  std::string region;    // where the bucket is, if the error is about that
  std::string endpoint;  // the same, as a host
  std::string bucket;
  std::string request_id;
};

struct S3Object {
  std::string key;
  std::uint64_t size = 0;
  UnixMillis modified = 0;
  std::string etag;  // as the store writes it, mostly in quotes; empty: none
};

struct S3ObjectPage {
  std::vector<S3Object> objects;
  std::string next;  // what leads to the next page; empty: this is the last
};

struct S3Upload {
  std::string key;
  std::string id;
  UnixMillis initiated = 0;
};

struct S3UploadPage {
  std::vector<S3Upload> uploads;
  std::string next_key;  // both lead to the next page; empty: this is the last
  std::string next_id;
};

// nullopt: the document is no error.
std::optional<S3ErrorAnswer> s3_error_answer(const S3XmlElement& root);

Result<S3ObjectPage> s3_object_page(const S3XmlElement& root);  // of ListObjectsV2
Result<S3UploadPage> s3_upload_page(const S3XmlElement& root);  // of ListMultipartUploads
Result<std::string> s3_upload_id(const S3XmlElement& root);     // of CreateMultipartUpload
// Ok: it is the answer of a CompleteMultipartUpload that succeeded. (Ceph's has an empty ETag.)
Status s3_check_completed(const S3XmlElement& root);

}  // namespace sqbackup
