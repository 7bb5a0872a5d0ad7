#include "engine/stored_writer.h"

namespace sqbackup {

Result<ByteSink*> StoredWriter::begin() {
  zstd_.reset();
  SQB_TRY(file_.restart(/*hashed=*/!form_.is_plain()));
  if (!form_.compressed) return &file_;
  SQB_ASSIGN(zstd_, ZstdWriter::create(form_.zstd, file_));
  return zstd_.get();
}

Result<StoredWriter::Written> StoredWriter::finish() {
  if (zstd_ != nullptr) SQB_TRY(zstd_->finish());
  zstd_.reset();
  std::string hash = file_.finish();
  return Written{file_.size(), std::move(hash)};
}

}  // namespace sqbackup
