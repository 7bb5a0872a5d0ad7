#include "store/s3/s3_store.h"

#include <algorithm>

#include "codec/sha256.h"
#include "store/s3/download.h"
#include "store/s3/store_options.h"
#include "store/s3/upload.h"

namespace sqbackup {
namespace {

struct Found {
  std::string key;
  std::string id;
};

}  // namespace

S3Store::S3Store(std::unique_ptr<S3Client> client, S3Location location, S3Lock lock, Clock& clock)
    : client_(std::move(client)), location_(std::move(location)), lock_(std::move(lock)), clock_(clock) {}

Result<std::unique_ptr<S3Store>> S3Store::create(const S3StoreOptions& options, const S3World& world,
                                                 const S3RetryPolicy& retry) {
  SQB_ASSIGN(S3Location location, parse_s3_url(options.url));
  SQB_ASSIGN(auto headers, s3_object_headers(options, world.clock.now()));
  SQB_ASSIGN(auto client,
             S3Client::create(location.bucket, options.endpoint, world, retry, std::move(headers)));
  return std::unique_ptr<S3Store>(
      new S3Store(std::move(client), std::move(location), s3_lock(options), world.clock));
}

std::string S3Store::url_of(std::string_view key) const {
  return "s3://" + location_.bucket + '/' + location_.prefix + std::string(key);
}

Status S3Store::put(const std::string& key, const std::string& bytes, const Cancel& cancel) {
  SQB_TRY(check_object_key(key));
  SQB_ASSIGN(const std::string sha256, sha256_hex(as_bytes(bytes)));
  SQB_TRY(client_->put(full(key), bytes, {{kS3Sha256, sha256}}, cancel).status());
  if (lock_.mode.empty()) return {};
  Status locked = client_->lock(full(key), lock_, cancel);
  if (!locked.ok()) static_cast<void>(client_->remove(full(key), cancel));
  return locked;
}

Result<std::string> S3Store::get(const std::string& key, std::size_t most, const Cancel& cancel) {
  SQB_TRY(check_object_key(key));
  auto got = client_->get(full(key), 0, std::max<std::size_t>(most, 1), "", cancel);
  if (got.status().is(Error::kStoredBytesDamaged)) {  // no range is inside of an empty object
    SQB_ASSIGN(const S3ObjectInfo info, client_->head(full(key), cancel));
    if (info.size == 0) return std::string();
  }
  if (!got.ok()) return got.status();
  if (got->object_size <= most) return std::move(got->bytes);
  return Status(Error::kBadArgument, url_of(key) + " has " + std::to_string(got->object_size) +
                                         " bytes, more than the " + std::to_string(most) + " asked for");
}

Status S3Store::upload(const std::string& key, ReadableFile& file, const FileProof& proof,
                       Progress& progress) {
  SQB_TRY(check_object_key(key));
  return s3_upload({*client_, clock_, full(key), url_of(key), lock_}, file, proof, progress);
}

Status S3Store::download(const std::string& key, std::uint64_t size, ByteSink& out, Progress& progress) {
  SQB_TRY(check_object_key(key));
  return s3_download(*client_, full(key), url_of(key), size, out, progress);
}

Result<ObjectInfo> S3Store::head(const std::string& key, const Cancel& cancel) {
  SQB_TRY(check_object_key(key));
  SQB_ASSIGN(const S3ObjectInfo found, client_->head(full(key), cancel));
  ObjectInfo info{key, found.size, found.modified, {}};
  if (const std::string* sha256 = s3_metadata_value(found.metadata, kS3Sha256)) info.sha256 = *sha256;
  return info;
}

Status S3Store::remove(const std::string& key, const Cancel& cancel) {
  SQB_TRY(check_object_key(key));
  return client_->remove(full(key), cancel);
}

Result<ObjectPage> S3Store::list(const std::string& prefix, const std::string& next, const Cancel& cancel) {
  SQB_ASSIGN(S3ObjectPage found, client_->list(full(prefix), next, cancel));
  ObjectPage page;
  page.next = std::move(found.next);
  for (const S3Object& object : found.objects) {
    if (!object.key.starts_with(location_.prefix)) continue;
    std::string key = object.key.substr(location_.prefix.size());
    if (check_object_key(key).ok())
      page.objects.push_back({std::move(key), object.size, object.modified, {}});
  }
  return page;
}

Result<std::int64_t> S3Store::sweep(UnixMillis before, const Cancel& cancel) {
  if (location_.prefix.empty()) return 0;
  std::vector<Found> stale;  // first: a list whose items go while it is read may pass some over
  S3UploadPage page;
  do {
    SQB_ASSIGN(page, client_->list_uploads(location_.prefix, page.next_key, page.next_id, cancel));
    for (S3Upload& upload : page.uploads) {
      const bool ours = upload.key.starts_with(location_.prefix) &&
                        check_object_key(upload.key.substr(location_.prefix.size())).ok();
      if (ours && upload.initiated < before) stale.push_back({std::move(upload.key), std::move(upload.id)});
    }
  } while (!page.next_key.empty());
  for (const Found& upload : stale) SQB_TRY(client_->abort_upload(upload.key, upload.id, cancel));
  return static_cast<std::int64_t>(stale.size());
}

}  // namespace sqbackup
