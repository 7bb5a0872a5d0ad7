#include "pages/wal_reader.h"

#include <algorithm>
#include <limits>

namespace sqbackup {
namespace {

constexpr std::size_t kReadAhead = 1 << 20;
constexpr std::size_t kFirstCompaction = 1 << 18;
// A log restarts at most once or twice under one reader; more means that it is not a log we understand.
constexpr int kMaxScans = 20;
constexpr std::uint32_t kEveryFrame = std::numeric_limits<std::uint32_t>::max();

// Walks the frames of a log in large reads.
class FrameStream {
 public:
  FrameStream(ReadableFile& file, std::uint32_t page_size)
      : file_(file), frame_size_(kWalFrameHeaderSize + page_size), offset_(kWalHeaderSize) {
    buffer_.resize(std::max(frame_size_, kReadAhead / frame_size_ * frame_size_));
  }

  // The next whole frame; empty at the end.
  Result<ByteView> next() {
    if (position_ + frame_size_ > filled_) {
      SQB_ASSIGN(filled_, file_.read_at(offset_, buffer_));
      position_ = 0;
      if (filled_ < frame_size_) return ByteView{};
      filled_ -= filled_ % frame_size_;
      offset_ += filled_;
    }
    const ByteView frame(buffer_.data() + position_, frame_size_);
    position_ += frame_size_;
    return frame;
  }

 private:
  ReadableFile& file_;
  std::size_t frame_size_;
  std::uint64_t offset_;
  std::vector<std::uint8_t> buffer_;
  std::size_t filled_ = 0;
  std::size_t position_ = 0;
};

}  // namespace

Result<WalReader> WalReader::open(FileEnv& files, const std::string& database_path) {
  auto file = files.open(database_path + "-wal", /*follow_symlink=*/false);
  if (file.ok()) return WalReader(std::move(file).value());
  if (file.status().is(Error::kNoSuchFile)) return WalReader(nullptr);
  return file.status();
}

std::uint64_t WalReader::frame_offset(std::uint64_t frame) const {
  return kWalHeaderSize + (frame - 1) * (kWalFrameHeaderSize + header_->page_size);
}

Result<std::optional<WalHeader>> WalReader::read_header() {
  raw_header_.fill(0);
  SQB_ASSIGN(const std::size_t size, file_->read_at(0, raw_header_));
  if (size < kWalHeaderSize) return std::optional<WalHeader>();
  return parse_wal_header(raw_header_);
}

void WalReader::keep_newest() {
  std::sort(pages_.begin(), pages_.end(), [](const Page& a, const Page& b) {
    return a.page != b.page ? a.page < b.page : a.frame > b.frame;
  });
  pages_.erase(std::unique(pages_.begin(), pages_.end(),
                           [](const Page& a, const Page& b) { return a.page == b.page; }),
               pages_.end());
}

Status WalReader::scan(const ReadIndex& read_index) {
  for (int attempt = 0; attempt < kMaxScans; ++attempt) {
    SQB_ASSIGN(const bool stable, scan_once(read_index));
    if (stable) return {};
  }
  return {Error::kDatabaseBusy,
          "the write-ahead log was restarted during every attempt to read it; try again"};
}

// Notes the pages up to the newest commit that is not behind frame `last`. Returns that commit's frame; 0:
// none.
Result<std::uint32_t> WalReader::read_frames(std::uint32_t last) {
  FrameStream stream(*file_, header_->page_size);
  WalChecksum checksum = header_->checksum;
  std::uint32_t newest_commit = 0;
  std::size_t committed = 0;
  std::size_t compact_at = kFirstCompaction;
  for (std::uint32_t frame = 1; frame <= last; ++frame) {
    SQB_ASSIGN(const ByteView bytes, stream.next());
    if (bytes.empty()) break;
    const WalFrameHeader head = parse_wal_frame_header(bytes);
    if (head.salt1 != header_->salt1 || head.salt2 != header_->salt2 || head.page == 0) break;
    checksum = wal_frame_checksum(header_->big_endian, checksum, bytes.first(kWalFrameHeaderSize),
                                  bytes.subspan(kWalFrameHeaderSize));
    if (!(checksum == head.checksum)) break;
    pages_.push_back({head.page, frame, checksum});
    if (head.database_pages == 0) continue;
    database_pages_ = head.database_pages;
    newest_commit = frame;
    committed = pages_.size();
    if (committed >= compact_at) {
      keep_newest();
      committed = pages_.size();
      compact_at = std::max(kFirstCompaction, committed * 2);
    }
  }
  pages_.resize(committed);
  return newest_commit;
}

// False: the log was restarted meanwhile.
Result<bool> WalReader::scan_once(const ReadIndex& read_index) {
  pages_.clear();
  database_pages_ = 0;
  damaged_ = false;
  header_.reset();
  if (file_ == nullptr) return true;
  SQB_ASSIGN(const auto index, read_index());
  if (index && index->max_frame == 0) return true;
  SQB_ASSIGN(header_, read_header());
  const auto header_before = raw_header_;
  if (index && !(header_ && header_->salt1 == index->salt1 && header_->salt2 == index->salt2)) {
    // A restart changes the index before it touches the log.
    header_.reset();
    SQB_ASSIGN(const auto index_after, read_index());
    damaged_ = index_after == index;
    return damaged_;
  }
  std::uint32_t newest_commit = 0;
  if (header_) {
    SQB_ASSIGN(newest_commit, read_frames(index ? index->max_frame : kEveryFrame));
  }
  // A header that changed means frames of two generations may have been mixed above.
  const auto header = header_;
  SQB_ASSIGN(const auto header_after, read_header());
  static_cast<void>(header_after);
  if (raw_header_ != header_before) return false;
  header_ = header;
  damaged_ = index && newest_commit != index->max_frame;
  keep_newest();
  std::erase_if(pages_, [this](const Page& page) { return page.page > database_pages_; });
  pages_.shrink_to_fit();
  return true;
}

Result<bool> WalReader::read(const Page& page, ByteSpan out) {
  WalChecksum before = header_->checksum;
  if (page.frame > 1) {
    std::array<std::uint8_t, kWalFrameHeaderSize> previous;
    SQB_ASSIGN(const std::size_t size, file_->read_at(frame_offset(page.frame - 1), previous));
    if (size < previous.size()) return false;
    before = parse_wal_frame_header(previous).checksum;
  }
  frame_.resize(kWalFrameHeaderSize + header_->page_size);
  SQB_ASSIGN(const std::size_t size, file_->read_at(frame_offset(page.frame), frame_));
  if (size < frame_.size()) return false;
  const ByteView head(frame_.data(), kWalFrameHeaderSize);
  const ByteView body = ByteView(frame_).subspan(kWalFrameHeaderSize);
  const WalFrameHeader parsed = parse_wal_frame_header(head);
  if (parsed.page != page.page || parsed.salt1 != header_->salt1 || parsed.salt2 != header_->salt2 ||
      !(parsed.checksum == page.checksum) ||
      !(wal_frame_checksum(header_->big_endian, before, head, body) == page.checksum)) {
    return false;
  }
  std::copy(body.begin(), body.end(), out.begin());
  return true;
}

}  // namespace sqbackup
