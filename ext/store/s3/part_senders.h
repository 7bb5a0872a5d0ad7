// PartSenders: threads that send the parts of one multipart upload while another thread reads them. Internal
// to store/s3.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "store/s3/client.h"

namespace sqbackup {

// Used by one thread. Its destructor stops what is being sent, within milliseconds.
class PartSenders {
 public:
  // Told the bytes that have arrived, every 20 ms while it is waited for. An error ends the wait.
  using Tell = std::function<Status(std::uint64_t arrived)>;

  PartSenders(S3Client& client, std::string key, std::string id)
      : client_(client), key_(std::move(key)), id_(std::move(id)) {}
  ~PartSenders();
  PartSenders(const PartSenders&) = delete;
  PartSenders& operator=(const PartSenders&) = delete;

  // At most `most` parts are in memory, of which as many as there are threads are being sent. An error where
  // not one thread can be had.
  Status start(std::size_t most);
  // Until one more part may be given. Errors: of sending one before, and of `tell`.
  Status wait_for_room(const Tell& tell);
  void send(int number, std::string body);
  // Until all have arrived: they, by number.
  Result<std::vector<S3Part>> finish(const Tell& tell);

  // The failure of a part, and how many bytes have arrived.
  Status failure();
  std::uint64_t arrived();

 private:
  struct Piece {
    int number = 0;
    std::string body;
  };

  Status wait_until_at_most(std::size_t in_memory, const Tell& tell);
  void work();
  bool take(Piece& piece);
  void sent(std::uint64_t size, Result<S3Part> part);

  S3Client& client_;
  const std::string key_;
  const std::string id_;
  std::size_t most_ = 1;
  std::vector<std::thread> threads_;
  std::atomic<bool> stop_ = false;  // set with mutex_ held
  Mutex mutex_;
  CondVar changed_;
  std::deque<Piece> waiting_ SQB_GUARDED_BY(mutex_);
  std::size_t in_memory_ SQB_GUARDED_BY(mutex_) = 0;
  std::uint64_t arrived_ SQB_GUARDED_BY(mutex_) = 0;
  std::vector<S3Part> parts_ SQB_GUARDED_BY(mutex_);
  Status failure_ SQB_GUARDED_BY(mutex_);
};

}  // namespace sqbackup
