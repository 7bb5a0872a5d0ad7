#include "codec/frame_ring.h"

#include <algorithm>
#include <utility>

#include "base/thread.h"
#include "codec/zstd.h"

namespace sqbackup {
namespace {

constexpr unsigned kMostByDefault = 8;

unsigned count_of_workers(unsigned wanted) {
  if (wanted == 0) return std::clamp(std::thread::hardware_concurrency(), 1U, kMostByDefault);
  return std::min(wanted, kMostWorkers);
}

}  // namespace

void Frame::reserve(std::size_t input_bytes, std::size_t output_bytes) {
  input.resize(std::max(input.size(), input_bytes));
  output.resize(std::max(output.size(), output_bytes));
}

FrameRing::FrameRing(unsigned threads, MakeWork make, Take take)
    : threads_(count_of_workers(threads)),
      make_(std::move(make)),
      take_(std::move(take)),
      slots_(std::size_t{threads_} + 2) {
  workers_.reserve(threads_);
}

FrameRing::~FrameRing() {
  {
    MutexLock lock(mutex_);
    stop_ = true;
  }
  work_to_do_.notify_all();
  for (Worker& worker : workers_) worker.thread.join();
}

Status FrameRing::submit() {
  slots_[submitted_ % slots_.size()].done = false;
  {
    MutexLock lock(mutex_);
    ++submitted_;
  }
  work_to_do_.notify_one();
  // One frame alone is not worth a thread.
  if (submitted_ > 1 && workers_.size() < threads_) add_worker();
  return drain(slots_.size() - 1);
}

void FrameRing::add_worker() {
  std::unique_ptr<FrameWork> work = make_();
  if (work != nullptr) {
    if (auto thread = start_thread("sqb-zstd", [this, w = work.get()] { run_frames(*w); }); thread.ok()) {
      workers_.push_back({std::move(work), std::move(thread).value()});
      return;
    }
  }
  threads_ = static_cast<unsigned>(workers_.size());  // what there is must do
}

void FrameRing::run_frames(FrameWork& work) {
  while (true) {
    std::uint64_t number = 0;
    {
      MutexLock lock(mutex_);
      while (claimed_ == submitted_ && !stop_) work_to_do_.wait(mutex_);
      if (stop_) return;
      number = claimed_++;
    }
    Slot& slot = slots_[number % slots_.size()];
    slot.frame.result = work.run(slot.frame);
    {
      MutexLock lock(mutex_);
      slot.done = true;
    }
    work_done_.notify_one();
  }
}

Status FrameRing::drain(std::uint64_t leave) {
  while (submitted_ - taken_ > leave || (taken_ < submitted_ && is_done(taken_))) {
    SQB_TRY(wait_for(taken_));
    SQB_TRY(take_(slots_[taken_ % slots_.size()].frame));
    ++taken_;
  }
  return {};
}

bool FrameRing::is_done(std::uint64_t number) {
  MutexLock lock(mutex_);
  return slots_[number % slots_.size()].done;
}

Status FrameRing::wait_for(std::uint64_t number) {
  Slot& slot = slots_[number % slots_.size()];
  if (!workers_.empty()) {
    MutexLock lock(mutex_);
    while (!slot.done) work_done_.wait(mutex_);
    return {};
  }
  // Nobody else is there: frames are done here, one at a time, so `number` is the next.
  if (own_work_ == nullptr) own_work_ = make_();
  if (own_work_ == nullptr) return zstd_no_memory();
  {
    MutexLock lock(mutex_);
    ++claimed_;
  }
  slot.frame.result = own_work_->run(slot.frame);
  slot.done = true;
  return {};
}

}  // namespace sqbackup
