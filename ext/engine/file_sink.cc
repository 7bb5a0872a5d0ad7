#include "engine/file_sink.h"

namespace sqbackup {

Status FileSink::restart(Feed feed) {
  writer_.emplace(file_, feed == Feed::kBlocks ? WriteBehind::Mode::kAtOnce : WriteBehind::Mode::kBehind);
  SQB_TRY(file_.truncate(0));
  size_ = 0;
  hash_.reset();
  if (feed != Feed::kHashedPieces) return {};
  SQB_ASSIGN(auto hash, Sha256::create());
  hash_.emplace(std::move(hash));
  return {};
}

Status FileSink::append(ByteView bytes) {
  if (hash_) hash_->update(bytes);
  SQB_TRY(writer_->append(bytes));
  size_ += bytes.size();
  return {};
}

Result<std::string> FileSink::finish() {
  SQB_TRY(writer_->finish());
  return hash_ ? hash_->finish_hex() : std::string();
}

}  // namespace sqbackup
