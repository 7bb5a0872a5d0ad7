#include "engine/restore.h"

#include <array>
#include <new>
#include <optional>

#include "codec/sha256.h"
#include "engine/background_proof.h"
#include "engine/file_sink.h"
#include "engine/hash_file.h"
#include "engine/restore_rows.h"
#include "engine/scratch_copy.h"
#include "engine/verify.h"
#include "pages/backup_api.h"
#include "pages/image.h"

namespace sqbackup {
namespace {

// A file of ours that is gone when the operation ends, unless keep() was called.
class ScratchFile {
 public:
  ScratchFile(FileEnv& files, std::string path) : files_(files), path_(std::move(path)) {}
  ~ScratchFile() {
    if (path_.empty()) return;
    try {
      static_cast<void>(files_.remove(path_));
    } catch (const std::bad_alloc&) {  // no memory to say why it could not be removed
    }
  }
  ScratchFile(const ScratchFile&) = delete;
  ScratchFile& operator=(const ScratchFile&) = delete;
  const std::string& path() const { return path_; }
  void keep() { path_.clear(); }

 private:
  FileEnv& files_;
  std::string path_;
};

// What a backup is known by.
struct Expected {
  std::optional<Manifest> manifest;  // nullopt: it has none
  std::uint64_t size = 0;            // of the stored bytes
  std::string sha256;
  std::string database_sha256;  // of the image in them; empty: not known
};

Result<Expected> expect(BackupDirectory& directory, const std::string& name, std::optional<Manifest> manifest,
                        Progress& progress) {
  if (manifest) {
    Expected expected{{}, manifest->stored_size, manifest->sha256, manifest->database_sha256};
    expected.manifest = std::move(manifest);
    return expected;
  }
  SQB_ASSIGN(auto file, directory.open_data(name));
  SQB_ASSIGN(const FileInfo info, file->info());
  SQB_ASSIGN(auto hash, hash_file(*file, info.size, nullptr, "hashing", progress));
  return Expected{{}, info.size, std::move(hash), {}};
}

// Reads the file once more; between the proof and the use of its bytes a disk may have changed them.
Status still_as_expected(BackupDirectory& directory, const std::string& name, const Expected& expected,
                         Progress& progress) {
  SQB_ASSIGN(auto file, directory.open_data(name));
  SQB_ASSIGN(const std::string hash, hash_file(*file, expected.size, nullptr, "hashing", progress));
  if (hash == expected.sha256) return {};
  return {Error::kStoredBytesDamaged, "its bytes changed while it was being restored; nothing was restored"};
}

// Writes the image to an empty file, proving its bytes on the way.
Status copy_out(StoredImage& image, const Expected& expected, WritableFile& file, Progress& progress) {
  FileSink out(file);
  SQB_TRY(out.restart(FileSink::Feed::kHashedPieces));
  SQB_TRY(image.copy_to(out, "restoring", progress));
  SQB_ASSIGN(const std::string hash, out.finish());
  if (expected.database_sha256.empty() || hash == expected.database_sha256) return file.sync();
  return {Error::kStoredBytesDamaged,
          "the SHA-256 of the database in it is " + hash + " instead of " + expected.database_sha256};
}

// The text of a JSON snapshot, read once from its beginning to its end and hashed on the way.
class HashedText : public ByteSource {
 public:
  static Result<std::unique_ptr<HashedText>> create(StoredImage& text) {
    SQB_ASSIGN(auto hash, Sha256::create());
    return std::unique_ptr<HashedText>(new HashedText(text, std::move(hash)));
  }
  std::uint64_t size() const override { return text_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, ByteSpan out) override {
    if (offset != hashed_) return Status(Error::kInternal, "a JSON snapshot is not read in order");
    SQB_ASSIGN(const std::size_t got, text_.read_at(offset, out));
    hash_.update(out.first(got));
    hashed_ += got;
    return got;
  }
  // Ok where all was read, and is what was `expected`.
  Status check(const Expected& expected) {
    const std::string hash = hash_.finish_hex();
    if (hashed_ == size() && hash == expected.database_sha256) return {};
    return {Error::kStoredBytesDamaged,
            "the SHA-256 of the text in it is " + hash + " instead of " + expected.database_sha256};
  }

