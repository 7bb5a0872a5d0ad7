#include "engine/write_behind.h"

#include <algorithm>

#include "base/thread.h"

namespace sqbackup {
namespace {

constexpr std::uint64_t kWritebackEvery = 32 << 20;

}  // namespace

WriteBehind::~WriteBehind() {
  if (!thread_.joinable()) return;
  {
    MutexLock lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Status WriteBehind::append(ByteView bytes) {
  while (!bytes.empty()) {
    if (alone_) return write(bytes);  // nothing is left in a block then
    std::vector<std::uint8_t>& block = ring_[filling_ % kBlocks];
    if (block.capacity() == 0) block.reserve(kBlockBytes);
    const std::size_t piece = std::min(bytes.size(), kBlockBytes - block.size());
    block.insert(block.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(piece));
    bytes = bytes.subspan(piece);
    if (block.size() == kBlockBytes) SQB_TRY(hand_over());
  }
  return {};
}

// The block is full. Waits until the next one is free.
Status WriteBehind::hand_over() {
  if (!thread_.joinable()) {
    auto thread = start_thread("sqb-write", [this] { write_blocks(); });
    if (!thread.ok()) {
      alone_ = true;
      return write_rest();
    }
    thread_ = std::move(thread).value();
  }
  {
    MutexLock lock(mutex_);
    filled_ = ++filling_;
  }
  changed_.notify_all();
  MutexLock lock(mutex_);
  while (filled_ - written_ == kBlocks) changed_.wait(mutex_);
  return failure();
}

Status WriteBehind::finish() {
  if (thread_.joinable()) {
    MutexLock lock(mutex_);
    while (written_ < filled_) changed_.wait(mutex_);
    SQB_TRY(failure());
  }
  SQB_TRY(write_rest());
  file_.start_writeback();
  return {};
}

Status WriteBehind::write_rest() {
  std::vector<std::uint8_t>& block = ring_[filling_ % kBlocks];
  Status written = write(block);
  block.clear();
  return written;
}

Status WriteBehind::failure() {
  if (thrown_ != nullptr) std::rethrow_exception(thrown_);
  return failed_;
}

// Nobody could catch here what is thrown.
void WriteBehind::write_blocks() {
  while (true) {
    std::uint64_t number = 0;
    bool failed = false;
    {
      MutexLock lock(mutex_);
      while (written_ == filled_ && !stop_) changed_.wait(mutex_);
      if (stop_) return;
      number = written_;
      failed = !failed_.ok() || thrown_ != nullptr;
    }
    std::vector<std::uint8_t>& block = ring_[number % kBlocks];
    Status outcome;
    std::exception_ptr thrown;
    try {
      if (!failed) outcome = write(block);
    } catch (...) {
      thrown = std::current_exception();
    }
    block.clear();
    {
      MutexLock lock(mutex_);
      if (!outcome.ok()) failed_ = std::move(outcome);
      if (thrown != nullptr) thrown_ = std::move(thrown);
      ++written_;
    }
    changed_.notify_all();
  }
}

Status WriteBehind::write(ByteView bytes) {
  if (bytes.empty()) return {};
  SQB_TRY(file_.append(bytes));
  since_writeback_ += bytes.size();
  if (since_writeback_ >= kWritebackEvery) {
    file_.start_writeback();
    since_writeback_ = 0;
  }
  return {};
}

}  // namespace sqbackup
