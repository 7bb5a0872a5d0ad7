#include "net/webhook.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "codec/base64.h"
#include "codec/hmac.h"
#include "net/url.h"

namespace sqbackup {
namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::size_t kMinSecretBytes = 24;  // of the specification

Status bad_secret(std::string_view what) {
  return {Error::kBadSetting,
          "webhook_secret " + std::string(what) + "; make one with: echo whsec_$(openssl rand -base64 32)"};
}

Result<std::string> key_of(std::string_view secret) {
  std::string key(secret);
  if (secret.starts_with("whsk_") || secret.starts_with("whpk_")) {
    return bad_secret("is a key for ed25519 signatures, and only HMAC signatures are made here");
  }
  if (secret.starts_with(kSecretPrefix)) {
    auto bytes = base64_decode(secret.substr(kSecretPrefix.size()));
    if (!bytes) return bad_secret("begins with whsec_, but what follows is not base64");
    key = std::move(*bytes);
  }
  if (key.size() < kMinSecretBytes) return bad_secret("has less than 24 bytes");
  return key;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

std::string percent_encoded(std::string_view text, std::string_view kept) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c) || kept.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      encoded.append(1, '%').append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    }
  }
  return encoded;
}

// The event is written by hand: to destroy one of the JSON library's objects takes memory, and where there is
// none left that ends the process. Of a string it does not.
std::string quoted(const std::string& text) {
  // Paths and error texts may hold bytes that are no UTF-8: they become U+FFFD.
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string quoted_or_null(const std::string& text) { return text.empty() ? "null" : quoted(text); }

using Members = std::vector<std::pair<std::string, std::string>>;  // names, and values as JSON

std::string json_object(const Members& members) {
  std::string json = "{";
  for (const auto& [name, value] : members) json += (json.size() > 1 ? "," : "") + quoted(name) + ':' + value;
  return json + '}';
}

std::string rfc3339(UnixMillis time) {
  std::string text = format_sql_time(time);
  std::replace(text.begin(), text.end(), ' ', 'T');
  return text + 'Z';
}

// A '.' in it would let one signed content stand for another.
bool is_plain_id(std::string_view id) {
  return !id.empty() &&
         std::all_of(id.begin(), id.end(), [](char c) { return is_unreserved(c) && c != '.'; });
}

}  // namespace

Status check_webhook_secret(std::string_view secret) { return key_of(secret).status(); }

Result<std::string> webhook_signature(std::string_view secret, std::string_view id, std::int64_t timestamp,
                                      std::string_view body) {
  SQB_ASSIGN(const std::string key, key_of(secret));
  std::string content(id);
  content.append(1, '.').append(std::to_string(timestamp)).append(1, '.').append(body);
  SQB_ASSIGN(const HmacSha256 mac, hmac_sha256(as_bytes(key), as_bytes(content)));
  return "v1," + base64_encode(mac);
}

std::string cloud_event_json(const AlertEvent& event) {
  Members details;
  for (const auto& [key, value] : event.data) details.emplace_back(key, quoted(value));
  const Members data = {
      {"database", quoted(event.database)}, {"name", quoted_or_null(event.name)},
      {"run", quoted_or_null(event.run)},   {"ok", event.outcome != AlertOutcome::kFailed ? "true" : "false"},
      {"title", quoted(event.title)},       {"text", quoted(event.text)},
      {"details", json_object(details)}};
  Members members = {
      {"specversion", quoted("1.0")},
      {"id", quoted(event.id)},
      {"source", quoted("file://" + percent_encoded(event.host, "") + percent_encoded(event.database, "/"))},
      {"type", quoted("dev.sqbackup." + event.type)},
      {"time", quoted(rfc3339(event.time))}};
  if (!event.name.empty()) members.emplace_back("subject", quoted(event.name));
  members.emplace_back("datacontenttype", quoted("application/json"));
  members.emplace_back("data", json_object(data));
  return json_object(members);
}

Result<HttpRequest> webhook_request(std::string_view url, std::string_view secret, const AlertEvent& event,
                                    UnixMillis now) {
  SQB_TRY(check_http_url(url));
  if (!is_plain_id(event.id)) {
    return Status(Error::kInternal, "the id of an event is not made of letters, digits, '-' and '_'");
  }
  HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.body = cloud_event_json(event);
  const std::int64_t timestamp = now / 1000;
  request.headers = {{"Content-Type", "application/cloudevents+json; charset=utf-8"},
                     {"webhook-id", event.id},
                     {"webhook-timestamp", std::to_string(timestamp)}};
  if (!secret.empty()) {
    SQB_ASSIGN(std::string signature, webhook_signature(secret, event.id, timestamp, request.body));
    request.headers.push_back({"webhook-signature", std::move(signature)});
  }
  return request;
}

}  // namespace sqbackup
