// FrameRing: independent pieces of one stream, worked on by several threads and taken back in order.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/bytes.h"
#include "base/mutex.h"
#include "base/status.h"

namespace sqbackup {

// One piece. Its buffers are kept from one use to the next, and only grow.
struct Frame {
  std::vector<std::uint8_t> input;
  std::size_t input_size = 0;
  std::vector<std::uint8_t> output;
  std::size_t output_size = 0;  // how much of `output` may be used
  std::size_t result = 0;       // what FrameWork::run() returned

  // Makes room for what the work needs.
  void reserve(std::size_t input_bytes, std::size_t output_bytes);
};

// The work and what one thread needs for it.
class FrameWork {
 public:
  virtual ~FrameWork() = default;
  // From `input` to `output`, on a thread where nobody could catch what is thrown or report what is failed:
  // what went wrong is in the returned value, for the one who takes the frame.
  virtual std::size_t run(Frame& frame) noexcept = 0;
};

// Threads of one ring. 0 stands for one per processor, but eight at most: more would cost memory, and no disk
// keeps up with them.
inline constexpr unsigned kMostWorkers = 64;

// Used by one thread, on which `make` and `take` are called. If the system gives no threads, `run` is as
// well.
class FrameRing {
 public:
  using MakeWork = std::function<std::unique_ptr<FrameWork>()>;  // null: out of memory
  using Take = std::function<Status(Frame&)>;

  // At most threads + 2 frames are in flight.
  FrameRing(unsigned threads, MakeWork make, Take take);
  // Waits for the frames that are being worked on; the rest is dropped.
  ~FrameRing();

  // The frame to fill, and to submit when it is filled: until then, the same one.
  Frame& next() { return slots_[submitted_ % slots_.size()].frame; }
  // Hands it over and gives those that are done to `take`, in order. An error, of `take` or for want of
  // memory, is final.
  Status submit();
  // Gives all that were submitted to `take`.
  Status finish() { return drain(0); }

 private:
  struct Slot {
    Frame frame;
    bool done = false;  // guarded by mutex_ while the frame is in flight
  };
  struct Worker {
    std::unique_ptr<FrameWork> work;
    std::thread thread;
  };

  void add_worker();
  void run_frames(FrameWork& work);
  Status drain(std::uint64_t leave);
  bool is_done(std::uint64_t number);
  Status wait_for(std::uint64_t number);

  unsigned threads_;
  MakeWork make_;
  Take take_;
  std::vector<Slot> slots_;
  std::vector<Worker> workers_;
  std::unique_ptr<FrameWork> own_work_;  // where there are no workers
  std::uint64_t submitted_ = 0;          // frames, ever; written by the user alone, under the mutex
  std::uint64_t taken_ = 0;

  Mutex mutex_;
  CondVar work_to_do_;
  CondVar work_done_;
  std::uint64_t claimed_ SQB_GUARDED_BY(mutex_) = 0;
  bool stop_ SQB_GUARDED_BY(mutex_) = false;
};

}  // namespace sqbackup
