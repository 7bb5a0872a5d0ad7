// HashingSink: writes an image to a file and hashes it on a second thread, through a small ring of blocks.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/file_env.h"
#include "base/mutex.h"
#include "codec/sha256.h"
#include "pages/capture.h"

namespace sqbackup {

// Used by one thread. Without a second thread (the system gives none) it hashes on the caller's.
class HashingSink : public ImageSink {
 public:
  // `expect_room`: called with the image's size before the first byte; its error ends the copy.
  HashingSink(WritableFile& file, std::function<Status(std::uint64_t)> expect_room);
  ~HashingSink() override;

  Status begin(std::uint64_t bytes) override;
  Result<ByteSpan> next_block(std::size_t size) override;
  Status commit_block() override;

  // All is written: waits for the hash. SHA-256 as hex.
  Result<std::string> finish();

 private:
  static constexpr std::uint64_t kBlocks = 64;
  // A full ring is left to drain this far, so that the threads do not wake each other for every block.
  static constexpr std::uint64_t kResumeAt = kBlocks / 2;
  static constexpr std::uint64_t kWritebackEvery = 32 << 20;
  struct Block {
    std::vector<std::uint8_t> bytes;
    std::size_t size = 0;
  };

  void hash_blocks();
  void wait_until_hashed();

  WritableFile& file_;
  std::function<Status(std::uint64_t)> expect_room_;
  std::array<Block, kBlocks> ring_;
  std::uint64_t since_writeback_ = 0;

  Mutex mutex_;
  CondVar changed_;
  std::uint64_t committed_ SQB_GUARDED_BY(mutex_) = 0;  // blocks handed over, ever
  std::uint64_t hashed_ SQB_GUARDED_BY(mutex_) = 0;     // blocks done, ever
  bool stop_ SQB_GUARDED_BY(mutex_) = false;
  // Belongs to the hashing thread while hashed_ < committed_, to the caller otherwise.
  std::optional<Sha256> hash_;
  std::thread thread_;
};

}  // namespace sqbackup
