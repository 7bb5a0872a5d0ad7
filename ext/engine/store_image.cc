#include "engine/store_image.h"

#include <memory>

#include "engine/hash_file.h"
#include "engine/hashing_sink.h"
#include "engine/scratch_copy.h"
#include "engine/stored_writer.h"
#include "pages/backup_api.h"
#include "pages/capture.h"
#include "pages/read_transaction.h"

namespace sqbackup {
namespace {

// An image on its way, neither hashed nor copied by other threads.
class PlainImageSink : public ImageSink {
 public:
  explicit PlainImageSink(HashingSink::Begin begin) : begin_(std::move(begin)) {}
  Status begin(std::uint64_t bytes) override {
    SQB_ASSIGN(out_, begin_(bytes));
    return {};
  }
  Result<ByteSpan> next_block(std::size_t size) override {
    block_.resize(size);
    return ByteSpan(block_);
  }
  Status commit_block() override { return out_->append(block_); }

 private:
  HashingSink::Begin begin_;
  ByteSink* out_ = nullptr;
  std::vector<std::uint8_t> block_;
};

class Storing {
 public:
  Storing(BackupDirectory& directory, const Source& source, const StoredForm& form, bool salvage,
          PendingBackup& backup, Progress& progress)
      : directory_(directory),
        source_(source),
        form_(form),
        salvage_(salvage),
        backup_(backup),
        progress_(progress),
        writer_(backup.file(), form) {}

  Result<Stored> run() {
    if (needs_callers_connection(source_)) return from_connection();
    SQB_ASSIGN(capture_, Capture::begin(directory_.files(), source_, salvage_));
    if (!form_.is_plain()) {
      SQB_ASSIGN(const bool holds_up, capture_->holds_up_writers());
      return holds_up ? by_scratch_copy() : directly();
    }
    SQB_ASSIGN(const bool cloned, capture_->clone_to(backup_.file()));
    if (!cloned) return directly();
    end_capture();
    return hash_plain();
  }

 private:
  Status check_room(std::uint64_t bytes) {
    SQB_ASSIGN(const std::uint64_t available, directory_.files().free_space(directory_.path()));
    if (available >= bytes && available - bytes >= kSpareBytes) return {};
    return {Error::kDiskFull, "the backup needs " + std::to_string(bytes) + " bytes, and " +
                                  std::to_string(kSpareBytes) + " to spare for the database; '" +
                                  directory_.path() + "' has " + std::to_string(available) +
                                  " free; delete old backups or choose another directory"};
  }

  // Writers of a rollback-journal database wait for this.
  void end_capture() {
    stored_.database_bytes = capture_->bytes();
    stored_.warnings = capture_->warnings();
    capture_.reset();
  }

  Result<Stored> directly() {
    HashingSink sink([this](std::uint64_t bytes) -> Result<ByteSink*> {
      // How long the file will be is not known where it is compressed.
      SQB_TRY(check_room(form_.compressed ? 0 : bytes));
      return writer_.begin();
    });
    SQB_TRY(capture_->copy_to(sink, progress_));
    end_capture();
    SQB_ASSIGN(stored_.database_sha256, sink.finish());
    return finish();
  }

  Result<Stored> by_scratch_copy() {
    SQB_ASSIGN(auto scratch, ScratchCopy::make(directory_, /*sealed=*/form_.encrypted));
    bool cloned = false;
    if (!form_.encrypted) {
      SQB_ASSIGN(cloned, capture_->clone_to(scratch->file()));
    }
    if (!cloned) {
      PlainImageSink sink([&](std::uint64_t bytes) -> Result<ByteSink*> {
        SQB_TRY(check_room(bytes));
        return scratch->begin();
      });
      SQB_TRY(capture_->copy_to(sink, progress_));
      SQB_TRY(scratch->finish());
    }
    end_capture();
    return code(*scratch);
  }

  // A database that only the caller's connection can read.
  Result<Stored> from_connection() {
    if (form_.encrypted) {
      return Status(Error::kBadOption,
                    "this database can only be copied by SQLite itself, into a file that is not encrypted; "
                    "use a database file that is not opened in exclusive mode, or {\"encrypt\": false}");
    }
    progress_.begin_phase("copying", 0);
    if (form_.is_plain()) {
      SQB_TRY(copy_from_connection(source_, backup_.partial_path()));
      return hash_plain();
    }
    SQB_ASSIGN(auto scratch, ScratchCopy::make(directory_));
    SQB_TRY(copy_from_connection(source_, scratch->path()));
    return code(*scratch);
  }

  Result<Stored> code(ScratchCopy& scratch) {
    SQB_ASSIGN(auto content, scratch.content());
    stored_.database_bytes = content->size();
    SQB_ASSIGN(ByteSink* const out, writer_.begin());
    SQB_ASSIGN(stored_.database_sha256, hash_bytes(*content, out, "compressing", progress_));
    return finish();
  }

  Result<Stored> finish() {
    SQB_ASSIGN(auto written, writer_.finish());
    stored_.bytes = written.bytes;
    stored_.key = std::move(written.key);
    stored_.sha256 = form_.is_plain() ? stored_.database_sha256 : std::move(written.sha256);
    return std::move(stored_);
  }

  // The file was written by others than the writer.
  Result<Stored> hash_plain() {
    SQB_ASSIGN(auto file, directory_.files().open(backup_.partial_path(), /*follow_symlink=*/false));
    SQB_ASSIGN(const FileInfo info, file->info());
    stored_.bytes = stored_.database_bytes = info.size;
    SQB_ASSIGN(stored_.sha256, hash_file(*file, info.size, nullptr, "hashing", progress_));
    stored_.database_sha256 = stored_.sha256;
    return std::move(stored_);
  }

  BackupDirectory& directory_;
  const Source& source_;
  const StoredForm& form_;
  const bool salvage_;
  PendingBackup& backup_;
  Progress& progress_;
  StoredWriter writer_;
  std::unique_ptr<Capture> capture_;
  Stored stored_;
};

}  // namespace

Result<Stored> store_image(BackupDirectory& directory, const Source& source, const StoredForm& form,
                           bool salvage, PendingBackup& backup, Progress& progress) {
  return Storing(directory, source, form, salvage, backup, progress).run();
}

}  // namespace sqbackup
