#include "store/s3/s3_url.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/utf8.h"
#include "net/url.h"

namespace sqbackup {
namespace {

constexpr std::string_view kScheme = "s3://";

Status bad(const std::string& what) { return {Error::kBadSetting, what}; }

bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_address(std::string_view name) {
  const bool numbers = name.find_first_not_of("0123456789.") == std::string_view::npos;
  return (numbers && std::count(name.begin(), name.end(), '.') == 3) || name.starts_with('[');
}

Status check_bucket(std::string_view bucket) {
  if (bucket.size() < 3 || bucket.size() > 63) {
    return bad("an s3:// URL needs a bucket's name of 3 to 63 characters: s3://bucket/prefix");
  }
  const bool known = std::all_of(bucket.begin(), bucket.end(),
                                 [](char c) { return is_lower_or_digit(c) || c == '.' || c == '-'; });
  if (!known || !is_lower_or_digit(bucket.front()) || !is_lower_or_digit(bucket.back()) ||
      bucket.find("..") != std::string_view::npos || is_address(bucket)) {
    return bad(
        "the bucket in an s3:// URL is not a bucket's name: lower-case letters, digits, '-' and single '.', "
        "a "
        "letter or digit at both ends, and no IP address");
  }
  return {};
}

Status check_prefix(std::string_view prefix) {
  for (ByteView rest = as_bytes(prefix); !rest.empty();) {
    const CodePoint point = first_code_point(rest);
    if (point.bytes == 0) return bad("the prefix in an s3:// URL is not UTF-8");
    if (point.value < 0x20 || point.value == 0x7f) {
      return bad("the prefix in an s3:// URL holds a control character");
    }
    rest = rest.subspan(point.bytes);
  }
  // As long a key of ours may follow.
  if (prefix.size() > kS3LongestKey / 2) return bad("the prefix in an s3:// URL is longer than 511 bytes");
  return {};
}

Status check_region(std::string_view region) {
  const bool known = std::all_of(region.begin(), region.end(), [](char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
  if (known && !region.empty() && region.size() <= 64) return {};
  return bad("the region of an object store is a name such as eu-central-1");
}

std::string amazons_host(const std::string& region) {
  return "s3." + region + (region.starts_with("cn-") ? ".amazonaws.com.cn" : ".amazonaws.com");
}

// In lower case, and without the port that the scheme has anyway: so does curl say it.
std::string host_of(const Url& url) {
  const bool usual = url.port.empty() || url.port == (url.scheme == "https" ? "443" : "80");
  return ascii_lower(url.host) + (usual ? "" : ":" + url.port);
}

}  // namespace

Result<S3Location> parse_s3_url(std::string_view text) {
  if (!text.starts_with(kScheme)) return bad("an object store is written as s3://bucket/prefix");
  text.remove_prefix(kScheme.size());
  const std::size_t slash = std::min(text.find('/'), text.size());
  S3Location location{std::string(text.substr(0, slash)), {}};
  if (slash < text.size()) location.prefix = text.substr(slash + 1);
  SQB_TRY(check_bucket(location.bucket));
  if (!location.prefix.empty() && location.prefix.back() != '/') location.prefix += '/';
  SQB_TRY(check_prefix(location.prefix));
  return location;
}

Status check_s3_key(std::string_view key) {
  if (!key.empty() && key.size() <= kS3LongestKey) return {};
  return {Error::kBadArgument, "the name of an object has 1 to 1024 bytes; this one has " +
                                   std::to_string(key.size()) + "; shorten the prefix of the s3:// URL"};
}

Result<S3Endpoint> S3Endpoint::create(std::string_view bucket, const S3EndpointSettings& settings) {
  SQB_TRY(check_bucket(bucket));
  SQB_TRY(check_region(settings.region));
  S3Endpoint endpoint;
  endpoint.scheme_ = "https";
  endpoint.host_ = amazons_host(settings.region);
  endpoint.base_ = "/";
  std::string host = amazons_host(settings.region);
  if (!settings.url.empty()) {
    SQB_TRY(check_http_url(settings.url).with_context("the endpoint of the object store"));
    SQB_ASSIGN(const Url url, parse_url(settings.url));
    if (!url.user_info.empty()) return bad("the endpoint of an object store holds no user and no password");
    if (!url.query.empty()) return bad("the endpoint of an object store holds no '?'");
    const auto path = s3_uri_decode(url.path);
    if (!path) return bad("the endpoint of an object store holds a '%' that is no %XX");
    host = url.host;
    endpoint.scheme_ = url.scheme;
    endpoint.host_ = host_of(url);
    endpoint.base_ = *path;
    while (endpoint.base_.ends_with('/')) endpoint.base_.pop_back();
    endpoint.base_ += '/';
  }
  const bool has_dot = bucket.find('.') != std::string_view::npos;
  endpoint.bucket_in_path_ = settings.path_style.value_or(!settings.url.empty() || has_dot);
  if (endpoint.bucket_in_path_) {
    endpoint.base_ += bucket;
    return endpoint;
  }
  if (is_address(host)) return bad("the endpoint of the object store is an address: it needs path_style");
  endpoint.host_ = std::string(bucket) + '.' + endpoint.host_;
  return endpoint;
}

std::string S3Endpoint::path(std::string_view key) const {
  if (!bucket_in_path_) return base_ + std::string(key);
  return key.empty() ? base_ : base_ + '/' + std::string(key);
}

std::string S3Endpoint::url(std::string_view key, const std::vector<S3Parameter>& query) const {
  const std::string text = scheme_ + "://" + host_ + s3_path_encode(path(key));
  return query.empty() ? text : text + '?' + s3_query_encode(query);
}

}  // namespace sqbackup
