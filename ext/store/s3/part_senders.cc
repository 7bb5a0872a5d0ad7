#include "store/s3/part_senders.h"

#include <algorithm>
#include <chrono>
#include <new>

#include "base/fork_gate.h"
#include "base/thread.h"

namespace sqbackup {
namespace {

constexpr std::size_t kMostThreads = 4;
constexpr auto kTellEvery = std::chrono::milliseconds(20);

}  // namespace

PartSenders::~PartSenders() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  const BackgroundWait wait;
  for (std::thread& thread : threads_) thread.join();
}

Status PartSenders::start(std::size_t most) {
  most_ = most;
  while (threads_.size() < std::min(most, kMostThreads)) {
    auto thread = start_thread("sqb-send", [this] { work(); });
    if (!thread.ok() && threads_.empty()) return thread.status();
    if (!thread.ok()) break;
    threads_.push_back(std::move(thread).value());
  }
  return {};
}

Status PartSenders::wait_for_room(const Tell& tell) { return wait_until_at_most(most_ - 1, tell); }

void PartSenders::send(int number, std::string body) {
  {
    MutexLock lock(mutex_);
    waiting_.push_back({number, std::move(body)});
    ++in_memory_;
  }
  changed_.notify_all();
}

Result<std::vector<S3Part>> PartSenders::finish(const Tell& tell) {
  SQB_TRY(wait_until_at_most(0, tell));
  MutexLock lock(mutex_);
  std::sort(parts_.begin(), parts_.end(),
            [](const S3Part& a, const S3Part& b) { return a.number < b.number; });
  return std::move(parts_);
}

Status PartSenders::failure() {
  MutexLock lock(mutex_);
  return failure_;
}

std::uint64_t PartSenders::arrived() {
  MutexLock lock(mutex_);
  return arrived_;
}

Status PartSenders::wait_until_at_most(std::size_t in_memory, const Tell& tell) {
  for (;;) {
    bool done = false;
    {
      const BackgroundWait wait;
      MutexLock lock(mutex_);
      if (in_memory_ > in_memory && failure_.ok()) changed_.wait_for(mutex_, kTellEvery);
      done = in_memory_ <= in_memory;
    }
    SQB_TRY(failure());
    SQB_TRY(tell(arrived()));
    if (done) return {};
  }
}

bool PartSenders::take(Piece& piece) {
  MutexLock lock(mutex_);
  while (waiting_.empty() && !stop_) changed_.wait(mutex_);
  if (stop_) return false;
  piece = std::move(waiting_.front());
  waiting_.pop_front();
  return true;
}

void PartSenders::sent(std::uint64_t size, Result<S3Part> part) {
  {
    MutexLock lock(mutex_);
    --in_memory_;
    if (part.ok()) {
      arrived_ += size;
      parts_.push_back(std::move(part).value());
    } else if (failure_.ok()) {
      failure_ = part.status();
      stop_ = true;
    }
  }
  changed_.notify_all();
}

void PartSenders::work() {
  Piece piece;
  while (take(piece)) {
    const std::uint64_t size = piece.body.size();
    try {
      sent(size, client_.upload_part(key_, id_, piece.number, std::move(piece.body),
                                     [this] { return stop_.load(); }));
    } catch (const std::bad_alloc&) {
      sent(size, Status(Error::kNoMemory, "out of memory"));
    }
  }
}

}  // namespace sqbackup
