// RangeReaders: threads that read the ranges of one object ahead of the thread that wants them in order.
// Internal to store/s3.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "store/s3/client.h"

namespace sqbackup {

// Used by one thread. Its destructor stops what is being read, within milliseconds.
class RangeReaders {
 public:
  // Ranges of `length` bytes from `first` on, up to `size`, of the object that has this ETag.
  RangeReaders(S3Client& client, std::string key, std::string etag, std::uint64_t first, std::uint64_t size,
               std::uint64_t length)
      : client_(client),
        key_(std::move(key)),
        etag_(std::move(etag)),
        size_(size),
        length_(length),
        wanted_(first),
        next_(first) {}
  ~RangeReaders();
  RangeReaders(const RangeReaders&) = delete;
  RangeReaders& operator=(const RangeReaders&) = delete;

  Status start();  // an error where not one thread can be had
  // The next range. `ask` is asked every 20 ms while it is waited for, and may end that.
  Result<std::string> take(const std::function<Status()>& ask);

 private:
  void work();
  bool next(std::uint64_t& offset);
  void read(std::uint64_t offset, Result<S3Bytes> bytes);

  S3Client& client_;
  const std::string key_;
  const std::string etag_;
  const std::uint64_t size_;
  const std::uint64_t length_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stop_ = false;  // set with mutex_ held
  Mutex mutex_;
  CondVar changed_;
  std::uint64_t wanted_ SQB_GUARDED_BY(mutex_);  // what take() gives next
  std::uint64_t next_ SQB_GUARDED_BY(mutex_);    // what a thread reads next
  std::map<std::uint64_t, std::string> ready_ SQB_GUARDED_BY(mutex_);
  Status failure_ SQB_GUARDED_BY(mutex_);
};

}  // namespace sqbackup
