// WriteBehind: appends to a file on a thread of its own, through a small ring of blocks, so that whoever
// makes the bytes goes on meanwhile: the system takes as long to copy them as zstd to make them.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <thread>
#include <vector>

#include "base/byte_stream.h"
#include "base/file_env.h"
#include "base/mutex.h"

namespace sqbackup {

// Used by one thread. Where the system gives no second one, or all fits into one block, it writes on the
// caller's.
class WriteBehind {
 public:
  enum class Mode { kAtOnce, kBehind };  // kAtOnce: on the caller's thread, without a copy
  WriteBehind(WritableFile& file, Mode mode) : file_(file), alone_(mode == Mode::kAtOnce) {}
  ~WriteBehind();  // what is not in the file yet is dropped
  WriteBehind(const WriteBehind&) = delete;
  WriteBehind& operator=(const WriteBehind&) = delete;

  // An error may be that of bytes before; each call after it returns it again.
  Status append(ByteView bytes);
  // All is in the file, and on its way to the disk.
  Status finish();

 private:
  static constexpr std::size_t kBlockBytes = 1 << 20;
  static constexpr std::uint64_t kBlocks = 8;

  Status hand_over();
  Status write_rest();
  void write_blocks();
  Status write(ByteView bytes);
  Status failure() SQB_REQUIRES(mutex_);

  WritableFile& file_;
  std::uint64_t since_writeback_ = 0;  // of whoever writes
  std::array<std::vector<std::uint8_t>, kBlocks> ring_;

  Mutex mutex_;
  CondVar changed_;
  std::uint64_t filled_ SQB_GUARDED_BY(mutex_) = 0;   // blocks handed over, ever
  std::uint64_t written_ SQB_GUARDED_BY(mutex_) = 0;  // blocks done, ever
  bool stop_ SQB_GUARDED_BY(mutex_) = false;
  Status failed_ SQB_GUARDED_BY(mutex_);
  std::exception_ptr thrown_ SQB_GUARDED_BY(mutex_);  // out of memory, there
  std::thread thread_;
  std::uint64_t filling_ = 0;  // the number of the block that is being filled
  bool alone_;                 // there is no thread, or none is wanted
};

}  // namespace sqbackup
