// The way there: upload_backup(), upload_marks().
#include "engine/remote_backup.h"

#include <memory>

#include "codec/sha256.h"
#include "engine/hash_file.h"
#include "engine/remote_layout.h"

namespace sqbackup {
namespace {

struct LocalBackup {
  std::string manifest_text;
  Manifest manifest;
  std::unique_ptr<ReadableFile> data;
  FileProof proof;
};

Status without_manifest(BackupDirectory& directory, const std::string& name) {
  const auto file = directory.files().info(directory.path_of(name), /*follow_symlink=*/false);
  if (file.status().is(Error::kNoSuchFile))
    return {Error::kNoSuchBackup, "there is no such backup in '" + directory.path() + "'"};
  if (!file.ok()) return file.status();
  return {Error::kImported,
          "refused: it is an imported file, without a manifest that proves its bytes; restore it and back "
          "that up, or copy the file with the tools of the object store"};
}

Result<LocalBackup> open_local(BackupDirectory& directory, const std::string& name) {
  const std::string path = directory.path_of(manifest_file_of(name));
  const auto info = directory.files().info(path, /*follow_symlink=*/false);
  if (info.status().is(Error::kNoSuchFile)) return without_manifest(directory, name);
  if (!info.ok()) return info.status();
  LocalBackup local;
  SQB_ASSIGN(local.manifest_text, directory.read_manifest(name));
  SQB_ASSIGN(local.manifest, read_manifest(local.manifest_text, name));
  local.proof = {local.manifest.stored_size, local.manifest.sha256};
  auto data = directory.open_data(name);
  if (data.status().is(Error::kNoSuchFile))
    return Status(Error::kStoredBytesDamaged, "its file is missing; DELETE this backup");
  if (!data.ok()) return data.status();
  local.data = std::move(*data);
  SQB_ASSIGN(const FileInfo file, local.data->info());
  if (file.size != local.proof.size) {
    return Status(Error::kStoredBytesDamaged, "its file is " + std::to_string(file.size) +
                                                  " bytes long instead of " +
                                                  std::to_string(local.proof.size) + "; DELETE this backup");
  }
  return local;
}

// nullopt: there are none, or they are damaged, and say nothing.
Result<std::optional<std::string>> intact_marks(BackupDirectory& directory, const std::string& name) {
  using Text = std::optional<std::string>;
  auto text = directory.read_marks(name);
  if (text.status().is(Error::kNoSuchFile) || text.status().is(Error::kManifestDamaged)) return Text();
  if (!text.ok()) return text.status();
  const Status intact = read_marks(*text).status();
  if (intact.is(Error::kManifestDamaged)) return Text();
  SQB_TRY(intact);
  return Text(std::move(*text));
}

// Whether the one that is there is the same backup, from before or after backup_rekey gave it other keys,
// which changes nothing else that stands in the open.
bool has_other_keys(const Manifest& here, const Manifest& there) {
  return here.encryption && there.encryption && here.database_id == there.database_id &&
         here.created_at == there.created_at && here.format == there.format &&
         here.database_size == there.database_size && here.change_counter == there.change_counter &&
         here.sha256 != there.sha256;
}

class HashOnly : public ByteSink {
 public:
  explicit HashOnly(Sha256& hash) : hash_(hash) {}
  Status append(ByteView bytes) override {
    hash_.update(bytes);
    return {};
  }

 private:
  Sha256& hash_;
};

class Upload {
 public:
  Upload(BackupDirectory& directory, const std::string& name, ObjectStore& store, Progress& progress)
      : directory_(directory), name_(name), store_(store), progress_(progress) {}

  Status run() {
    SQB_TRY(check_remote_name(name_));
    SQB_ASSIGN(local_, open_local(directory_, name_));
    SQB_ASSIGN(const auto there, read_text_object(store_, manifest_key_, kLargestRemoteText, cancel_));
    const bool listed = there && *there == local_.manifest_text;
    if (there && !listed) SQB_TRY(make_way(*there));
    SQB_ASSIGN(const bool stored, is_stored(listed));
    if (!stored) {
      progress_.begin_phase("uploading", local_.proof.size);
      SQB_TRY(store_.upload(name_, *local_.data, local_.proof, progress_));
    }
    SQB_TRY(send_marks(listed));
    return listed ? Status() : send_manifest();
  }

