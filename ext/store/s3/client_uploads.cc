// Multipart uploads.
#include <algorithm>

#include "store/s3/client.h"
#include "store/s3/client_request.h"

namespace sqbackup {
namespace {

constexpr int kMostParts = 10'000;
constexpr std::int64_t kCompletionMillis = 300'000;  // it may put together terabytes

void append_escaped(std::string& xml, std::string_view text) {
  for (const char c : text) {
    if (c == '&') {
      xml += "&amp;";
    } else if (c == '<') {
      xml += "&lt;";
    } else if (c == '>') {
      xml += "&gt;";
    } else {
      xml += c;
    }
  }
}

std::string parts_xml(const std::vector<S3Part>& parts) {
  std::string xml = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (const S3Part& part : parts) {
    xml += "<Part><PartNumber>" + std::to_string(part.number) + "</PartNumber><ETag>";
    append_escaped(xml, part.etag);
    xml += "</ETag></Part>";
  }
  return xml + "</CompleteMultipartUpload>";
}

// None of them prove nothing.
bool has_all(const S3Metadata& metadata, const S3Metadata& expected) {
  return !expected.empty() && std::all_of(expected.begin(), expected.end(), [&](const HttpHeader& value) {
    const std::string* found = s3_metadata_value(metadata, value.name);
    return found != nullptr && *found == value.value;
  });
}

}  // namespace

Result<std::string> S3Client::create_upload(const std::string& key, const S3Metadata& metadata,
                                            const Cancel& cancel) {
  SQB_TRY(check_s3_key(key));
  Request create = request("POST", "beginning to write", key);
  create.query = {{"uploads", ""}};
  create.answers_xml = true;
  create.headers = object_headers_;
  SQB_TRY(create.add_metadata(metadata));
  const std::string subject = create.subject;
  Answer answer;
  SQB_TRY(perform(std::move(create), answer, cancel));
  auto id = s3_upload_id(answer.root);
  return id.ok() ? id : id.status().with_context(subject);
}

Result<S3Part> S3Client::upload_part(const std::string& key, const std::string& id, int number,
                                     std::string body, const Cancel& cancel) {
  SQB_TRY(check_s3_key(key));
  if (number < 1 || number > kMostParts) {
    return Status(Error::kBadArgument, "the parts of an upload have numbers from 1 to 10000");
  }
  Request upload = request("PUT", "writing a part of", key);
  upload.query = {{"partNumber", std::to_string(number)}, {"uploadId", id}};
  S3Part part{number, {}, body.size()};
  upload.body = std::move(body);
  upload.add_md5();
  const std::string subject = upload.subject;
  Answer answer;
  SQB_TRY(perform(std::move(upload), answer, cancel));
  const std::string* etag = answer.response.header("ETag");
  if (etag == nullptr || etag->empty()) {
    return Status(Error::kNetwork, subject + ": the object store gave no ETag for it; try again");
  }
  part.etag = *etag;
  return part;
}

Status S3Client::complete_upload(const std::string& key, const std::string& id,
                                 const std::vector<S3Part>& parts, const S3Metadata& metadata,
                                 const Cancel& cancel) {
  SQB_TRY(check_s3_key(key));
  Request complete = request("POST", "completing", key);
  complete.query = {{"uploadId", id}};
  complete.body = parts_xml(parts);
  complete.answers_xml = true;
  complete.stalled_ms = kCompletionMillis;
  const std::string subject = complete.subject;
  Answer answer;
  Status status = perform(std::move(complete), answer, cancel);
  if (status.ok()) return s3_check_completed(answer.root).with_context(subject);
  if (!status.is(Error::kNoSuchObject) || !answer.repeated) return status;
  // The upload is gone. If that was we, whose answer got lost, the object is there.
  std::uint64_t size = 0;
  for (const S3Part& part : parts) size += part.size;
  const auto info = head(key, cancel);
  return info.ok() && info->size == size && has_all(info->metadata, metadata) ? Status() : status;
}

Status S3Client::abort_upload(const std::string& key, const std::string& id, const Cancel& cancel) {
  SQB_TRY(check_s3_key(key));
  Request abort = request("DELETE", "giving up writing", key);
  abort.query = {{"uploadId", id}};
  Answer answer;
  const Status status = perform(std::move(abort), answer, cancel);
  return status.is(Error::kNoSuchObject) ? Status() : status;
}

Result<S3UploadPage> S3Client::list_uploads(const std::string& prefix, const std::string& next_key,
                                            const std::string& next_id, const Cancel& cancel) {
  Request list = request("GET", "listing the uploads of", prefix);
  list.key.clear();
  // Without encoding-type: Ceph would encode, and not say so.
  list.query = {{"uploads", ""}, {"prefix", prefix}};
  if (!next_key.empty()) list.query.push_back({"key-marker", next_key});
  if (!next_id.empty()) list.query.push_back({"upload-id-marker", next_id});
  list.answers_xml = true;
  list.max_body = kS3LargestXml;
  const std::string subject = list.subject;
  Answer answer;
  SQB_TRY(perform(std::move(list), answer, cancel));
  auto page = s3_upload_page(answer.root);
  if (!page.ok()) return page.status().with_context(subject);
  if (!next_key.empty() && page->next_key == next_key && page->next_id == next_id) {
    return Status(Error::kNetwork, subject + ": what follows is the same page; try again");
  }
  return page;
}

}  // namespace sqbackup
