// FakeS3: a bucket in memory behind an HttpTransport, which can fail as the network and stores do. And a
// store on it, on a clock on which sleeping costs nothing.
#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <set>

#include "base/mutex.h"
#include "codec/md5.h"
#include "store/s3/s3_store.h"
#include "support/byte_streams.h"
#include "support/memory_file.h"
#include "unit/store/s3/client_fixture.h"

namespace sqbackup_test {

enum class S3Fault {
  kNone,
  kNoAnswer,    // what was asked is not done
  kLostAnswer,  // it is
  k503,
  k500,
  k403,
  kError200,   // a success with an error in it, and nothing is done
  kTruncated,  // half of the answer's body; done
  kWrongEtag,
  kOtherSize,  // what HEAD shows
  kOtherSha256,
  kLost,  // a success, and nothing was done
};

struct FakeObject {
  std::string bytes;
  std::vector<HttpHeader> headers;  // x-amz-*
  std::string etag = {};            // empty: by its bytes
};

class FakeS3 : public HttpTransport {
 public:
  Result<HttpResponse> send(const HttpRequest& request, const Cancel& cancel) override;

  // Decides of each request, by its number from 1 on, what happens to it. With the mutex held.
  std::function<S3Fault(std::size_t number, const HttpRequest& request)> fault;
  std::function<void(const HttpRequest& request)> before;  // without the mutex, on the thread that asks
  std::size_t page = 1000;

  // These are for when nobody asks.
  std::map<std::string, FakeObject> objects;
  struct Begun {
    std::string key;
    std::vector<HttpHeader> headers;
    std::map<int, FakeObject> parts;
  };
  std::map<std::string, Begun> uploads;  // by id
  std::vector<std::string> log;          // "PUT key?query"
  std::atomic<int> at_once = 0;
  std::atomic<int> most_at_once = 0;

 private:
  struct Asked {
    std::string method;
    std::string key;
    std::map<std::string, std::string> query;
    const HttpRequest& request;
    const std::string* header(std::string_view name) const;
    std::vector<HttpHeader> kept() const;
  };

  static Asked understand(const HttpRequest& request);
  HttpResponse perform(const Asked& asked);
  HttpResponse read(const Asked& asked);
  HttpResponse complete(const Asked& asked);
  HttpResponse list(const Asked& asked) const;
  HttpResponse list_uploads(const Asked& asked) const;

