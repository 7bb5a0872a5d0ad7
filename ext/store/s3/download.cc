#include "store/s3/download.h"

#include <algorithm>

#include "store/s3/range_readers.h"

namespace sqbackup {
namespace {

constexpr std::size_t kBlock = std::size_t{256} << 10;

class Download {
 public:
  Download(S3Client& client, const std::string& key, const std::string& url, std::uint64_t size,
           ByteSink& out, Progress& progress)
      : client_(client), key_(key), url_(url), size_(size), out_(out), progress_(progress) {}

  Status run();

 private:
  // Until the bytes of an object are there, the thread that wants them asks.
  Cancel cancel() {
    return [this] {
      if (stopped_.ok()) stopped_ = progress_.advance(done_);
      return !stopped_.ok();
    };
  }
  Status told(const Status& status) const {
    return status.is(Error::kInterrupted) && !stopped_.ok() ? stopped_ : status;
  }
  Status check_size(std::uint64_t found) const;
  Status give(const std::string& bytes);

  S3Client& client_;
  const std::string& key_;
  const std::string& url_;
  const std::uint64_t size_;
  ByteSink& out_;
  Progress& progress_;
  std::uint64_t done_ = 0;
  Status stopped_;
};

Status Download::run() {
  if (size_ == 0) {  // no range is inside of it
    const auto info = client_.head(key_, cancel());
    if (!info.ok()) return told(info.status());
    SQB_TRY(check_size(info->size));
    return progress_.advance(0);
  }
  auto first = client_.get(key_, 0, std::min(kS3Range, size_), "", cancel());
  if (!first.ok()) return told(first.status());
  SQB_TRY(check_size(first->object_size));
  SQB_TRY(give(first->bytes));
  if (done_ == size_) return {};
  if (first->etag.empty()) {
    return {Error::kServerRefused, url_ +
                                       ": the store gives no ETag, by which the parts of an object are "
                                       "known to be of one; use another store"};
  }
  RangeReaders readers(client_, key_, first->etag, done_, size_, kS3Range);
  SQB_TRY(readers.start());
  while (done_ < size_) {
    SQB_ASSIGN(const std::string bytes, readers.take([this] { return progress_.advance(done_); }));
    SQB_TRY(give(bytes));
  }
  return {};
}

Status Download::check_size(std::uint64_t found) const {
  if (found == size_) return {};
  return {Error::kStoredBytesDamaged, url_ + " has " + std::to_string(found) + " bytes and not the " +
                                          std::to_string(size_) + " that were written; verify the backup"};
}

Status Download::give(const std::string& bytes) {
  for (std::size_t at = 0; at < bytes.size(); at += kBlock) {
    const ByteView block = as_bytes(std::string_view(bytes).substr(at, kBlock));
    SQB_TRY(out_.append(block));
    done_ += block.size();
    SQB_TRY(progress_.advance(done_));
  }
  return {};
}

}  // namespace

Status s3_download(S3Client& client, const std::string& key, const std::string& url, std::uint64_t size,
                   ByteSink& out, Progress& progress) {
  return Download(client, key, url, size, out, progress).run();
}

}  // namespace sqbackup
