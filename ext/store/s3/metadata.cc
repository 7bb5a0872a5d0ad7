#include "store/s3/metadata.h"

#include <nlohmann/json.hpp>

#include "net/url.h"
#include "store/s3/uri_encode.h"

namespace sqbackup {
namespace {

constexpr HttpTimeouts kTimeouts = {1'000, 2'000, 5'000};  // it is next door: no proxy is told of it either
constexpr const char* kRolePath = "/latest/meta-data/iam/security-credentials/";

Status none(const std::string& what) { return {Error::kNoCredentials, what}; }

Status senseless() {
  return none("the answer of the metadata service holds no credentials; look at the role that it gives");
}

// What may hold a secret is wiped before its memory is given back.
struct Answer {
  explicit Answer(std::string text) : body(std::move(text)) {}
  ~Answer() { wipe({reinterpret_cast<std::uint8_t*>(body.data()), body.size()}); }
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;
  std::string body;
};

HttpRequest request_to(const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.timeouts = kTimeouts;
  request.direct = true;
  return request;
}

enum class Service { kIsThere, kMayBeMissing };

Result<std::string> body_of(const HttpRequest& request, Service service, HttpTransport& http,
                            const Cancel& cancel) {
  Result<HttpResponse> response = http.send(request, cancel);
  if (!response.ok()) {
    const Status status = response.status().with_context("no metadata service answers");
    const bool nobody = service == Service::kMayBeMissing && status.is(Error::kNetwork);
    return nobody ? none(status.message()) : status;
  }
  if (response->status == 200 && !response->body_cut) return std::move(response->body);
  const std::string text =
      "the metadata service " + shown_url(request.url) + " answered " + std::to_string(response->status);
  if (response->status == 429 || response->status >= 500) {
    return Status(Error::kNetwork, text + "; try again in a while");
  }
  return none(text + ": no role gives credentials here");
}

Result<S3Credentials> parsed(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return senseless();
  const auto text = [&](const char* key) -> std::string_view {
    const auto found = json.find(key);
    if (found == json.end() || !found->is_string()) return {};
    return found->get_ref<const std::string&>();
  };
  if (const std::string_view code = text("Code"); !code.empty() && code != "Success") return senseless();
  S3Credentials credentials;
  credentials.access_key_id = text("AccessKeyId");
  credentials.secret_access_key = Secret(as_bytes(text("SecretAccessKey")));
  credentials.session_token = Secret(as_bytes(text("Token")));
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty()) return senseless();
  if (const std::string_view expires = text("Expiration"); !expires.empty()) {
    credentials.expires = parse_time(expires);
    if (!credentials.expires) return senseless();
  }
  return credentials;
}

Result<S3Credentials> credentials_from(const HttpRequest& request, HttpTransport& http,
                                       const Cancel& cancel) {
  SQB_ASSIGN(std::string body, body_of(request, Service::kIsThere, http, cancel));
  const Answer answer(std::move(body));
  return parsed(answer.body);
}

bool may_be_told(const Url& url) {
  return url.scheme == "https" || is_loopback(url) || url.host == "169.254.170.2" ||
         url.host == "169.254.170.23" || equal_in_any_case(url.host, "[fd00:ec2::23]");
}

}  // namespace

Result<S3Credentials> s3_container_credentials(const std::string& url, const Secret& authorization,
                                               HttpTransport& http, const Cancel& cancel) {
  SQB_TRY(check_http_url(url).with_context("AWS_CONTAINER_CREDENTIALS_FULL_URI"));
  SQB_ASSIGN(const Url parts, parse_url(url));
  if (!may_be_told(parts)) {
    return Status(Error::kBadSetting,
                  "AWS_CONTAINER_CREDENTIALS_FULL_URI leads to a server that is not on this machine, without "
                  "encryption; use https://");
  }
  HttpRequest request = request_to(url);
  if (!authorization.empty()) request.headers.push_back({"Authorization", std::string(authorization.text())});
  return credentials_from(request, http, cancel);
}

Result<S3Credentials> s3_instance_credentials(const std::string& base_url, HttpTransport& http,
                                              const Cancel& cancel) {
  HttpRequest request = request_to(base_url + "/latest/api/token");
  request.method = "PUT";
  request.headers = {{"X-aws-ec2-metadata-token-ttl-seconds", "21600"}};
  SQB_ASSIGN(std::string token, body_of(request, Service::kMayBeMissing, http, cancel));
  request.method = "GET";
  request.headers = {{"X-aws-ec2-metadata-token", std::move(token)}};
  request.url = base_url + kRolePath;
  SQB_ASSIGN(std::string role, body_of(request, Service::kIsThere, http, cancel));
  role = role.substr(0, role.find_first_of("\r\n"));
  if (role.empty()) return none("this machine has no role that gives credentials");
  request.url = base_url + kRolePath + s3_uri_encode(role);
  return credentials_from(request, http, cancel);
}

}  // namespace sqbackup