 private:
  // Another manifest is there. What keys of another time sealed goes, as long as the local file can take its
  // place.
  Status make_way(const std::string& there) {
    const auto manifest = read_manifest(there, name_);
    if (!manifest.ok())
      return other_there("its manifest there cannot be read, " + manifest.status().message());
    if (!has_other_keys(local_.manifest, *manifest)) return other_there("another backup has this name there");
    SQB_ASSIGN(const std::string hash,
               hash_file(*local_.data, local_.proof.size, nullptr, "hashing", progress_));
    if (hash != local_.proof.sha256) {
      return {Error::kStoredBytesDamaged, "its SHA-256 is " + hash + " instead of " + local_.proof.sha256 +
                                              "; the copy with the keys from before stays in '" +
                                              store_.url_of(name_) + "'"};
    }
    return store_.remove(manifest_key_, cancel_);
  }

  Status other_there(const std::string& why) const {
    return {Error::kAlreadyExists, why + ", and '" + store_.url_of(name_) +
                                       "' stays as it is; remove that one with its manifest if it is not "
                                       "needed, or send copies to another prefix"};
  }

  // Where the store keeps no hash, what is listed is read, and what is not is sent again.
  Result<bool> is_stored(bool listed) {
    SQB_ASSIGN(const auto data, find_object(store_, name_, cancel_));
    if (!data || data->size != local_.proof.size) return false;
    if (!data->sha256.empty()) return data->sha256 == local_.proof.sha256;
    if (!listed) return false;
    SQB_ASSIGN(auto hash, Sha256::create());
    HashOnly there(hash);
    progress_.begin_phase("hashing", data->size);
    const Status read = store_.download(name_, data->size, there, progress_);
    if (read.is(Error::kStoredBytesDamaged) || read.is(Error::kNoSuchObject)) return false;
    SQB_TRY(read);
    return hash.finish_hex() == local_.proof.sha256;
  }

  Status send_marks(bool listed) {
    const std::string key = remote_marks_key(name_);
    SQB_ASSIGN(const auto marks, intact_marks(directory_, name_));
    // What is there beside a manifest may be all that is left of them; else it is a leftover.
    if (!marks) return listed ? Status() : store_.remove(key, cancel_);
    if (listed) {
      SQB_ASSIGN(const auto there, read_text_object(store_, key, kLargestRemoteText, cancel_));
      if (there == marks) return {};
    }
    return store_.put(key, *marks, cancel_);
  }

  Status send_manifest() {
    SQB_TRY(store_.put(manifest_key_, local_.manifest_text, cancel_));
    SQB_ASSIGN(const auto there, read_text_object(store_, manifest_key_, kLargestRemoteText, cancel_));
    if (there == local_.manifest_text) return {};
    return other_there("somebody else has written it at the same time");
  }

  BackupDirectory& directory_;
  const std::string& name_;
  ObjectStore& store_;
  CancelByProgress progress_;
  const Cancel cancel_ = progress_.cancel();
  const std::string manifest_key_ = remote_manifest_key(name_);
  LocalBackup local_;
};

Status send_marks_alone(BackupDirectory& directory, const std::string& name, ObjectStore& store,
                        const Cancel& cancel) {
  SQB_TRY(check_remote_name(name));
  const auto marks = directory.read_marks(name);
  if (marks.status().is(Error::kNoSuchFile)) return {};
  if (!marks.ok()) return marks.status();
  SQB_TRY(read_marks(*marks).status());
  SQB_ASSIGN(const auto manifest, find_object(store, remote_manifest_key(name), cancel));
  if (!manifest)
    return {Error::kNoSuchBackup, "there is no such backup in '" + store.url_of("") + "'; upload it first"};
  return store.put(remote_marks_key(name), *marks, cancel);
}

}  // namespace

Result<std::string> upload_backup(BackupDirectory& directory, const std::string& name, ObjectStore& store,
                                  Progress& progress) {
  const Status status = Upload(directory, name, store, progress).run();
  if (!status.ok()) return status.with_context("backup '" + name + "'");
  return store.url_of(name);
}

Status upload_marks(BackupDirectory& directory, const std::string& name, ObjectStore& store,
                    const Cancel& cancel) {
  const Status status = send_marks_alone(directory, name, store, cancel);
  return status.ok() ? status : status.with_context("marks of the backup '" + name + "'");
}

}  // namespace sqbackup
