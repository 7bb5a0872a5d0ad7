// How requests are made: signed, judged, repeated. Which there are: client_objects.cc, client_uploads.cc.
#include "store/s3/client.h"

#include <algorithm>

#include "codec/base64.h"
#include "codec/md5.h"
#include "codec/sha256.h"
#include "store/s3/client_request.h"

namespace sqbackup {
namespace {

using Next = S3Verdict::Next;

constexpr std::int64_t kConnectMillis = 10'000;
constexpr std::int64_t kBaseMillis = 60'000;
constexpr std::int64_t kSlowestBytesPerMilli = 32;

// Bounded by a rate that no link that is of use falls below.
HttpTimeouts timeouts(std::size_t bytes, std::int64_t stalled_ms) {
  const auto transfer = static_cast<std::int64_t>(bytes) / kSlowestBytesPerMilli;
  return {kConnectMillis, stalled_ms, kBaseMillis + stalled_ms + transfer};
}

// The body as XML where it is: errors of S3 are, those of a proxy before it are not.
Result<S3XmlElement> xml_of(const HttpResponse& response) {
  if (!response.body_cut) return parse_s3_xml(response.body);
  return Status(Error::kNetwork, "the answer is longer than any that S3 gives; check the endpoint");
}

}  // namespace

S3Client::S3Client(std::string bucket, std::string region, S3Endpoint endpoint, S3World world,
                   S3RetryPolicy retry, std::vector<HttpHeader> object_headers)
    : bucket_(std::move(bucket)),
      region_(std::move(region)),
      endpoint_(std::move(endpoint)),
      world_(std::move(world)),
      retry_(retry),
      object_headers_(std::move(object_headers)) {}

Result<std::unique_ptr<S3Client>> S3Client::create(const std::string& bucket,
                                                   const S3EndpointSettings& endpoint, S3World world,
                                                   const S3RetryPolicy& retry,
                                                   std::vector<HttpHeader> object_headers) {
  SQB_ASSIGN(S3Endpoint place, S3Endpoint::create(bucket, endpoint));
  return std::unique_ptr<S3Client>(new S3Client(bucket, endpoint.region, std::move(place), std::move(world),
                                                retry, std::move(object_headers)));
}

S3Client::Request S3Client::request(const char* method, const char* doing, const std::string& key) const {
  Request request;
  request.method = method;
  request.subject = std::string(doing) + " s3://" + bucket_ + '/' + s3_shown(key);
  request.key = key;
  return request;
}

Status S3Client::Request::add_metadata(const S3Metadata& metadata) {
  for (const HttpHeader& value : metadata) {
    const std::string text = value.name + value.value;
    if (std::any_of(text.begin(), text.end(), [](char c) { return c < 0x20 || c > 0x7e; })) {
      return {Error::kBadArgument, "the metadata of an object holds something else than printable ASCII"};
    }
    headers.push_back({"x-amz-meta-" + value.name, value.value});
  }
  return {};
}

void S3Client::Request::add_md5() {
  if (const std::string hash = md5(as_bytes(body)); !hash.empty()) {
    headers.push_back({"Content-MD5", base64_encode(as_bytes(hash))});
  }
}

Status S3Client::perform(Request request, Answer& answer, const Cancel& cancel) {
  HttpRequest sent;
  sent.method = request.method;
  sent.url = endpoint_.url(request.key, request.query);
  sent.timeouts = timeouts(request.body.size() + request.max_body, request.stalled_ms);
  sent.max_body = request.max_body;
  SQB_ASSIGN(request.payload_sha256, sha256_hex(as_bytes(request.body)));
  request.headers.push_back({"x-amz-content-sha256", request.payload_sha256});
  sent.body = std::move(request.body);

  bool clock_adopted = false;
  bool credentials_renewed = false;
  for (int made = 1;; ++made) {
    std::shared_ptr<const S3Credentials> credentials;
    S3Verdict verdict = attempt(request, sent, answer, credentials, cancel);
    if (verdict.status.ok()) return {};
    if (verdict.next == Next::kAdoptClock && !clock_adopted) {
      clock_adopted = true;
      adopt_clock(answer.response);
      continue;
    }
    if (verdict.next == Next::kNewCredentials && !credentials_renewed) {
      credentials_renewed = true;
      world_.credentials.renew(credentials);
      continue;
    }
    if (verdict.next != Next::kTryAgain || made >= retry_.attempts) return verdict.status;
    answer.repeated = true;
    const std::int64_t asked = retry_after_millis(answer.response, retry_.longest_retry_after_ms);
    SQB_TRY(s3_wait(s3_pause_millis(retry_, made, asked, world_.random), world_.clock, world_.sleep, cancel)
                .with_context(request.subject));
  }
}

S3Verdict S3Client::attempt(const Request& request, HttpRequest& sent, Answer& answer,
                            std::shared_ptr<const S3Credentials>& credentials, const Cancel& cancel) {
  answer.response = {};
  const auto failed = [&](const Status& status) -> S3Verdict {
    return {status.with_context(request.subject),
            status.is(Error::kNetwork) ? Next::kTryAgain : Next::kGiveUp};
  };
  if (cancel()) return failed(Status(Error::kInterrupted, "stopped"));
  auto found = world_.credentials.get(cancel);
  if (!found.ok()) return failed(found.status());
  credentials = *found;
  const UnixMillis time = world_.clock.now() + skew_millis_;
  auto added = s3_sign({request.method, endpoint_.host(), endpoint_.path(request.key), request.query,
                        request.headers, request.payload_sha256},
                       *credentials, {region_, time});
  if (!added.ok()) return failed(added.status());
  sent.headers = request.headers;
  sent.headers.insert(sent.headers.end(), added->begin(), added->end());
  auto response = world_.http.send(sent, cancel);
  if (!response.ok()) return failed(response.status());
  answer.response = std::move(response).value();

  const bool success = answer.response.status >= 200 && answer.response.status < 300;
  std::optional<S3ErrorAnswer> error;
  if ((!success && !answer.response.body.empty()) || (success && request.answers_xml)) {
    auto root = xml_of(answer.response);
    if (!root.ok() && success) return failed(root.status());
    if (root.ok()) {
      answer.root = std::move(root).value();
      error = s3_error_answer(answer.root);
    }
  }
  if (!success && !error && request.method != "HEAD") error.emplace();  // of somebody in between
  return s3_judge({request.subject, bucket_, region_, endpoint_.host(), time}, answer.response, error);
}

void S3Client::adopt_clock(const HttpResponse& response) {
  const std::string* date = response.header("Date");
  if (date == nullptr) return;
  if (const auto time = parse_http_date(*date)) skew_millis_ = *time - world_.clock.now();
}

}  // namespace sqbackup
