// Requests about one object, and lists of them.
#include <algorithm>
#include <charconv>

#include "net/url.h"
#include "store/s3/client.h"
#include "store/s3/client_request.h"

namespace sqbackup {
namespace {

constexpr std::uint64_t kLargestRange = std::uint64_t{5} << 30;
constexpr std::string_view kMetadataPrefix = "x-amz-meta-";

Status wrong(const std::string& subject, std::string_view what) {
  return {Error::kNetwork,
          subject + ": the answer of the object store makes no sense: " + std::string(what) + "; try again"};
}

bool take_number(std::string_view& text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  std::uint64_t size = 0;
};

// "bytes 0-9/100"
std::optional<ContentRange> content_range(const std::string* header) {
  if (header == nullptr) return std::nullopt;
  std::string_view text = *header;
  ContentRange range;
  const bool whole = take(text, "bytes ") && take_number(text, range.first) && take(text, "-") &&
                     take_number(text, range.last) && take(text, "/") && take_number(text, range.size);
  if (!whole || !text.empty() || range.last < range.first || range.last >= range.size) return std::nullopt;
  return range;
}

std::string header_of(const HttpResponse& response, std::string_view name) {
  const std::string* value = response.header(name);
  return value == nullptr ? std::string() : *value;
}

}  // namespace

const std::string* s3_metadata_value(const S3Metadata& metadata, std::string_view name) {
  const auto found = std::find_if(metadata.begin(), metadata.end(),
                                  [&](const HttpHeader& value) { return value.name == name; });
  return found == metadata.end() ? nullptr : &found->value;
}

Result<std::string> S3Client::put(const std::string& key, std::string body, const S3Metadata& metadata,
                                  const Cancel& cancel) {
  SQB_TRY(check_s3_key(key));
  Request put = request("PUT", "writing", key);
  put.body = std::move(body);
  put.headers = object_headers_;
  put.add_md5();
  SQB_TRY(put.add_metadata(metadata));
  Answer answer;
  SQB_TRY(perform(std::move(put), answer, cancel));
  return header_of(answer.response, "ETag");
}

Result<S3Bytes> S3Client::get(const std::string& key, std::uint64_t offset, std::uint64_t length,
                              const std::string& etag, const Cancel& cancel) {
  SQB_TRY(check_s3_key(key));
  if (length == 0 || length > kLargestRange || offset > UINT64_MAX - length) {
    return Status(Error::kBadArgument, "a range of an object has from one byte to 5 GiB");
  }
  Request get = request("GET", "reading", key);
  get.headers.push_back(
      {"Range", "bytes=" + std::to_string(offset) + '-' + std::to_string(offset + length - 1)});
  if (!etag.empty()) get.headers.push_back({"If-Match", etag});
  const std::string subject = get.subject;
  get.max_body = std::max<std::size_t>(length, get.max_body);  // an error may be longer than the range
  Answer answer;
  SQB_TRY(perform(std::move(get), answer, cancel));
  S3Bytes result{std::move(answer.response.body), 0, header_of(answer.response, "ETag")};
  if (answer.response.status != 206) {
    // Somebody who knows no ranges: it does for the whole object.
    result.object_size = result.bytes.size();
    if (offset == 0 && result.bytes.size() <= length && !answer.response.body_cut) return result;
    return Status(Error::kServerRefused, subject + ": the store knows no ranges; use another one");
  }
  const auto range = content_range(answer.response.header("Content-Range"));
  if (!range || range->first != offset || range->last != std::min(offset + length, range->size) - 1 ||
      result.bytes.size() != range->last - range->first + 1) {
    return wrong(subject, "it is not the range that was asked for");
  }
  result.object_size = range->size;
  return result;
}

Result<S3ObjectInfo> S3Client::head(const std::string& key, const Cancel& cancel) {
  SQB_TRY(check_s3_key(key));
  Request head = request("HEAD", "looking at", key);
  const std::string subject = head.subject;
  Answer answer;
  SQB_TRY(perform(std::move(head), answer, cancel));
  S3ObjectInfo info;
  const std::string length = header_of(answer.response, "Content-Length");
  std::string_view digits = length;
  if (!take_number(digits, info.size) || !digits.empty()) return wrong(subject, "it has no length");
  info.modified = parse_http_date(header_of(answer.response, "Last-Modified")).value_or(0);
  info.etag = header_of(answer.response, "ETag");
  for (const HttpHeader& header : answer.response.headers) {
    const std::string_view name = header.name;
    if (!equal_in_any_case(name.substr(0, kMetadataPrefix.size()), kMetadataPrefix)) continue;
    std::string short_name(name.substr(kMetadataPrefix.size()));
    for (char& c : short_name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    info.metadata.push_back({std::move(short_name), header.value});
  }
  return info;
}

Status S3Client::remove(const std::string& key, const Cancel& cancel) {
  SQB_TRY(check_s3_key(key));
  Answer answer;
  const Status status = perform(request("DELETE", "removing", key), answer, cancel);
  return status.is(Error::kNoSuchObject) ? Status() : status;
}

Status S3Client::lock(const std::string& key, const S3Lock& lock, const Cancel& cancel) {
  SQB_TRY(check_s3_key(key));
  Request put = request("PUT", "locking", key);
  put.query = {{"retention", ""}};
  put.body = "<Retention xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Mode>" + lock.mode +
             "</Mode><RetainUntilDate>" + lock.until + "</RetainUntilDate></Retention>";
  put.add_md5();
  Answer answer;
  return perform(std::move(put), answer, cancel);
}

Result<S3ObjectPage> S3Client::list(const std::string& prefix, const std::string& next,
                                    const Cancel& cancel) {
  Request list = request("GET", "listing", prefix);
  list.key.clear();
  list.query = {{"list-type", "2"}, {"encoding-type", "url"}, {"prefix", prefix}};
  if (!next.empty()) list.query.push_back({"continuation-token", next});
  list.answers_xml = true;
  list.max_body = kS3LargestXml;
  const std::string subject = list.subject;
  Answer answer;
  SQB_TRY(perform(std::move(list), answer, cancel));
  auto page = s3_object_page(answer.root);
  if (!page.ok()) return page.status().with_context(subject);
  // Who follows it would go round for ever.
  if (!next.empty() && page->next == next) return wrong(subject, "what follows is the same page");
  return page;
}

}  // namespace sqbackup