 private:
  HashedText(StoredImage& text, Sha256 hash) : text_(text), hash_(std::move(hash)) {}
  StoredImage& text_;
  Sha256 hash_;
  std::uint64_t hashed_ = 0;
};

// To an empty file, as a database.
Status load_out(BackupDirectory& directory, const std::string& name, StoredImage& image,
                const Expected& expected, const std::string& path, WritableFile& file,
                std::vector<std::string>* reindex, Progress& progress) {
  if (expected.manifest) SQB_TRY(was_sound(*expected.manifest).with_context("backup '" + name + "'"));
  if (expected.database_sha256.empty()) {
    SQB_TRY(image.explain(load_rows(image, path, file, reindex, progress)));
    return still_as_expected(directory, name, expected, progress);
  }
  SQB_ASSIGN(const auto text, HashedText::create(image));
  SQB_TRY(image.explain(load_rows(*text, path, file, reindex, progress)));
  return text->check(expected);
}

// SQLite cannot change the page size of a database in WAL mode, so the image is rewritten to the target's.
Status change_page_size(const std::string& path, std::uint32_t page_size) {
  SQB_ASSIGN(auto scratch, Connection::open(path, SQLITE_OPEN_READWRITE));
  SQB_TRY(scratch.execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA page_size=" +
                          std::to_string(page_size)));
  SQB_TRY(scratch.execute("VACUUM").with_context("cannot change the page size of the backup"));
  SQB_ASSIGN(const auto now, scratch.query_integer("PRAGMA page_size"));
  if (now == page_size) return {};
  return {Error::kPageSizeDiffers, "the backup's page size is " + std::to_string(now) +
                                       " and the database's " + std::to_string(page_size) +
                                       ", and SQLite cannot convert it; restore with {\"to\": ...}"};
}

Status refuse_leftovers_of_target(FileEnv& files, const std::string& path) {
  for (const char* suffix : {"-journal", "-wal"}) {
    const auto info = files.info(path + suffix, /*follow_symlink=*/false);
    if (!info.ok() || info->size == 0) continue;
    return {Error::kInUse, "'" + path + suffix +
                               "' exists: SQLite would apply it to the restored file; close the " +
                               "database that uses it, or remove it if there is none"};
  }
  return {};
}

Status restore_to_live(BackupDirectory& directory, const std::string& name, const AgeKeys& keys,
                       const Source& target, const std::function<Status(const Source& locked)>& take_undo,
                       Progress& progress) {
  SQB_TRY(verify_backup(directory, name, VerifyLevel::kFull, keys, progress));
  SQB_ASSIGN(auto manifest, load_manifest(directory, name, keys));
  SQB_ASSIGN(const Expected expected, expect(directory, name, std::move(manifest), progress));
  SQB_ASSIGN(const LiveTarget live, inspect_live(target));
  SQB_ASSIGN(auto image, open_backup(directory, name, expected.manifest, keys, progress));
  const auto unchanged = [&] { return still_as_expected(directory, name, expected, progress); };
  if (image->holds_json())
    return image->explain(replace_rows(*image, target, take_undo, unchanged, progress));
  SQB_ASSIGN(auto database, image->database());
  SQB_ASSIGN(const auto page_size, database.query_integer("PRAGMA page_size"));
  SQB_ASSIGN(const auto encoding, database.query_text("PRAGMA encoding"));
  if (!live.encoding.empty() && image->size() > 0 && live.encoding != encoding) {
    return {Error::kEncodingDiffers,
            "its text encoding is " + encoding + " and the database's " + live.encoding +
                ", which connected clients could not follow; restore with {\"to\": ...}"};
  }
  if (!live.wal || live.page_size == page_size || image->size() == 0) {
    return image->explain(copy_into_live(database, target, take_undo, unchanged, progress));
  }
  SQB_ASSIGN(auto scratch, ScratchCopy::make(directory));
  SQB_TRY(copy_out(*image, expected, scratch->file(), progress));
  SQB_TRY(change_page_size(scratch->path(), live.page_size));
  SQB_ASSIGN(auto converted, open_image(scratch->path()));
  SQB_TRY(check_image(converted, CheckDepth::kIntegrity, progress));
  return copy_into_live(
      converted, target, take_undo, [] { return Status(); }, progress);
}

// Everything of it up to its name. What stands in the way of a proof is the caller's to tell.
Status make_file(BackupDirectory& directory, const std::string& name, const AgeKeys& keys,
                 const Expected& expected, const FileRestore& target, const std::string& path,
                 Progress& progress) {
  SQB_ASSIGN(auto image, open_backup(directory, name, expected.manifest, keys, progress));
  SQB_ASSIGN(auto file, directory.files().create(path));
  if (image->holds_json())
    return load_out(directory, name, *image, expected, path, *file, target.reindex, progress);
  return copy_out(*image, expected, *file, progress);
}

// The stored bytes are proven while they are being read: what is wrong with them is the reason for whatever
// else fails, and nothing is used before they are known to be right.
Status make_proven_file(BackupDirectory& directory, const std::string& name, const AgeKeys& keys,
                        const Expected& expected, const FileRestore& target, const std::string& path,
                        Progress& progress) {
  if (!expected.manifest) return make_file(directory, name, keys, expected, target, path, progress);
  BackgroundProof proof(directory, name);
  proof.start();
  Status made = make_file(directory, name, keys, expected, target, path, progress);
  if (made.is(Error::kInterrupted) || made.is(Error::kNoKey)) return made;
  SQB_TRY(proof.wait(progress));
  return made;
}

}  // namespace

