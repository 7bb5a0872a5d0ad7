#include "store/s3/uri_encode.h"

#include <algorithm>
#include <utility>

#include "base/percent.h"

namespace sqbackup {
namespace {

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string s3_uri_encode(std::string_view bytes) { return percent_encode(bytes); }

std::string s3_path_encode(std::string_view bytes) { return percent_encode(bytes, "/"); }

std::string s3_query_encode(const std::vector<S3Parameter>& parameters) {
  std::vector<std::pair<std::string, std::string>> pairs;
  pairs.reserve(parameters.size());
  for (const S3Parameter& parameter : parameters) {
    pairs.emplace_back(s3_uri_encode(parameter.name), s3_uri_encode(parameter.value));
  }
  std::sort(pairs.begin(), pairs.end());
  std::string query;
  for (const auto& [name, value] : pairs) {
    if (!query.empty()) query += '&';
    query.append(name).append("=").append(value);
  }
  return query;
}

std::optional<std::string> s3_uri_decode(std::string_view text) {
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      bytes += text[at];
      continue;
    }
    const int high = at + 2 < text.size() ? digit_value(text[at + 1]) : -1;
    const int low = at + 2 < text.size() ? digit_value(text[at + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
    at += 2;
  }
  return bytes;
}

}  // namespace sqbackup
