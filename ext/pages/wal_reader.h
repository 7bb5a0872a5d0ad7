// WalReader: the newest committed copy of each page in a write-ahead log, read with a descriptor of our own
// (SQLite takes no locks on the log). The map holds positions and checksums, never pages: 16 bytes a page.
//
// Right only while a read transaction is open on the database; docs/ARCHITECTURE.md, "Reading a live
// database", says why.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file_env.h"
#include "base/status.h"
#include "format/wal_format.h"

namespace sqbackup {

class WalReader {
 public:
  struct Page {
    std::uint32_t page;
    std::uint32_t frame;   // from 1
    WalChecksum checksum;  // cumulative, after this frame
  };

  // Opens the log of the database file `database_path`. A log that does not exist is an empty one.
  static Result<WalReader> open(FileEnv& files, const std::string& database_path);

  // Reads the header of the log's index as it is at that moment. nullopt: it cannot be had.
  using ReadIndex = std::function<Result<std::optional<WalIndexHeader>>()>;

  // Reads the log up to the newest commit that its index knows; without an index, up to the newest in the
  // log, as SQLite does when it recovers one. Call again to start over.
  Status scan(const ReadIndex& read_index);

  bool empty() const { return pages_.empty() && database_pages_ == 0; }
  std::uint32_t page_size() const { return header_ ? header_->page_size : 0; }
  // At the newest commit; 0: no commit in the log.
  std::uint32_t database_pages() const { return database_pages_; }
  const std::vector<Page>& pages() const { return pages_; }  // ascending by page, none above database_pages()
  // Commits that the index knows are not in the log as they were written. What could be proven is in pages().
  bool damaged() const { return damaged_; }

  // Reads one page (page_size() bytes) and proves that it still is the frame that scan() saw.
  // False: it was overwritten meanwhile; scan again.
  Result<bool> read(const Page& page, ByteSpan out);

 private:
  explicit WalReader(std::unique_ptr<ReadableFile> file) : file_(std::move(file)) {}
  Result<std::optional<WalHeader>> read_header();
  Result<bool> scan_once(const ReadIndex& read_index);
  Result<std::uint32_t> read_frames(std::uint32_t last);
  void keep_newest();
  std::uint64_t frame_offset(std::uint64_t frame) const;

  std::unique_ptr<ReadableFile> file_;  // null: no log
  std::optional<WalHeader> header_;
  std::array<std::uint8_t, kWalHeaderSize> raw_header_{};
  std::uint32_t database_pages_ = 0;
  bool damaged_ = false;
  std::vector<Page> pages_;
  std::vector<std::uint8_t> frame_;  // buffer of read()
};

}  // namespace sqbackup
