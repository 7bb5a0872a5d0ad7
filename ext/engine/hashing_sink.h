// HashingSink: hands an image on, to a file or through codecs, and hashes it on a second thread, through a
// small ring of blocks.
#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/byte_stream.h"
#include "base/mutex.h"
#include "codec/sha256.h"
#include "pages/capture.h"

namespace sqbackup {

// Used by one thread. Without a second thread (the system gives none) it hashes on the caller's.
class HashingSink : public ImageSink {
 public:
  // Called with the image's size before its first byte, each time that the image begins: where its bytes go,
  // alive until it is called again or the image is complete. An error ends the copy.
  using Begin = std::function<Result<ByteSink*>(std::uint64_t bytes)>;
  explicit HashingSink(Begin begin) : begin_(std::move(begin)) {}
  ~HashingSink() override;

  Status begin(std::uint64_t bytes) override;
  Result<ByteSpan> next_block(std::size_t size) override;
  Status commit_block() override;

  // The image is complete: waits for the hash. SHA-256 as hex.
  Result<std::string> finish();

 private:
  static constexpr std::uint64_t kBlocks = 64;
  // A full ring is left to drain this far, so that the threads do not wake each other for every block.
  static constexpr std::uint64_t kResumeAt = kBlocks / 2;
  struct Block {
    std::vector<std::uint8_t> bytes;
    std::size_t size = 0;
  };

  void hash_blocks();
  void wait_until_hashed();

  Begin begin_;
  ByteSink* out_ = nullptr;
  std::array<Block, kBlocks> ring_;

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
