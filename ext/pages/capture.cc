#include "pages/capture.h"

#include <algorithm>
#include <array>

#include "format/sqlite_header.h"

namespace sqbackup {
namespace {

// A multiple of every page size, small enough for the processor's cache. It is also what is written at once:
// for larger writes a file system looks for larger pieces of memory, which is slower than what they save.
constexpr std::size_t kBlockSize = 128 << 10;
constexpr int kMaxAttempts = 20;

// A snapshot is one file without a log, so its header says rollback journal. Other bytes (an encrypted
// database) are left as they are.
void mark_as_rollback(ByteSpan page_one) {
  if (page_one.size() < kSqliteHeaderSize || !parse_sqlite_header(page_one)) return;
  page_one[kWriteVersionOffset] = 1;
  page_one[kReadVersionOffset] = 1;
}

}  // namespace

Capture::Capture(FileEnv& files, const Source& source, std::optional<ReadTransaction> transaction,
                 MainFile file, WalIndex index, WalReader log)
    : files_(files),
      source_(source),
      transaction_(std::move(transaction)),
      finding_(transaction_ ? transaction_->finding() : source.finding),
      file_(file),
      index_(index),
      log_(std::move(log)) {}

Result<std::unique_ptr<Capture>> Capture::begin(FileEnv& files, const Source& source, bool salvage) {
  std::optional<ReadTransaction> transaction;
  if (source.locked == nullptr) {
    SQB_ASSIGN(transaction, ReadTransaction::begin(files, source, salvage));
  }
  Connection& connection = transaction ? transaction->connection() : *source.locked;
  SQB_ASSIGN(auto file, MainFile::of(connection));
  SQB_ASSIGN(auto log, WalReader::open(files, source.path));
  const WalIndex index = WalIndex::of(connection);
  std::unique_ptr<Capture> capture(
      new Capture(files, source, std::move(transaction), file, index, std::move(log)));
  return capture;
}

void Capture::warn(std::string text) {
  if (std::find(warnings_.begin(), warnings_.end(), text) == warnings_.end())
    warnings_.push_back(std::move(text));
}

// Reads the log and finds out how long the image is.
Status Capture::measure() {
  warnings_.clear();
  if (!finding_.empty()) warn("the source database is damaged: " + finding_);
  SQB_TRY(log_.scan([this] { return index_.read(); }));
  if (log_.damaged()) warn("the source database is damaged: commits are missing in its write-ahead log");
  SQB_ASSIGN(const std::uint64_t file_bytes, file_.size());
  std::array<std::uint8_t, kSqliteHeaderSize> head{};
  SQB_TRY(file_.read(0, head));
  const auto header = parse_sqlite_header(head);

  if (log_.database_pages() > 0) {
    page_size_ = log_.page_size();
    bytes_ = std::uint64_t{log_.database_pages()} * page_size_;
    if (header && header->page_size != page_size_) {
      warn("the source database is damaged: its header and its write-ahead log disagree about the page size");
    }
    return {};
  }
  page_size_ = header ? header->page_size : 0;
  bytes_ = file_bytes;  // what is no database, or damaged, is taken as it is
  if (!header || !finding_.empty()) return {};
  const std::uint64_t pages = header->counted() ? header->page_count : file_bytes / page_size_;
  bytes_ = pages * page_size_;
  if (bytes_ > file_bytes) warn("the source database is damaged: its file is shorter than its header says");
  return {};
}

// Puts the log's pages over `block`, image bytes from `offset` on. False: the log moved on; start again.
Result<bool> Capture::overlay(std::uint64_t offset, ByteSpan block, std::size_t& next_page) {
  const auto& pages = log_.pages();
  for (; next_page < pages.size(); ++next_page) {
    const std::uint64_t at = (std::uint64_t{pages[next_page].page} - 1) * page_size_;
    if (at >= offset + block.size()) break;
    SQB_ASSIGN(const bool same, log_.read(pages[next_page], block.subspan(at - offset, page_size_)));
    if (!same) return false;
  }
  if (offset == 0) mark_as_rollback(block);
  return true;
}

Result<bool> Capture::copy_once(ImageSink& sink, Progress& progress) {
  SQB_TRY(measure());
  SQB_TRY(sink.begin(bytes_));
  progress.begin_phase("copying", bytes_);
  std::size_t next_page = 0;
  for (std::uint64_t offset = 0; offset < bytes_;) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(kBlockSize, bytes_ - offset));
    SQB_ASSIGN(const ByteSpan block, sink.next_block(size));
    SQB_TRY(file_.read(offset, block));
    SQB_ASSIGN(const bool same, overlay(offset, block, next_page));
    if (!same) return false;
    SQB_TRY(sink.commit_block());
    offset += size;
    SQB_TRY(progress.advance(offset));
  }
  return true;
}

Result<bool> Capture::holds_up_writers() {
  std::array<std::uint8_t, kSqliteHeaderSize> head{};
  SQB_TRY(file_.read(0, head));
  return !parse_sqlite_header(head) || head[kWriteVersionOffset] != 2;
}

// A frame that changed under us can only mean that the reader holds read-lock 0: the log was wholly in the
// main file when we began, and may be restarted by a writer, once. No checkpoint can write the main file
// until we end, so a second look at the log suffices; every page taken from it was proven by its checksum
// when it was taken.
Status Capture::copy_to(ImageSink& sink, Progress& progress) {
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    SQB_ASSIGN(const bool done, copy_once(sink, progress));
    if (done) return {};
  }
  return {Error::kDatabaseBusy, "the write-ahead log of '" + source_.path +
                                    "' was restarted during every attempt to read it; try again"};
}

Result<bool> Capture::clone_to(WritableFile& target) {
  SQB_ASSIGN(const FileInfo info, files_.info(source_.path, /*follow_symlink=*/false));
  const int descriptor = file_.descriptor(files_, info.id);
  if (descriptor < 0) return false;
  std::vector<std::uint8_t> page;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    SQB_TRY(target.truncate(0));
    SQB_ASSIGN(const bool cloned, target.clone_from(descriptor));
    if (!cloned) return false;
    SQB_TRY(measure());
    SQB_TRY(target.truncate(bytes_));
    page.assign(std::max<std::size_t>(page_size_, std::min<std::uint64_t>(kSqliteHeaderSize, bytes_)), 0);
    bool same = true;
    bool first_page = false;
    for (const auto& entry : log_.pages()) {
      SQB_ASSIGN(same, log_.read(entry, page));
      if (!same) break;
      if (entry.page == 1) {
        first_page = true;
        mark_as_rollback(page);
      }
      SQB_TRY(target.write_at((std::uint64_t{entry.page} - 1) * page_size_, page));
    }
    if (!same) continue;
    if (!first_page && bytes_ > 0) {
      SQB_TRY(file_.read(0, page));
      mark_as_rollback(page);
      SQB_TRY(target.write_at(0, page));
    }
    return true;
  }
  return Status(Error::kDatabaseBusy, "the write-ahead log of '" + source_.path +
                                          "' was restarted during every attempt to read it; try again");
}

}  // namespace sqbackup