Status restore_live(BackupDirectory& directory, const std::string& name, const AgeKeys& keys,
                    const Source& target, const std::function<Status(const Source& locked)>& take_undo,
                    Progress& progress) {
  return restore_to_live(directory, name, keys, target, take_undo, progress);
}

Status restore_to_file(BackupDirectory& directory, const std::string& name, const AgeKeys& keys,
                       const FileRestore& target, Progress& progress) {
  FileEnv& files = directory.files();
  const std::string& path = target.path;
  const std::string context = "backup '" + name + "'";
  SQB_TRY(refuse_leftovers_of_target(files, path));
  auto manifest = load_manifest(directory, name, keys);
  if (!manifest.ok()) return manifest.status().with_context(context);
  if (!*manifest) SQB_TRY(verify_backup(directory, name, VerifyLevel::kChecksum, keys, progress));
  SQB_ASSIGN(const Expected expected, expect(directory, name, std::move(*manifest), progress));
  // One name for all restores from this directory to this path: what a dead one left is removed by the next.
  SQB_ASSIGN(const std::string path_hash, sha256_hex(as_bytes(path)));
  SQB_ASSIGN(const auto lock, directory.lock_name("restore-to-" + path_hash, LockMode::kExclusive));
  SQB_ASSIGN(const std::string origin, sha256_hex(as_bytes(directory.path())));
  ScratchFile scratch(files, join_path(directory_of(path), "." + file_name_of(path) + "." +
                                                               origin.substr(0, 16) + ".sqbackup-restore"));
  if (Status old = files.remove(scratch.path()); !old.ok() && !old.is(Error::kNoSuchFile)) return old;
  SQB_TRY(make_proven_file(directory, name, keys, expected, target, scratch.path(), progress));
  // The database in it is looked at here, where it can be read fastest.
  const VerifyLevel level = expected.manifest ? target.level : VerifyLevel::kFull;
  if (level != VerifyLevel::kChecksum) {
    SQB_ASSIGN(auto database, open_image(scratch.path()));
    SQB_TRY(check_database(database, expected.manifest, level, progress).with_context(context));
  }
  if (target.overwrite) {  // whoever could use the old file can use the new one, and nobody else
    if (Status access = files.copy_access(path, scratch.path());
        !access.ok() && !access.is(Error::kNoSuchFile)) {
      return access;
    }
  }
  SQB_TRY(target.overwrite ? files.rename(scratch.path(), path) : files.rename_new(scratch.path(), path));
  scratch.keep();
  Status synced = files.sync_directory(directory_of(path));
  // What may not survive was not restored; and it must not stand in the way of the next attempt.
  if (!synced.ok() && !target.overwrite) static_cast<void>(files.remove(path));
  return synced;
}

}  // namespace sqbackup
