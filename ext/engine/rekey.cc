#include "engine/rekey.h"

#include <algorithm>

#include "codec/age/in_memory.h"
#include "codec/base64.h"
#include "engine/file_sink.h"
#include "engine/file_source.h"
#include "engine/hash_file.h"
#include "engine/room.h"
#include "engine/verify.h"

namespace sqbackup {
namespace {

// Hands on what comes after the first `left_out` bytes.
class TailSink : public ByteSink {
 public:
  TailSink(ByteSink& out, std::size_t left_out) : out_(out), left_out_(left_out) {}
  Status append(ByteView bytes) override {
    const std::size_t skipped = std::min(bytes.size(), left_out_);
    left_out_ -= skipped;
    return skipped < bytes.size() ? out_.append(bytes.subspan(skipped)) : Status();
  }

 private:
  ByteSink& out_;
  std::size_t left_out_;
};

Result<Manifest> manifest_of(BackupDirectory& directory, const std::string& name) {
  SQB_ASSIGN(auto manifest, load_manifest(directory, name, no_keys()));
  if (!manifest) {
    return Status(Error::kImported,
                  "refused: it is an imported file, without a hash that proves what would be copied; restore "
                  "it and back it up, or age -d -i KEY < FILE | age -r age1... > OTHER");
  }
  if (!manifest->encryption) {
    return Status(Error::kNotEncrypted,
                  "it is not encrypted, and there is nothing to rekey; SELECT backup_now() with encrypt_to "
                  "set makes an encrypted one");
  }
  return std::move(*manifest);
}

// The encrypted part of a manifest or of marks, for others.
Result<std::string> reseal(const std::string& secret, const AgeKeys& keys, const AgeLock& lock,
                           const char* of_what) {
  const auto sealed = base64_decode(secret);
  if (!sealed) return Status(Error::kManifestDamaged, std::string(of_what) + " is no base64");
  const auto changed = age_reseal(as_bytes(*sealed), keys, lock);
  if (changed.ok()) return base64_encode(as_bytes(*changed));
  if (!changed.status().is(Error::kStoredBytesDamaged)) return changed.status();
  return Status(Error::kManifestDamaged, std::string(of_what) + ": " + changed.status().message());
}

// nullopt: they stay as they are: there are none, nothing in them is encrypted, or they cannot be read, which
// takes nothing from the backup.
Result<std::optional<std::string>> marks_for(BackupDirectory& directory, const std::string& name,
                                             const AgeKeys& keys, const AgeLock& lock) {
  using Text = std::optional<std::string>;
  const auto text = directory.read_marks(name);
  if (text.status().is(Error::kNoSuchFile)) return Text();
  if (!text.ok()) return text.status();
  auto marks = read_marks(*text);
  if (marks.status().is(Error::kManifestDamaged)) return Text();
  if (!marks.ok()) return marks.status();
  if (marks->secret.empty()) return Text();
  SQB_ASSIGN(marks->secret, reseal(marks->secret, keys, lock, "the encrypted part of the marks"));
  SQB_ASSIGN(std::string changed, write_marks(*marks));
  return Text(std::move(changed));
}

Status damaged(const std::string& hash, const Manifest& manifest) {
  return {Error::kStoredBytesDamaged, "its SHA-256 is " + hash + " instead of " + manifest.sha256};
}

// The manifest's part was opened with `keys`: that the file's header is not may be damage.
Result<AgeFileKey> file_key_of(const AgeHeader& header, ReadableFile& file, const Manifest& manifest,
                               const AgeKeys& keys, Progress& progress) {
  auto key = age_file_key(header, keys);
  if (!key.status().is(Error::kNoKey)) return key;
  SQB_ASSIGN(const std::string hash, hash_file(file, manifest.stored_size, nullptr, "hashing", progress));
  return hash == manifest.sha256 ? no_key(manifest, key.status()) : damaged(hash, manifest);
}

Result<std::unique_ptr<ReadableFile>> open_stored(BackupDirectory& directory, const std::string& name) {
  auto file = directory.open_data(name);
  if (!file.status().is(Error::kNoSuchFile)) return file;
  return Status(Error::kStoredBytesDamaged, "its file is missing");
}

Result<Manifest> rekey(BackupDirectory& directory, const std::string& name, const AgeKeys& keys,
                       const AgeLock& lock, Progress& progress) {
  SQB_ASSIGN(const Manifest before, manifest_of(directory, name));
  Manifest manifest = before;
  manifest.encryption = encryption_of(lock);
  // For whom it is to be already: a rotation that was interrupted goes on behind it.
  if (!lock.recipients.empty() && manifest.encryption->recipients == before.encryption->recipients)
    return before;
  auto secret = reseal(before.secret, keys, lock, "the encrypted part of the manifest");
  if (!secret.ok()) return no_key(before, secret.status());
  manifest.secret = *secret;
  const auto marks = marks_for(directory, name, keys, lock);
  if (!marks.ok()) return no_key(before, marks.status());

  SQB_ASSIGN(const auto file, open_stored(directory, name));
  FileSource stored(*file, before.stored_size);
  SQB_ASSIGN(const AgeHeader old_header, AgeHeader::read(stored));
  SQB_ASSIGN(const AgeFileKey key, file_key_of(old_header, *file, before, keys, progress));
  SQB_ASSIGN(const std::string header, age_rewrap(old_header, key, lock));
  SQB_TRY(require_room(directory.files(), directory.path(), before.stored_size + header.size(),
                       "the new file, beside the old one for a while,", "make room there"));

  SQB_ASSIGN(const auto replacement, directory.begin_replacement(name));
  FileSink out(replacement->file());
  SQB_TRY(out.restart(FileSink::Feed::kHashedPieces));
  SQB_TRY(out.append(as_bytes(header)));
  TailSink payload(out, old_header.size());
  SQB_ASSIGN(const std::string hash, hash_file(*file, before.stored_size, &payload, "rekeying", progress));
  if (hash != before.sha256) return damaged(hash, before);
  SQB_ASSIGN(manifest.sha256, out.finish());
  manifest.stored_size = out.size();
  SQB_ASSIGN(const std::string text, write_manifest(manifest));
  SQB_TRY(replacement->commit(text, *marks));
  return manifest;
}

}  // namespace

Result<Manifest> rekey_backup(BackupDirectory& directory, const std::string& name, const AgeKeys& keys,
                              const AgeLock& lock, Progress& progress) {
  auto manifest = rekey(directory, name, keys, lock, progress);
  if (manifest.ok()) return manifest;
  return manifest.status().with_context("backup '" + name + "'");
}

}  // namespace sqbackup
