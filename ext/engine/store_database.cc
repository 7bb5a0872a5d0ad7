#include "engine/store_database.h"

#include <memory>

#include "engine/hash_file.h"
#include "engine/hashing_sink.h"
#include "engine/room.h"
#include "engine/scratch_copy.h"
#include "engine/store_rows.h"
#include "engine/stored_writer.h"
#include "pages/backup_api.h"
#include "pages/capture.h"
#include "pages/image.h"
#include "pages/image_vfs.h"
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
  Storing(BackupDirectory& directory, const Source& source, const StoreOptions& options,
          PendingBackup& backup, Manifest& manifest, Progress& progress)
      : directory_(directory),
        source_(source),
        options_(options),
        form_(options.form),
        backup_(backup),
        manifest_(manifest),
        progress_(progress),
        writer_(backup.file(), form_) {}

  Status run() {
    if (needs_callers_connection(source_)) return from_connection();
    SQB_ASSIGN(capture_, Capture::begin(directory_.files(), source_, options_.salvage));
    if (!form_.is_database_file()) {
      SQB_ASSIGN(const bool holds_up, capture_->holds_up_writers());
      if (holds_up) return by_scratch_copy();
      return form_.json ? rows_directly() : directly();
    }
    SQB_ASSIGN(const bool cloned, capture_->clone_to(backup_.file()));
    if (!cloned) return directly();
    end_capture();
    return hash_plain();
  }

  std::optional<AgeFileKey> take_key() { return std::move(key_); }

 private:
  Status check_room(std::uint64_t bytes) {
    return require_room(directory_.files(), directory_.path(), bytes, "the backup",
                        "delete old backups or choose another directory");
  }

  // Writers of a rollback-journal database wait for this.
  void end_capture() {
    manifest_.database_size = capture_->bytes();
    manifest_.warnings = capture_->warnings();
    capture_.reset();
  }

  Status directly() {
    HashingSink sink([this](std::uint64_t bytes) -> Result<ByteSink*> {
      // How long the file will be is not known where it is compressed.
      SQB_TRY(check_room(form_.compressed ? 0 : bytes));
      return writer_.begin();
    });
    SQB_TRY(capture_->copy_to(sink, progress_));
    end_capture();
    SQB_ASSIGN(manifest_.database_sha256, sink.finish());
    return finish();
  }

  // SQLite reads the state that the capture holds.
  Status rows_directly() {
    SQB_TRY(check_room(0));
    SQB_TRY(capture_->measure());
    manifest_.warnings = capture_->warnings();
    SQB_TRY(rows_of(capture_->connection()));
    capture_.reset();
    return finish();
  }

  Status rows_of(Connection& image) {
    SQB_ASSIGN(ByteSink* const out, writer_.begin());
    SQB_ASSIGN(manifest_.database_sha256,
               store_rows(image, {form_.exclude_tables}, options_.check_rows, *out, manifest_, progress_));
    return {};
  }

  Status by_scratch_copy() {
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
  Status from_connection() {
    if (form_.encrypted) {
      return {Error::kBadOption,
              "this database can only be copied by SQLite itself, into a file that is not encrypted; "
              "use a database file that is not opened in exclusive mode, or {\"encrypt\": false}"};
    }
    progress_.begin_phase("copying", 0);
    if (form_.is_database_file()) {
      SQB_TRY(copy_from_connection(source_, backup_.partial_path()));
      return hash_plain();
    }
    SQB_ASSIGN(auto scratch, ScratchCopy::make(directory_));
    SQB_TRY(copy_from_connection(source_, scratch->path()));
    return code(*scratch);
  }

  Status code(ScratchCopy& scratch) {
    SQB_ASSIGN(auto content, scratch.content());
    if (form_.json) {
      SQB_ASSIGN(auto image, form_.encrypted ? open_image(*content) : open_image(scratch.path()));
      SQB_TRY(rows_of(image));
      return finish();
    }
    manifest_.database_size = content->size();
    SQB_ASSIGN(ByteSink* const out, writer_.begin());
    SQB_ASSIGN(manifest_.database_sha256, hash_bytes(*content, out, "compressing", progress_));
    return finish();
  }

  Status finish() {
    SQB_ASSIGN(auto written, writer_.finish());
    manifest_.stored_size = written.bytes;
    manifest_.sha256 = form_.is_plain() ? manifest_.database_sha256 : std::move(written.sha256);
    key_ = std::move(written.key);
    return {};
  }

  // The file was written by others than the writer.
  Status hash_plain() {
    SQB_ASSIGN(auto file, directory_.files().open(backup_.partial_path(), /*follow_symlink=*/false));
    SQB_ASSIGN(const FileInfo info, file->info());
    manifest_.stored_size = manifest_.database_size = info.size;
    SQB_ASSIGN(manifest_.sha256, hash_file(*file, info.size, nullptr, "hashing", progress_));
    manifest_.database_sha256 = manifest_.sha256;
    return {};
  }

  BackupDirectory& directory_;
  const Source& source_;
  const StoreOptions& options_;
  const StoredForm& form_;
  PendingBackup& backup_;
  Manifest& manifest_;
  Progress& progress_;
  StoredWriter writer_;
  std::unique_ptr<Capture> capture_;
  std::optional<AgeFileKey> key_;
};

}  // namespace

Result<std::optional<AgeFileKey>> store_database(BackupDirectory& directory, const Source& source,
                                                 const StoreOptions& options, PendingBackup& backup,
                                                 Manifest& manifest, Progress& progress) {
  Storing storing(directory, source, options, backup, manifest, progress);
  SQB_TRY(storing.run());
  return storing.take_key();
}

}  // namespace sqbackup
