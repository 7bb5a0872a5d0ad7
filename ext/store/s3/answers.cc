#include "store/s3/answers.h"

#include <algorithm>
#include <charconv>

#include "store/s3/uri_encode.h"

namespace sqbackup {
namespace {

Status wrong(std::string_view what) {
  return {Error::kNetwork, "the answer of the object store makes no sense: " + std::string(what) +
                               "; check that the endpoint is that of an object store, and try again"};
}

Status check_root(const S3XmlElement& root, std::string_view name) {
  return root.name == name ? Status() : wrong("it is no " + std::string(name));
}

// Keys come percent-encoded where that was asked for and the store can do it. Then a '+' is a blank.
Result<std::string> key_in(const S3XmlElement& element, std::string_view name, bool is_encoded) {
  std::string text(element.text_of(name));
  if (!is_encoded) return text;
  std::replace(text.begin(), text.end(), '+', ' ');
  auto key = s3_uri_decode(text);
  if (!key) return wrong("a key is not encoded as it says");
  return *std::move(key);
}

Result<bool> is_truncated(const S3XmlElement& root) {
  const std::string_view text = root.text_of("IsTruncated");
  if (text != "true" && text != "false") return wrong("it does not say whether more follows");
  return text == "true";
}

Result<UnixMillis> time_in(const S3XmlElement& element, std::string_view name) {
  const auto time = parse_time(element.text_of(name));
  if (!time) return wrong("a time is none");
  return *time;
}

Result<S3Object> object_in(const S3XmlElement& element, bool is_encoded) {
  S3Object object;
  SQB_ASSIGN(object.key, key_in(element, "Key", is_encoded));
  if (object.key.empty()) return wrong("an object has no key");
  const std::string_view size = element.text_of("Size");
  const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), object.size);
  if (error != std::errc() || end != size.data() + size.size()) return wrong("an object has no size");
  SQB_ASSIGN(object.modified, time_in(element, "LastModified"));
  object.etag = element.text_of("ETag");
  return object;
}

Result<S3Upload> upload_in(const S3XmlElement& element, bool is_encoded) {
  S3Upload upload;
  SQB_ASSIGN(upload.key, key_in(element, "Key", is_encoded));
  upload.id = element.text_of("UploadId");
  if (upload.key.empty() || upload.id.empty()) return wrong("an upload has no key or no id");
  SQB_ASSIGN(upload.initiated, time_in(element, "Initiated"));
  return upload;
}

}  // namespace

std::optional<S3ErrorAnswer> s3_error_answer(const S3XmlElement& root) {
  if (root.name != "Error") return std::nullopt;
  S3ErrorAnswer error;
  error.code = root.text_of("Code");
  error.message = root.text_of("Message");
  error.region = root.text_of("Region");
  error.endpoint = root.text_of("Endpoint");
  error.bucket = root.text_of(root.child("BucketName") != nullptr ? "BucketName" : "Bucket");
  error.request_id = root.text_of("RequestId");
  return error;
}

Result<S3ObjectPage> s3_object_page(const S3XmlElement& root) {
  SQB_TRY(check_root(root, "ListBucketResult"));
  const bool is_encoded = root.text_of("EncodingType") == "url";
  S3ObjectPage page;
  for (const S3XmlElement& element : root.children) {
    if (element.name != "Contents") continue;
    SQB_ASSIGN(S3Object object, object_in(element, is_encoded));
    page.objects.push_back(std::move(object));
  }
  SQB_ASSIGN(const bool truncated, is_truncated(root));
  if (!truncated) return page;
  page.next = root.text_of("NextContinuationToken");
  if (page.next.empty()) return wrong("more follows, and it does not say where");
  return page;
}

Result<S3UploadPage> s3_upload_page(const S3XmlElement& root) {
  SQB_TRY(check_root(root, "ListMultipartUploadsResult"));
  const bool is_encoded = root.text_of("EncodingType") == "url";
  S3UploadPage page;
  for (const S3XmlElement& element : root.children) {
    if (element.name != "Upload") continue;
    SQB_ASSIGN(S3Upload upload, upload_in(element, is_encoded));
    page.uploads.push_back(std::move(upload));
  }
  SQB_ASSIGN(const bool truncated, is_truncated(root));
  if (!truncated) return page;
  SQB_ASSIGN(page.next_key, key_in(root, "NextKeyMarker", is_encoded));
  page.next_id = root.text_of("NextUploadIdMarker");
  if (page.next_key.empty()) return wrong("more follows, and it does not say where");
  return page;
}

Result<std::string> s3_upload_id(const S3XmlElement& root) {
  SQB_TRY(check_root(root, "InitiateMultipartUploadResult"));
  const std::string_view id = root.text_of("UploadId");
  if (id.empty()) return wrong("it has no UploadId");
  return std::string(id);
}

Status s3_check_completed(const S3XmlElement& root) {
  return check_root(root, "CompleteMultipartUploadResult");
}

}  // namespace sqbackup
