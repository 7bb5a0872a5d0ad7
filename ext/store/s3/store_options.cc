#include "store/s3/store_options.h"

#include <algorithm>

namespace sqbackup {
namespace {

constexpr std::size_t kLongestClass = 64;
constexpr std::size_t kLongestKmsKey = 2'048;

Status bad(const std::string& what) { return {Error::kBadSetting, what}; }

Status check_storage_class(const std::string& name) {
  const bool known =
      name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
      std::string::npos;
  if (!known || name.size() > kLongestClass) return bad("the storage class is a name such as STANDARD_IA");
  if (name != "GLACIER" && name != "DEEP_ARCHIVE") return {};
  return bad("objects of the storage class " + name +
             " cannot be read at once, as verifying and restoring need it; use GLACIER_IR or STANDARD_IA, or "
             "move old objects by a lifecycle rule of the bucket");
}

Status check_encryption(const S3StoreOptions& options) {
  const bool by_kms = options.encryption == "aws:kms" || options.encryption == "aws:kms:dsse";
  if (!options.encryption.empty() && options.encryption != "AES256" && !by_kms) {
    return bad("the server-side encryption is AES256, aws:kms or aws:kms:dsse");
  }
  if (options.kms_key_id.empty()) return {};
  if (!by_kms) return bad("a KMS key needs the server-side encryption aws:kms or aws:kms:dsse");
  const bool printable = std::all_of(options.kms_key_id.begin(), options.kms_key_id.end(),
                                     [](char c) { return c > 0x20 && c < 0x7f; });
  if (printable && options.kms_key_id.size() <= kLongestKmsKey) return {};
  return bad("the id of a KMS key is printable ASCII without blanks, at most 2048 bytes");
}

Status check_lock(const S3StoreOptions& options, UnixMillis now) {
  const std::string& mode = options.lock_mode;
  if (mode.empty() && options.retain_until == 0) return {};
  if (mode != "GOVERNANCE" && mode != "COMPLIANCE") return bad("object lock is GOVERNANCE or COMPLIANCE");
  if (options.retain_until > now) return {};
  return bad("object lock needs a time in the future until which objects are locked");
}

// "2026-11-20T10:30:00Z"
std::string xml_time(UnixMillis time) {
  std::string text = format_sql_time(time).substr(0, 19) + 'Z';
  text[10] = 'T';
  return text;
}

}  // namespace

Result<std::vector<HttpHeader>> s3_object_headers(const S3StoreOptions& options, UnixMillis now) {
  SQB_TRY(check_storage_class(options.storage_class));
  SQB_TRY(check_encryption(options));
  SQB_TRY(check_lock(options, now));
  std::vector<HttpHeader> headers;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) headers.push_back({name, value});
  };
  add("x-amz-storage-class", options.storage_class);
  add("x-amz-server-side-encryption", options.encryption);
  add("x-amz-server-side-encryption-aws-kms-key-id", options.kms_key_id);
  const S3Lock lock = s3_lock(options);
  add("x-amz-object-lock-mode", lock.mode);
  add("x-amz-object-lock-retain-until-date", lock.until);
  return headers;
}

S3Lock s3_lock(const S3StoreOptions& options) {
  if (options.lock_mode.empty()) return {};
  return {options.lock_mode, xml_time(options.retain_until)};
}

}  // namespace sqbackup
