#include "engine/file_sink.h"

namespace sqbackup {
namespace {

constexpr std::uint64_t kWritebackEvery = 32 << 20;

}  // namespace

Status FileSink::restart(bool hashed) {
  SQB_TRY(file_.truncate(0));
  size_ = since_writeback_ = 0;
  hash_.reset();
  if (!hashed) return {};
  SQB_ASSIGN(auto hash, Sha256::create());
  hash_.emplace(std::move(hash));
  return {};
}

Status FileSink::append(ByteView bytes) {
  if (hash_) hash_->update(bytes);
  SQB_TRY(file_.append(bytes));
  size_ += bytes.size();
  since_writeback_ += bytes.size();
  if (since_writeback_ >= kWritebackEvery) {
    file_.start_writeback();
    since_writeback_ = 0;
  }
  return {};
}

std::string FileSink::finish() {
  file_.start_writeback();
  return hash_ ? hash_->finish_hex() : std::string();
}

}  // namespace sqbackup
