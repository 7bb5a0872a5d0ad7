#include "pages/wal_index.h"

#include <array>

namespace sqbackup {
namespace {

constexpr int kRegionSize = 32768;
constexpr std::size_t kHeaderWords = kWalIndexHeaderSize / sizeof(std::uint32_t);
// Publishing takes a writer less than a microsecond; only one that was stopped in the middle takes longer.
constexpr int kMaxAttempts = 100;
constexpr int kPatientAttempts = 10;

using Words = std::array<std::uint32_t, kHeaderWords>;

Words copy_of(const volatile std::uint32_t* words) {
  Words copy;
  for (std::size_t i = 0; i < copy.size(); ++i) copy[i] = words[i];
  return copy;
}

}  // namespace

WalIndex WalIndex::of(Connection& connection) {
  sqlite3_file* file = nullptr;
  sqlite3_file* log = nullptr;
  sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &log);
  // Without a log the connection has no shared memory, and asking for it would create some.
  const bool has_log = log != nullptr && log->pMethods != nullptr;
  const bool has_shared_memory = file != nullptr && file->pMethods != nullptr &&
                                 file->pMethods->iVersion >= 2 && file->pMethods->xShmMap != nullptr;
  return WalIndex(has_log && has_shared_memory ? file : nullptr);
}

Result<std::optional<WalIndexHeader>> WalIndex::read() {
  if (file_ == nullptr) return std::optional<WalIndexHeader>();
  void volatile* region = nullptr;
  // SQLite mapped it when the transaction began, so this neither opens nor extends anything.
  const int code = file_->pMethods->xShmMap(file_, 0, kRegionSize, /*extend=*/0, &region);
  // A connection that may not write the memory reads it, or if nobody keeps it up, an index of its own.
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_READONLY) {
    return sqlite_status("read the index of the write-ahead log", code, nullptr);
  }
  if (region == nullptr) return std::optional<WalIndexHeader>();

  // A writer writes the second copy first.
  const auto* words = static_cast<const volatile std::uint32_t*>(region);
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    const Words first = copy_of(words);
    file_->pMethods->xShmBarrier(file_);
    const Words second = copy_of(words + kHeaderWords);
    if (first == second) {
      const ByteView bytes(reinterpret_cast<const std::uint8_t*>(first.data()), kWalIndexHeaderSize);
      if (const auto header = parse_wal_index_header(bytes)) return header;
    }
    if (attempt >= kPatientAttempts) sqlite3_sleep(1);
  }
  return std::optional<WalIndexHeader>();
}

}  // namespace sqbackup
