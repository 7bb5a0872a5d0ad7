#include "engine/hashing_sink.h"

#include "base/thread.h"

namespace sqbackup {

HashingSink::~HashingSink() {
  if (!thread_.joinable()) return;
  {
    MutexLock lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Status HashingSink::begin(std::uint64_t bytes) {
  wait_until_hashed();
  SQB_ASSIGN(out_, begin_(bytes));
  SQB_ASSIGN(auto hash, Sha256::create());
  hash_.emplace(std::move(hash));
  if (!thread_.joinable()) {
    if (auto thread = start_thread("sqb-hash", [this] { hash_blocks(); }); thread.ok()) {
      thread_ = std::move(thread).value();
    }
  }
  return {};
}

Result<ByteSpan> HashingSink::next_block(std::size_t size) {
  std::uint64_t number = 0;
  {
    MutexLock lock(mutex_);
    if (committed_ - hashed_ == kBlocks) {
      while (committed_ - hashed_ > kResumeAt) changed_.wait(mutex_);
    }
    number = committed_;
  }
  Block& block = ring_[number % kBlocks];
  block.bytes.resize(std::max(block.bytes.size(), size));
  block.size = size;
  return ByteSpan(block.bytes.data(), size);
}

Status HashingSink::commit_block() {
  std::uint64_t number = 0;
  bool was_empty = false;
  {
    MutexLock lock(mutex_);
    was_empty = committed_ == hashed_;
    number = committed_++;
    if (!thread_.joinable()) hashed_ = committed_;
  }
  if (was_empty) changed_.notify_all();
  const Block& block = ring_[number % kBlocks];
  const ByteView bytes(block.bytes.data(), block.size);
  if (!thread_.joinable()) hash_->update(bytes);
  return out_->append(bytes);
}

void HashingSink::hash_blocks() {
  while (true) {
    std::uint64_t number = 0;
    {
      MutexLock lock(mutex_);
      while (hashed_ == committed_ && !stop_) changed_.wait(mutex_);
      if (hashed_ == committed_) return;
      number = hashed_;
    }
    const Block& block = ring_[number % kBlocks];
    hash_->update({block.bytes.data(), block.size});
    std::uint64_t left = 0;
    {
      MutexLock lock(mutex_);
      left = committed_ - ++hashed_;
    }
    if (left == kResumeAt || left == 0) changed_.notify_all();
  }
}

void HashingSink::wait_until_hashed() {
  MutexLock lock(mutex_);
  while (hashed_ < committed_) changed_.wait(mutex_);
}

Result<std::string> HashingSink::finish() {
  wait_until_hashed();
  return hash_->finish_hex();
}

}  // namespace sqbackup
