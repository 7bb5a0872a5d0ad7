// AWS Signature Version 4 in an Authorization header, as S3 wants it: pure, of a request, keys and a time.
// Source: "Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk" of
// the Amazon S3 API Reference. S3 differs from other services in two points: the path is encoded once, and
// it is not normalised ("//" and "/../" stand for themselves).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "base/status.h"
#include "net/http.h"
#include "store/s3/uri_encode.h"

namespace sqbackup {

struct S3Credentials {
  std::string access_key_id;  // no secret: it stands in every request
  Secret secret_access_key;
  Secret session_token;               // empty: none
  std::optional<UnixMillis> expires;  // nullopt: never
};

// What is signed of a request; nothing in it is encoded.
struct S3Signable {
  std::string method;
  std::string host;  // as the Host header will say it: with the port, where it is not the scheme's own
  std::string path;  // from '/' on
  std::vector<S3Parameter> query;
  std::vector<HttpHeader> headers;  // all of them are signed; without Host. S3 wants x-amz-content-sha256
  std::string payload_sha256;       // 64 lower-case digits, or "UNSIGNED-PAYLOAD"
};

struct S3Scope {
  std::string region;
  UnixMillis time = 0;
  std::string service = "s3";
};

// The headers to add: x-amz-date, x-amz-security-token where there is one, Authorization. The query has to be
// sent as s3_query_encode() has it, the path as s3_path_encode() has it. Errors: kNoMemory only.
Result<std::vector<HttpHeader>> s3_sign(const S3Signable& request, const S3Credentials& credentials,
                                        const S3Scope& scope);

}  // namespace sqbackup
