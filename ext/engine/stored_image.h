// StoredImage: what is in the stored bytes of a backup, a database image or the text of a JSON snapshot,
// through whatever codecs it needs. Nothing of it is written anywhere.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/byte_stream.h"
#include "base/file_env.h"
#include "base/progress.h"
#include "base/status.h"
#include "codec/age/reader.h"
#include "codec/zstd_reader.h"
#include "engine/scratch_copy.h"
#include "engine/stored_form.h"
#include "pages/connection.h"

namespace sqbackup {

// What opens an encrypted file: keys, or the file's own where it is still known. Null: nothing.
struct Unlock {
  const AgeKeys* keys = nullptr;
  const AgeFileKey* file_key = nullptr;
};

// The bytes of a regular file, as they are.
Result<std::unique_ptr<ByteSource>> open_source(FileEnv& files, const std::string& path);

class StoredImage : public ByteSource {
 public:
  // Of the file at `path`, a regular one, that was stored in `form`. kStoredBytesDamaged, kNoSuchFile,
  // kNoKey.
  static Result<std::unique_ptr<StoredImage>> open(FileEnv& files, const std::string& path,
                                                   const StoredForm& form, const Unlock& unlock);

  // Of a file that somebody else made: its form is told by its first bytes. What cannot be read anywhere (a
  // file of stock zstd) is decompressed into a scratch file of `directory` first.
  static Result<std::unique_ptr<StoredImage>> open_imported(BackupDirectory& directory,
                                                            const std::string& name, const AgeKeys& keys,
                                                            Progress& progress);

  bool holds_json() const { return json_; }
  std::uint64_t size() const override { return head_->size(); }
  Result<std::size_t> read_at(std::uint64_t offset, ByteSpan out) override;

  // The database in it, for reading; not of JSON. This object outlives the connection and is used by its
  // thread only.
  Result<Connection> database();

  // All of it, in order, by as many threads as there are processors.
  Status copy_to(ByteSink& out, const char* phase, Progress& progress);

  // `status`, or what the bytes themselves failed with: SQLite only says that I/O failed.
  Status explain(const Status& status) const { return status.ok() || failure_.ok() ? status : failure_; }

 private:
  StoredImage(std::string path, std::unique_ptr<ByteSource> file);
  Status decrypt(const Unlock& unlock);
  Status decompress();

  bool json_ = false;
  std::string path_;  // of a plain file that SQLite may read by itself; empty: there is none
  std::unique_ptr<ScratchCopy> scratch_;
  std::unique_ptr<ByteSource> file_;
  std::optional<AgeReader> age_;
  std::unique_ptr<ZstdReader> zstd_;
  ByteSource* head_;
  Status failure_;
};

}  // namespace sqbackup
