// Answers of object stores: whatever the bytes, they are refused with a message of moderate length, or what
// was taken from them is whole.
#include <cstdint>
#include <cstdlib>

#include "store/s3/answers.h"

namespace {

using namespace sqbackup;

void require(bool holds) {
  if (!holds) std::abort();
}

template <typename T>
bool taken(const Result<T>& result) {
  require(result.ok() || result.status().message().size() <= 300);
  return result.ok();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto root = parse_s3_xml({reinterpret_cast<const char*>(data), size});
  if (!taken(root)) return 0;
  require(!root->name.empty());
  const auto objects = s3_object_page(*root);
  if (taken(objects)) {
    for (const S3Object& object : objects->objects) require(!object.key.empty());
  }
  const auto uploads = s3_upload_page(*root);
  if (taken(uploads)) {
    for (const S3Upload& upload : uploads->uploads) require(!upload.key.empty() && !upload.id.empty());
  }
  const auto id = s3_upload_id(*root);
  if (taken(id)) require(!id->empty());
  require(!s3_check_completed(*root).ok() || !s3_error_answer(*root));
  require(s3_error_answer(*root).has_value() == (root->name == "Error"));
  return 0;
}
