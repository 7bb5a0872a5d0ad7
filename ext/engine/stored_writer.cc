#include "engine/stored_writer.h"

namespace sqbackup {

Result<ByteSink*> StoredWriter::begin() {
  zstd_.reset();
  age_.reset();
  SQB_TRY(file_.restart(form_.is_database_file() ? FileSink::Feed::kBlocks
                        : form_.is_plain()       ? FileSink::Feed::kPieces
                                                 : FileSink::Feed::kHashedPieces));
  ByteSink* head = &file_;
  if (form_.encrypted) {
    if (form_.lock == nullptr) return Status(Error::kInternal, "encryption without anybody to encrypt for");
    SQB_ASSIGN(AgeWriter age, AgeWriter::create(*form_.lock, *head));
    head = &age_.emplace(std::move(age));
  }
  if (form_.compressed) {
    SQB_ASSIGN(zstd_, ZstdWriter::create(form_.zstd, *head));
    head = zstd_.get();
  }
  return head;
}

Result<StoredWriter::Written> StoredWriter::finish() {
  Written written;
  if (zstd_ != nullptr) SQB_TRY(zstd_->finish());
  zstd_.reset();
  if (age_) {
    SQB_TRY(age_->finish());
    written.key = age_->file_key().copy();
    age_.reset();
  }
  SQB_ASSIGN(written.sha256, file_.finish());
  written.bytes = file_.size();
  return written;
}

}  // namespace sqbackup
