#include "store/backup_files.h"

namespace sqbackup {
namespace {

std::string partial_of(std::string_view directory, std::string_view name, std::string_view suffix) {
  std::string file_name(kPartialPrefix);
  file_name.append(name).append(suffix).append(kPartialSuffix);
  return join_path(directory, file_name);
}

}  // namespace

BackupFiles::BackupFiles(FileEnv& files, std::string_view directory, std::string_view name)
    : data(join_path(directory, name)),
      manifest(data + std::string(kManifestSuffix)),
      marks(data + std::string(kMarksSuffix)),
      data_partial(partial_of(directory, name, "")),
      manifest_partial(partial_of(directory, name, kManifestSuffix)),
      marks_partial(partial_of(directory, name, kMarksSuffix)),
      files_(files),
      directory_(directory) {}

Result<bool> BackupFiles::exists(const std::string& path) const {
  const auto info = files_.info(path, false);
  if (info.ok()) return true;
  if (info.status().is(Error::kNoSuchFile)) return false;
  return info.status();
}

Result<std::string> BackupFiles::first_existing() const {
  for (const std::string* path :
       {&data, &manifest, &marks, &data_partial, &manifest_partial, &marks_partial}) {
    SQB_ASSIGN(const bool there, exists(*path));
    if (there) return *path;
  }
  return std::string();
}

Status BackupFiles::publish(std::string_view manifest_text) const {
  SQB_TRY(write_new(manifest_partial, manifest_text));
  SQB_TRY(sync());
  SQB_TRY(files_.rename_new(data_partial, data));
  SQB_TRY(sync());
  SQB_TRY(files_.rename_new(manifest_partial, manifest));
  Status synced = sync();
  // What may not survive must not be listed. If this fails too, what is listed is complete all the same.
  if (!synced.ok()) static_cast<void>(files_.rename(manifest, manifest_partial));
  return synced;
}

Status BackupFiles::write_marks(std::string_view text) const {
  SQB_TRY(remove_if_there(marks_partial));
  Status written = write_new(marks_partial, text);
  if (written.ok()) written = files_.rename(marks_partial, marks);
  if (written.ok()) return sync();
  static_cast<void>(remove_if_there(marks_partial));
  return written;
}

Status BackupFiles::remove() const {
  SQB_ASSIGN(const std::string existing, first_existing());
  return existing.empty() ? Status() : take_away(true);
}

Status BackupFiles::discard() const {
  SQB_ASSIGN(const bool with_data, data_came_from_partial());
  return take_away(with_data);
}

Status BackupFiles::remove_stale_partials() const {
  SQB_TRY(remove_if_there(marks_partial));
  SQB_ASSIGN(const bool published, exists(manifest));
  if (!published) return {};
  SQB_TRY(remove_if_there(data_partial));
  return remove_if_there(manifest_partial);
}

Status BackupFiles::write_new(const std::string& path, std::string_view text) const {
  SQB_ASSIGN(auto file, files_.create(path));
  SQB_TRY(file->append(as_bytes(text)));
  return file->sync();
}

Status BackupFiles::remove_if_there(const std::string& path) const {
  Status removed = files_.remove(path);
  return removed.is(Error::kNoSuchFile) ? Status() : removed;
}

// publish() renames the data only once manifest_partial is durable. A rename by link and unlink may leave
// both names.
Result<bool> BackupFiles::data_came_from_partial() const {
  SQB_ASSIGN(const bool listed, exists(manifest));
  SQB_ASSIGN(const bool publishing, exists(manifest_partial));
  if (!listed && !publishing) return false;
  const auto partial = files_.info(data_partial, false);
  if (partial.status().is(Error::kNoSuchFile)) return true;
  if (!partial.ok()) return partial.status();
  const auto published = files_.info(data, false);
  if (published.status().is(Error::kNoSuchFile)) return false;
  if (!published.ok()) return published.status();
  return published->id == partial->id;
}

Status BackupFiles::take_away(bool with_data) const {
  SQB_ASSIGN(const bool listed, exists(manifest));
  if (listed) SQB_TRY(files_.rename(manifest, manifest_partial));
  SQB_ASSIGN(const bool announced, exists(manifest_partial));
  // A dead process may have renamed the manifest without syncing that.
  if (announced) SQB_TRY(sync());
  SQB_TRY(remove_if_there(marks_partial));
  SQB_ASSIGN(const bool marked, exists(marks));
  if (with_data && marked) {
    SQB_TRY(remove_if_there(marks));
    // Nothing would tell whose marks they are, once the data is gone.
    if (!announced) SQB_TRY(sync());
  }
  if (with_data) SQB_TRY(remove_if_there(data));
  SQB_TRY(remove_if_there(data_partial));
  SQB_TRY(sync());
  return announced ? remove_if_there(manifest_partial) : Status();
}

}  // namespace sqbackup
