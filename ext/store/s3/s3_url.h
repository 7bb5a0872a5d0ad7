// Where backups go in an object store: "s3://bucket/prefix", and how requests reach a bucket there.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "store/s3/uri_encode.h"

namespace sqbackup {

inline constexpr std::size_t kS3LongestKey = 1024;  // bytes

struct S3Location {
  std::string bucket;
  std::string prefix;  // empty, or ends in '/'
};

// Takes s3://bucket[/prefix[/]]. The bucket has the form of Amazon's rules for names: 3 to 63 of a-z 0-9 . -,
// a letter or digit at both ends, no "..", no IPv4 address. The prefix is UTF-8 without control characters,
// taken as it is: no %XX, no '?' and no '#' has a meaning, and "//" stays. Error: kBadSetting.
Result<S3Location> parse_s3_url(std::string_view text);

// Ok for 1 to 1024 bytes; kBadArgument.
Status check_s3_key(std::string_view key);

struct S3EndpointSettings {
  std::string url;     // http(s)://host[:port][/path]; empty: Amazon's own, by the region
  std::string region;  // 1 to 64 of A-Z a-z 0-9 - _
  // True: host/bucket/key. False: bucket.host/key. nullopt: false for Amazon's own and a bucket without a
  // dot (one with a dot has no certificate there), else true, which every other server understands.
  std::optional<bool> path_style;
};

// Requests to one bucket.
class S3Endpoint {
 public:
  // Error: kBadSetting.
  static Result<S3Endpoint> create(std::string_view bucket, const S3EndpointSettings& settings);

  const std::string& host() const { return host_; }  // as curl will say it in the Host header
  std::string path(std::string_view key) const;      // not encoded; an empty key: the bucket's own
  std::string url(std::string_view key, const std::vector<S3Parameter>& query) const;

 private:
  std::string scheme_;
  std::string host_;
  std::string base_;  // what stands before the key: ends in '/', but where the bucket is all of the path
  bool bucket_in_path_ = false;
};

}  // namespace sqbackup
