#include "store/s3/range_readers.h"

#include <algorithm>
#include <chrono>
#include <new>

#include "base/fork_gate.h"
#include "base/thread.h"

namespace sqbackup {
namespace {

constexpr std::size_t kMostThreads = 4;
constexpr std::uint64_t kMostAhead = 8;  // ranges, those being read among them
constexpr auto kAskEvery = std::chrono::milliseconds(20);

}  // namespace

RangeReaders::~RangeReaders() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  const BackgroundWait wait;
  for (std::thread& thread : threads_) thread.join();
}

Status RangeReaders::start() {
  while (threads_.size() < kMostThreads) {
    auto thread = start_thread("sqb-fetch", [this] { work(); });
    if (!thread.ok() && threads_.empty()) return thread.status();
    if (!thread.ok()) break;
    threads_.push_back(std::move(thread).value());
  }
  return {};
}

Result<std::string> RangeReaders::take(const std::function<Status()>& ask) {
  for (;;) {
    {
      const BackgroundWait wait;
      MutexLock lock(mutex_);
      if (ready_.count(wanted_) == 0 && failure_.ok()) changed_.wait_for(mutex_, kAskEvery);
      if (!failure_.ok()) return failure_;
      if (const auto found = ready_.find(wanted_); found != ready_.end()) {
        std::string bytes = std::move(found->second);
        ready_.erase(found);
        wanted_ += bytes.size();
        changed_.notify_all();
        return bytes;
      }
    }
    SQB_TRY(ask());
  }
}

bool RangeReaders::next(std::uint64_t& offset) {
  MutexLock lock(mutex_);
  while (next_ < size_ && next_ - wanted_ >= kMostAhead * length_ && !stop_) changed_.wait(mutex_);
  if (stop_ || next_ >= size_) return false;
  offset = next_;
  next_ += std::min(length_, size_ - next_);
  return true;
}

void RangeReaders::read(std::uint64_t offset, Result<S3Bytes> bytes) {
  const std::uint64_t length = std::min(length_, size_ - offset);
  {
    MutexLock lock(mutex_);
    if (bytes.ok() && bytes->bytes.size() == length && bytes->object_size == size_) {
      ready_.emplace(offset, std::move(bytes->bytes));
    } else if (failure_.ok()) {
      failure_ = bytes.ok() ? Status(Error::kStoredBytesDamaged,
                                     "the object has another size by now; verify the backup")
                            : bytes.status();
      stop_ = true;
    }
  }
  changed_.notify_all();
}

void RangeReaders::work() {
  for (std::uint64_t offset = 0; next(offset);) {
    try {
      read(offset, client_.get(key_, offset, std::min(length_, size_ - offset), etag_,
                               [this] { return stop_.load(); }));
    } catch (const std::bad_alloc&) {
      read(offset, Status(Error::kNoMemory, "out of memory"));
    }
  }
}

}  // namespace sqbackup
