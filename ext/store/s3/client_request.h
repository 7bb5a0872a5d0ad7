// One request of S3Client and its answer. Internal to store/s3.
#pragma once

#include <string>
#include <vector>

#include "store/s3/client.h"

namespace sqbackup {

struct S3Client::Request {
  std::string method;
  std::string subject;  // for messages: "reading s3://bucket/key"
  std::string key;      // empty: the bucket
  std::vector<S3Parameter> query;
  std::vector<HttpHeader> headers;
  std::string body;
  std::string payload_sha256;        // of the body; perform() sets it
  std::size_t max_body = 65'536;     // of the answer
  bool answers_xml = false;          // on success too, and that may be an error
  std::int64_t stalled_ms = 30'000;  // how long the store may work without a byte

  Status add_metadata(const S3Metadata& metadata);
  // Content-MD5, which Amazon asks for where a bucket locks its objects. OpenSSL without MD5: nothing.
  void add_md5();
};

struct S3Client::Answer {
  HttpResponse response;
  S3XmlElement root;      // of an answer in XML
  bool repeated = false;  // an attempt before, of which nobody knows what it did, went ahead of it
};

}  // namespace sqbackup
