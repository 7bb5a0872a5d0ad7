#include "store/s3/signer.h"

#include <algorithm>
#include <map>

#include "base/ascii.h"
#include "codec/hmac.h"
#include "codec/sha256.h"

namespace sqbackup {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kBlanks = " \t\r\n";

// Without the blanks at both ends, and with one where there are several.
std::string collapsed(std::string_view value) {
  std::string result;
  while (true) {
    value.remove_prefix(std::min(value.find_first_not_of(kBlanks), value.size()));
    if (value.empty()) return result;
    const std::size_t end = std::min(value.find_first_of(kBlanks), value.size());
    if (!result.empty()) result += ' ';
    result += value.substr(0, end);
    value.remove_prefix(end);
  }
}

// "20130524T000000Z"
std::string basic_time(UnixMillis time) {
  std::string text;
  for (const char c : format_sql_time(time).substr(0, 19)) {
    if (c >= '0' && c <= '9') text += c;
    if (c == ' ') text += 'T';
  }
  return text + 'Z';
}

// By lower-case name, which is the order in which they are signed. Equal names are one header, a list.
std::map<std::string, std::string> signed_headers(const S3Signable& request,
                                                  const std::vector<HttpHeader>& added) {
  std::map<std::string, std::string> result;
  const auto add = [&](std::string_view name, std::string_view value) {
    const auto [place, is_new] = result.try_emplace(ascii_lower(name), collapsed(value));
    if (!is_new) place->second += ',' + collapsed(value);
  };
  add("host", request.host);
  for (const HttpHeader& header : request.headers) add(header.name, header.value);
  for (const HttpHeader& header : added) add(header.name, header.value);
  return result;
}

// HMAC after HMAC, each with the result of the one before as its key. The keys on the way do not stay.
Result<std::string> signature(const S3Credentials& credentials,
                              const std::vector<std::string_view>& messages) {
  constexpr std::string_view kPrefix = "AWS4";
  Secret first(kPrefix.size() + credentials.secret_access_key.size());
  std::copy(kPrefix.begin(), kPrefix.end(), first.span().begin());
  std::copy(credentials.secret_access_key.bytes().begin(), credentials.secret_access_key.bytes().end(),
            first.span().begin() + kPrefix.size());
  Secret key(std::move(first));
  for (const std::string_view message : messages) {
    SQB_ASSIGN(HmacSha256 mac, hmac_sha256(key.bytes(), as_bytes(message)));
    key = Secret(mac);
    wipe(mac);
  }
  return to_hex(key.bytes());
}

}  // namespace

Result<std::vector<HttpHeader>> s3_sign(const S3Signable& request, const S3Credentials& credentials,
                                        const S3Scope& scope) {
  const std::string time = basic_time(scope.time);
  const std::string date = time.substr(0, 8);
  std::vector<HttpHeader> added = {{"x-amz-date", time}};
  if (!credentials.session_token.empty()) {
    added.push_back({"x-amz-security-token", std::string(credentials.session_token.text())});
  }

  std::string names;
  std::string canonical =
      request.method + '\n' + s3_path_encode(request.path) + '\n' + s3_query_encode(request.query) + '\n';
  for (const auto& [name, value] : signed_headers(request, added)) {
    canonical.append(name).append(":").append(value).append("\n");
    names += (names.empty() ? "" : ";") + name;
  }
  canonical += '\n' + names + '\n' + request.payload_sha256;

  SQB_ASSIGN(const std::string canonical_hash, sha256_hex(as_bytes(canonical)));
  const std::string place = date + '/' + scope.region + '/' + scope.service + "/aws4_request";
  const std::string to_sign = std::string(kAlgorithm) + '\n' + time + '\n' + place + '\n' + canonical_hash;
  SQB_ASSIGN(const std::string signed_text,
             signature(credentials, {date, scope.region, scope.service, "aws4_request", to_sign}));
  added.push_back({"Authorization", std::string(kAlgorithm) + " Credential=" + credentials.access_key_id +
                                        '/' + place + ", SignedHeaders=" + names +
                                        ", Signature=" + signed_text});
  return added;
}

}  // namespace sqbackup