  Mutex mutex_;
  std::size_t requests_ = 0;
  int ids_ = 0;
};

inline std::string etag_of(std::string_view bytes) {
  return '"' + to_hex(as_bytes(md5(as_bytes(bytes)))) + '"';
}

inline const std::string* FakeS3::Asked::header(std::string_view name) const {
  const auto found = std::find_if(request.headers.begin(), request.headers.end(),
                                  [&](const HttpHeader& header) { return header.name == name; });
  return found == request.headers.end() ? nullptr : &found->value;
}

inline std::vector<HttpHeader> FakeS3::Asked::kept() const {
  std::vector<HttpHeader> headers;
  for (const HttpHeader& header : request.headers) {
    if (header.name.starts_with("x-amz-") && header.name != "x-amz-date" &&
        header.name != "x-amz-content-sha256") {
      headers.push_back(header);
    }
  }
  return headers;
}

inline FakeS3::Asked FakeS3::understand(const HttpRequest& request) {
  const std::string place = "https://store.example/bucket";
  std::string_view rest = std::string_view(request.url).substr(place.size());
  const std::size_t mark = std::min(rest.find('?'), rest.size());
  Asked asked{request.method, s3_uri_decode(rest.substr(0, mark)).value(), {}, request};
  if (!asked.key.empty()) asked.key.erase(0, 1);
  for (std::size_t at = mark + 1; at < rest.size();) {
    const std::size_t end = std::min(rest.find('&', at), rest.size());
    const std::string_view pair = rest.substr(at, end - at);
    const std::size_t equals = pair.find('=');
    asked.query[s3_uri_decode(pair.substr(0, equals)).value()] =
        s3_uri_decode(pair.substr(equals + 1)).value();
    at = end + 1;
  }
  return asked;
}

inline HttpResponse FakeS3::read(const Asked& asked) {
  const auto found = objects.find(asked.key);
  if (found == objects.end()) return asked.method == "HEAD" ? answer(404) : s3_error(404, "NoSuchKey");
  const std::string& bytes = found->second.bytes;
  const std::string etag = found->second.etag.empty() ? etag_of(bytes) : found->second.etag;
  HttpResponse response = answer(200, found->second.headers);
  response.headers.push_back({"ETag", etag});
  response.headers.push_back({"Last-Modified", "Fri, 20 Nov 2026 10:30:00 GMT"});
  if (asked.method == "HEAD") {
    response.headers.push_back({"Content-Length", std::to_string(bytes.size())});
    return response;
  }
  const std::string* match = asked.header("If-Match");
  if (match != nullptr && *match != etag) return s3_error(412, "PreconditionFailed");
  std::size_t dash = 0;
  const std::string range = asked.header("Range")->substr(6);
  const std::size_t first = std::stoull(range, &dash);
  if (first >= bytes.size()) return s3_error(416, "InvalidRange");
  const std::size_t last = std::min<std::size_t>(std::stoull(range.substr(dash + 1)), bytes.size() - 1);
  response.status = 206;
  response.headers.push_back({"Content-Range", "bytes " + std::to_string(first) + '-' + std::to_string(last) +
                                                   '/' + std::to_string(bytes.size())});
  response.body = bytes.substr(first, last - first + 1);
  return response;
}

inline HttpResponse FakeS3::complete(const Asked& asked) {
  const auto found = uploads.find(asked.query.at("uploadId"));
  if (found == uploads.end()) return s3_error(404, "NoSuchUpload");
  const auto root = parse_s3_xml(asked.request.body);
  FakeObject object{{}, found->second.headers, "\"of-" + found->first + '"'};
  for (const S3XmlElement& part : root->children) {
    const auto stored = found->second.parts.find(std::stoi(std::string(part.text_of("PartNumber"))));
    const bool known = stored != found->second.parts.end();
    if (!known || part.text_of("ETag") != stored->second.etag) return s3_error(400, "InvalidPart");
    object.bytes += stored->second.bytes;
  }
  objects[asked.key] = std::move(object);
  uploads.erase(found);
  return answer(200, {}, "<CompleteMultipartUploadResult><ETag></ETag></CompleteMultipartUploadResult>");
}

inline HttpResponse FakeS3::list(const Asked& asked) const {
  const std::string prefix = asked.query.at("prefix");
  const auto token = asked.query.find("continuation-token");
  std::string xml = "<ListBucketResult><EncodingType>url</EncodingType>";
  std::string last;
  std::size_t count = 0;
  for (auto at = objects.lower_bound(prefix); at != objects.end() && at->first.starts_with(prefix); ++at) {
    if (token != asked.query.end() && at->first <= token->second) continue;
    if (count++ == page) {
      return answer(200, {},
                    xml + "<IsTruncated>true</IsTruncated><NextContinuationToken>" + s3_uri_encode(last) +
                        "</NextContinuationToken></ListBucketResult>");
    }
    last = at->first;
    xml += "<Contents><Key>" + s3_uri_encode(last) + "</Key><Size>" +
           std::to_string(at->second.bytes.size()) +
           "</Size><LastModified>2026-11-20T10:30:00.000Z</LastModified></Contents>";
  }
  return answer(200, {}, xml + "<IsTruncated>false</IsTruncated></ListBucketResult>");
}

inline HttpResponse FakeS3::list_uploads(const Asked& asked) const {
  const std::string prefix = asked.query.at("prefix");
  std::set<std::pair<std::string, std::string>> sorted;
  for (const auto& [id, begun] : uploads) {
    if (begun.key.starts_with(prefix)) sorted.emplace(begun.key, id);
  }
  const auto value = [&](const char* name) {
    const auto found = asked.query.find(name);
    return found == asked.query.end() ? std::string() : found->second;
  };
  auto at = sorted.upper_bound({value("key-marker"), value("upload-id-marker")});
  std::string xml = "<ListMultipartUploadsResult>";
  std::string markers;
  for (std::size_t count = 0; at != sorted.end() && count < page; ++at, ++count) {
    xml += "<Upload><Key>" + at->first + "</Key><UploadId>" + at->second +
           "</UploadId><Initiated>2026-11-20T10:30:00.000Z</Initiated></Upload>";
    markers = "<NextKeyMarker>" + at->first + "</NextKeyMarker><NextUploadIdMarker>" + at->second +
              "</NextUploadIdMarker>";
  }
  const bool more = at != sorted.end();
  return answer(200, {},
                xml + "<IsTruncated>" + (more ? "true</IsTruncated>" + markers : "false</IsTruncated>") +
                    "</ListMultipartUploadsResult>");
}

inline HttpResponse FakeS3::perform(const Asked& asked) {
  const bool of_upload = asked.query.count("uploadId") != 0;
  if (asked.key.empty()) return asked.query.count("uploads") != 0 ? list_uploads(asked) : list(asked);
  if (asked.method == "GET" || asked.method == "HEAD") return read(asked);
  if (asked.method == "POST" && of_upload) return complete(asked);
  if (asked.method == "POST") {
    const std::string id = "id" + std::to_string(++ids_);
    uploads[id] = {asked.key, asked.kept(), {}};
    return answer(
        200, {},
        "<InitiateMultipartUploadResult><UploadId>" + id + "</UploadId></InitiateMultipartUploadResult>");
  }
  const auto upload = of_upload ? uploads.find(asked.query.at("uploadId")) : uploads.end();
  if (of_upload && upload == uploads.end()) return s3_error(404, "NoSuchUpload");
  if (asked.method == "DELETE") {
    if (of_upload) uploads.erase(upload);
    if (!of_upload) objects.erase(asked.key);
    return answer(204);
  }
  if (asked.query.count("retention") != 0) {
    objects.at(asked.key).headers.push_back({"retention", asked.request.body});
    return answer(200);
  }
  FakeObject sent{asked.request.body, asked.kept(), etag_of(asked.request.body)};
  const std::string etag = sent.etag;
  if (of_upload) upload->second.parts[std::stoi(asked.query.at("partNumber"))] = std::move(sent);
  if (!of_upload) objects[asked.key] = std::move(sent);
  return answer(200, {{"ETag", etag}});
}

inline Result<HttpResponse> FakeS3::send(const HttpRequest& request, const Cancel& cancel) {
  const int now = ++at_once;
  for (int most = most_at_once; now > most && !most_at_once.compare_exchange_weak(most, now);) {
  }
  if (before) before(request);
  MutexLock lock(mutex_);
  --at_once;
  if (cancel()) return Status(Error::kInterrupted, "stopped while https://store.example was being spoken to");
  const Asked asked = understand(request);
  const std::size_t query = request.url.find('?');
  log.push_back(asked.method + ' ' + asked.key +
                (query == std::string::npos ? "" : request.url.substr(query)));
  const S3Fault wrong = fault ? fault(++requests_, request) : S3Fault::kNone;
  if (wrong == S3Fault::kNoAnswer) return network_error("no route");
  if (wrong == S3Fault::k503) return s3_error(503, "SlowDown");
  if (wrong == S3Fault::k500) return s3_error(500, "InternalError");
  if (wrong == S3Fault::k403) return s3_error(403, "AccessDenied");
  if (wrong == S3Fault::kError200) return s3_error(200, "InternalError");
  if (wrong == S3Fault::kLost) return answer(200, {{"ETag", "\"e\""}, {"Content-Length", "0"}});
  HttpResponse response = perform(asked);
  if (cancel()) return Status(Error::kInterrupted, "stopped while the answer was on its way");
  if (wrong == S3Fault::kLostAnswer) return network_error("reset");
  if (wrong == S3Fault::kTruncated) response.body.resize(response.body.size() / 2);
  for (HttpHeader& header : response.headers) {
    if (wrong == S3Fault::kWrongEtag && header.name == "ETag") header.value = "\"wrong\"";
    if (wrong == S3Fault::kOtherSize && header.name == "Content-Length") header.value = "12345";
    if (wrong == S3Fault::kOtherSha256 && header.name == "x-amz-meta-sha256")
      header.value = std::string(64, '0');
  }
  return response;
}

// Safe for several threads.
class PassingClock : public Clock {
 public:
  UnixMillis now() override { return 1'795'170'600'000 + slept; }
  double monotonic_seconds() override { return static_cast<double>(slept) / 1000; }
  std::atomic<std::int64_t> slept = 0;
};

struct StoreFixture {
  FakeS3 http;
  PassingClock clock;
  S3CredentialSource credentials{{},
                                 {[](const char* name) -> std::optional<std::string> {
                                    const bool has = std::string(name).starts_with("AWS_ACCESS") ||
                                                     std::string(name).starts_with("AWS_SECRET");
                                    return has ? std::optional<std::string>("secret-1") : std::nullopt;
                                  },
                                  posix_file_env(), http, clock}};

  S3World world() {
    return {http, clock, credentials, [this](std::int64_t millis) { clock.slept += millis; },
            [](std::uint64_t most) { return most; }};
  }
  static S3StoreOptions options(const std::string& url = "s3://bucket/p") {
    S3StoreOptions options;
    options.url = url;
    options.endpoint = {"https://store.example", "eu-central-1", {}};
    return options;
  }
  std::unique_ptr<S3Store> open(const S3StoreOptions& given = options()) {
    auto made = S3Store::create(given, world());
    REQUIRE(made.ok());
    return std::move(made).value();
  }
};

}  // namespace sqbackup_test
