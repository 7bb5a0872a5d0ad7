// S3Store: the objects of a bucket below a prefix as an ObjectStore. The prefix is the store's own: whatever
// stands below it under a name that is a key counts as ours.
//
// upload() of up to 16 MiB is one request; more goes in parts, several at a time (upload.h). Each object
// holds in its metadata its SHA-256 (x-amz-meta-sha256) and which upload made it (x-amz-meta-sqbackup-upload,
// random); after it HEAD has to show size and SHA-256. Where an upload fails it is aborted, and what it may
// have written is removed, which is tried for five seconds.
//
// With a lock, each object is begun with it, and locked once more when it is there. For Ceph takes the first
// silently where it locks nothing: objects in parts, and all of a bucket that was made without object lock.
// Amazon's does not tell everybody whether an object is locked, so asking is no proof.
//
// sweep() gives up the multipart uploads of keys below the prefix; without a prefix none, for the bucket may
// be another program's too, and nothing else tells whose an upload is: a lifecycle rule of the bucket can do
// it there. In a bucket with versions remove() leaves them.
#pragma once

#include <memory>
#include <string>

#include "store/object_store.h"
#include "store/s3/client.h"

namespace sqbackup {

// Empty: what the bucket does by itself.
struct S3StoreOptions {
  std::string url;  // s3://bucket/prefix
  S3EndpointSettings endpoint;
  // "STANDARD_IA", or any other that the store knows: A-Z a-z 0-9 - _. Not GLACIER and DEEP_ARCHIVE, whose
  // objects cannot be read at once.
  std::string storage_class;
  std::string encryption;  // by the server: "AES256", "aws:kms" or "aws:kms:dsse"
  std::string kms_key_id;  // for those of KMS
  // Object lock, for buckets made with it: "GOVERNANCE" or "COMPLIANCE", and until when, in the future. Both
  // or none.
  std::string lock_mode;
  UnixMillis retain_until = 0;
};

class S3Store : public ObjectStore {
 public:
  // What `world` refers to outlives the store. Error: kBadSetting.
  static Result<std::unique_ptr<S3Store>> create(const S3StoreOptions& options, const S3World& world,
                                                 const S3RetryPolicy& retry = {});

  std::string url_of(std::string_view key) const override;
  Status put(const std::string& key, const std::string& bytes, const Cancel& cancel) override;
  Result<std::string> get(const std::string& key, std::size_t most, const Cancel& cancel) override;
  Status upload(const std::string& key, ReadableFile& file, const FileProof& proof,
                Progress& progress) override;
  Status download(const std::string& key, std::uint64_t size, ByteSink& out, Progress& progress) override;
  Result<ObjectInfo> head(const std::string& key, const Cancel& cancel) override;
  Status remove(const std::string& key, const Cancel& cancel) override;
  Result<ObjectPage> list(const std::string& prefix, const std::string& next, const Cancel& cancel) override;
  Result<std::int64_t> sweep(UnixMillis before, const Cancel& cancel) override;

 private:
  S3Store(std::unique_ptr<S3Client> client, S3Location location, S3Lock lock, Clock& clock);
  std::string full(const std::string& key) const { return location_.prefix + key; }

  const std::unique_ptr<S3Client> client_;
  const S3Location location_;
  const S3Lock lock_;
  Clock& clock_;
};

}  // namespace sqbackup
