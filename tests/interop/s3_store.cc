// For s3.py: the S3 client, one request a call. Errors go to standard error, with exit code 1.
//   s3_store sign                        signs each request of standard input (see signed_request())
//   s3_store put KEY FILE [NAME=VALUE]   with metadata
//   s3_store get KEY OFFSET LENGTH [ETAG]
//   s3_store head KEY                    size, ETag and metadata, a line each
//   s3_store remove KEY
//   s3_store list PREFIX                 all pages: "SIZE KEY", the key in hex
//   s3_store upload KEY FILE PART_SIZE   in parts, the last of them first
//   s3_store begin KEY                   an upload that is not completed; its id
//   s3_store uploads PREFIX              all pages: "ID KEY", the key in hex
//   s3_store abort KEY ID
// The bucket is of the environment: S3_BUCKET, S3_ENDPOINT, S3_REGION, S3_PATH_STYLE (yes, no or nothing),
// and S3_CLOCK, seconds that the clock is ahead; the credentials are looked for as usual.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "net/alerts.h"
#include "net/curl.h"
#include "store/s3/client.h"

namespace {

using namespace sqbackup;

bool never() { return false; }

std::optional<std::string> environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

class ShiftedClock : public Clock {
 public:
  UnixMillis now() override {
    return system_clock().now() + 1000 * std::atoll(environment("S3_CLOCK").value_or("0").c_str());
  }
  double monotonic_seconds() override { return system_clock().monotonic_seconds(); }
};

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string hex(const std::string& text) { return to_hex(as_bytes(text)); }

std::string from_hex(const std::string& digits) {
  std::string text;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    text += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return text;
}

// A request is a line of words: method, host, path, hash, time, token; then "?" and name and value of each
// parameter, then ":" and name and value of each header. All but "?" and ":" is in hex after an "x". What
// comes back: the Authorization, and path and query as they have to be sent.
Result<std::string> signed_request(const std::string& line) {
  std::vector<std::string> plain;
  std::vector<S3Parameter> query;
  std::vector<HttpHeader> headers;
  std::istringstream words(line);
  char part = '.';
  for (std::string word; words >> word;) {
    if (word == "?" || word == ":") {
      part = word[0];
      continue;
    }
    const std::string first = from_hex(word.substr(1));
    if (part == '.') {
      plain.push_back(first);
      continue;
    }
    words >> word;
    if (part == '?') query.push_back({first, from_hex(word.substr(1))});
    if (part == ':') headers.push_back({first, from_hex(word.substr(1))});
  }
  S3Credentials credentials;
  credentials.access_key_id = "AKID";
  credentials.secret_access_key = Secret(as_bytes("secret/+key"));
  credentials.session_token = Secret(as_bytes(plain.at(5)));
  SQB_ASSIGN(const auto added, s3_sign({plain[0], plain[1], plain[2], query, headers, plain[3]}, credentials,
                                       {"eu-central-1", *parse_time(plain[4])}));
  return added.back().value + '\n' + s3_path_encode(plain[2]) + '?' + s3_query_encode(query);
}

Status sign_all() {
  for (std::string line; std::getline(std::cin, line);) {
    SQB_ASSIGN(const std::string text, signed_request(line));
    std::cout << text << '\n';
  }
  return {};
}

Status upload(S3Client& s3, const std::string& key, const std::string& content, std::size_t part_size) {
  SQB_ASSIGN(const std::string id, s3.create_upload(key, {}, never));
  std::vector<S3Part> parts((content.size() + part_size - 1) / part_size);
  for (std::size_t i = parts.size(); i-- > 0;) {
    SQB_ASSIGN(parts[i], s3.upload_part(key, id, static_cast<int>(i) + 1,
                                        content.substr(i * part_size, part_size), never));
  }
  return s3.complete_upload(key, id, parts, {}, never);
}

Status list(S3Client& s3, const std::string& prefix) {
  std::string next;
  do {
    SQB_ASSIGN(const S3ObjectPage page, s3.list(prefix, next, never));
    for (const S3Object& object : page.objects) std::cout << object.size << " x" << hex(object.key) << '\n';
    next = page.next;
  } while (!next.empty());
  return {};
}

Status uploads(S3Client& s3, const std::string& prefix) {
  S3UploadPage page;
  do {
    SQB_ASSIGN(page, s3.list_uploads(prefix, page.next_key, page.next_id, never));
    for (const S3Upload& upload : page.uploads) std::cout << upload.id << " x" << hex(upload.key) << '\n';
  } while (!page.next_key.empty());
  return {};
}

Status head(S3Client& s3, const std::string& key) {
  SQB_ASSIGN(const S3ObjectInfo info, s3.head(key, never));
  std::cout << info.size << '\n' << info.etag << '\n';
  for (const auto& [name, value] : info.metadata) std::cout << name << '=' << value << '\n';
  return {};
}

Status put(S3Client& s3, const std::vector<std::string>& arguments) {
  S3Metadata metadata;
  for (std::size_t i = 3; i < arguments.size(); ++i) {
    const std::size_t equals = arguments[i].find('=');
    metadata.push_back({arguments[i].substr(0, equals), arguments[i].substr(equals + 1)});
  }
  return s3.put(arguments[1], read_file(arguments[2]), metadata, never).status();
}

Status run(const std::vector<std::string>& arguments) {
  const std::string& command = arguments.at(0);
  if (command == "sign") return sign_all();
  ShiftedClock clock;
  const S3Surroundings surroundings{environment, posix_file_env(), curl_http(), clock};
  SQB_ASSIGN(const S3Defaults defaults, s3_defaults("", surroundings));
  S3EndpointSettings endpoint{environment("S3_ENDPOINT").value_or(defaults.endpoint_url),
                              environment("S3_REGION").value_or(defaults.region),
                              {}};
  if (const auto style = environment("S3_PATH_STYLE")) endpoint.path_style = *style == "yes";
  S3CredentialSource credentials({}, surroundings);
  SQB_ASSIGN(const auto s3,
             S3Client::create(environment("S3_BUCKET").value_or(""), endpoint,
                              {curl_http(), clock, credentials, system_sleep, s3_system_random}));
  const std::string& key = arguments.at(1);
  if (command == "put") return put(*s3, arguments);
  if (command == "head") return head(*s3, key);
  if (command == "remove") return s3->remove(key, never);
  if (command == "list") return list(*s3, key);
  if (command == "uploads") return uploads(*s3, key);
  if (command == "abort") return s3->abort_upload(key, arguments.at(2), never);
  if (command == "upload") return upload(*s3, key, read_file(arguments.at(2)), std::stoul(arguments.at(3)));
  if (command == "begin") {
    SQB_ASSIGN(const std::string id, s3->create_upload(key, {}, never));
    std::cout << id << '\n';
    return {};
  }
  SQB_ASSIGN(const S3Bytes bytes, s3->get(key, std::stoull(arguments.at(2)), std::stoull(arguments.at(3)),
                                          arguments.size() > 4 ? arguments[4] : "", never));
  std::cout << bytes.bytes;
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  const Status status = run({argv + 1, argv + argc});
  std::cout << std::flush;
  if (!status.ok()) std::cerr << status.to_string() << '\n';
  return status.ok() ? 0 : 1;
}
