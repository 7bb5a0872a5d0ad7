// Percent-encoding as AWS Signature Version 4 wants it: what is signed must be, byte for byte, what is sent.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sqbackup {

// A parameter of a query, not encoded. One without a value, as in "?uploads", has an empty one.
struct S3Parameter {
  std::string name;
  std::string value;
};

// Every byte but A-Z a-z 0-9 - . _ ~ becomes %XX with upper-case digits.
std::string s3_uri_encode(std::string_view bytes);

// The same, and '/' stays.
std::string s3_path_encode(std::string_view bytes);

// "name=value&...", encoded, sorted by encoded name, then by encoded value; always with '='.
std::string s3_query_encode(const std::vector<S3Parameter>& parameters);

// %XX, digits in any case, becomes a byte. nullopt: a '%' that two such digits do not follow.
std::optional<std::string> s3_uri_decode(std::string_view text);

}  // namespace sqbackup
