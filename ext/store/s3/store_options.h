// The options of an S3Store as headers. Internal to store/s3. Source: the headers of PutObject in the Amazon
// S3 API Reference.
#pragma once

#include <vector>

#include "store/s3/s3_store.h"

namespace sqbackup {

// What every new object is sent with. kBadSetting.
Result<std::vector<HttpHeader>> s3_object_headers(const S3StoreOptions& options, UnixMillis now);

// Of the same options, checked: an empty mode where there is none.
S3Lock s3_lock(const S3StoreOptions& options);

}  // namespace sqbackup
