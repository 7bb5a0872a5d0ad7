// Capture: one committed state of a live database file, page by page. A short read transaction is all it
// holds.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/file_env.h"
#include "base/progress.h"
#include "base/status.h"
#include "pages/main_file.h"
#include "pages/read_transaction.h"
#include "pages/source.h"
#include "pages/wal_index.h"
#include "pages/wal_reader.h"

namespace sqbackup {

// Takes the bytes of the captured image in order.
class ImageSink {
 public:
  virtual ~ImageSink() = default;
  // The image begins, `bytes` long. Called again when the capture has to start over: what was written is
  // void.
  virtual Status begin(std::uint64_t bytes) = 0;
  // The next block may be filled here, `size` bytes; valid until the next call.
  virtual Result<ByteSpan> next_block(std::size_t size) = 0;
  virtual Status commit_block() = 0;
};

class Capture {
 public:
  // Begins the read transaction on `source` (unless source.locked holds one), a file for which
  // needs_callers_connection() is nullopt. `salvage`: also of a file that is no database; its bytes are then
  // taken as they are.
  static Result<std::unique_ptr<Capture>> begin(FileEnv& files, const Source& source, bool salvage);

  // Whether the database's writers wait while this lives, as they do in rollback-journal mode.
  Result<bool> holds_up_writers();

  // What both of these begin with: reads the log, and finds how long the image is. Enough to know whether the
  // state can be read.
  Status measure();

  // Reads the whole state into `sink`.
  Status copy_to(ImageSink& sink, Progress& progress);

  // Instead of copy_to(): `target`, an empty file, shares the database file's blocks, then gets the pages
  // that differ. False: the file system cannot, and `target` is empty still.
  Result<bool> clone_to(WritableFile& target);

  // The connection that holds the state, to read it by SQL instead. It sees what the copy would hold, as far
  // as it is sound.
  Connection& connection() { return transaction_ ? transaction_->connection() : *source_.locked; }

  // After any of the three: bytes of the image, and what is known to be wrong with the source (empty:
  // nothing).
  std::uint64_t bytes() const { return bytes_; }
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  Capture(FileEnv& files, const Source& source, std::optional<ReadTransaction> transaction, MainFile file,
          WalIndex index, WalReader log);
  void warn(std::string text);
  Result<bool> copy_once(ImageSink& sink, Progress& progress);
  Result<bool> overlay(std::uint64_t offset, ByteSpan block, std::size_t& next_page);

  FileEnv& files_;
  Source source_;
  std::optional<ReadTransaction> transaction_;  // none where source_.locked holds one
  std::string finding_;
  MainFile file_;
  WalIndex index_;
  WalReader log_;
  std::uint32_t page_size_ = 0;  // 0: an empty file, or one without a header that can be read
  std::uint64_t bytes_ = 0;
  std::vector<std::string> warnings_;
};

}  // namespace sqbackup
