#include "store/backup_files.h"

#include "store/backup_directory.h"

namespace sqbackup {
namespace {

std::string hidden(std::string_view directory, std::string_view name, std::string_view suffix,
                   std::string_view ending) {
  std::string file_name(kPartialPrefix);
  file_name.append(name).append(suffix).append(ending);
  return join_path(directory, file_name);
}

}  // namespace

BackupFiles::BackupFiles(FileEnv& files, std::string_view directory, std::string_view name)
    : data(join_path(directory, name)),
      manifest(join_path(directory, manifest_file_of(name))),
      marks(data + std::string(kMarksSuffix)),
      data_partial(hidden(directory, name, "", kPartialSuffix)),
      manifest_partial(hidden(directory, name, kManifestSuffix, kPartialSuffix)),
      marks_partial(hidden(directory, name, kMarksSuffix, kPartialSuffix)),
      manifest_next(hidden(directory, name, kManifestSuffix, kNextSuffix)),
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
       {&data, &manifest, &marks, &data_partial, &manifest_partial, &marks_partial, &manifest_next}) {
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

Status BackupFiles::replace(std::string_view manifest_text,
                            const std::optional<std::string>& marks_text) const {
  if (marks_text) SQB_TRY(write_new(marks_partial, *marks_text));
  SQB_TRY(write_new(manifest_partial, manifest_text));
  SQB_TRY(sync());
  SQB_TRY(files_.rename(manifest_partial, manifest_next));
  Status decided = sync();
  if (decided.ok()) {
    decided = roll_forward();
  } else if (files_.rename(manifest_next, manifest_partial).ok()) {
    return decided;
  }
  return decided.with_context("the next use of the backup completes what has begun");
}

// What is to be finished must be durable first: half of it might come back after a loss of power.
Status BackupFiles::finish_replacement() const {
  SQB_ASSIGN(const bool decided, exists(manifest_next));
  SQB_ASSIGN(const bool stands, exists(manifest));
  if (!decided || !stands) return {};
  SQB_TRY(sync());
  return roll_forward();
}

// May be done again from its beginning, whatever of it was done: manifest_next goes last.
Status BackupFiles::roll_forward() const {
  SQB_TRY(rename_if_there(data_partial, data));
  SQB_TRY(rename_if_there(marks_partial, marks));
  SQB_TRY(sync());
  SQB_TRY(files_.rename(manifest_next, manifest));
  return sync();
}

Status BackupFiles::rename_if_there(const std::string& from, const std::string& to) const {
  SQB_ASSIGN(const bool there, exists(from));
  return there ? files_.rename(from, to) : Status();
}

Status BackupFiles::remove() const {
  SQB_ASSIGN(const std::string existing, first_existing());
  if (existing.empty()) return {};
  SQB_TRY(finish_replacement());
  SQB_ASSIGN(const bool listed, exists(manifest));
  SQB_ASSIGN(const bool replaced, exists(data_partial));
  if (listed && replaced) {
    // Once the manifest is gone, whoever clears up would take this for the bytes of the backup, and `data`
    // for somebody else's.
    SQB_TRY(remove_stale_partials());
    SQB_TRY(sync());
  }
  return take_away(true);
}

Status BackupFiles::discard() const {
  SQB_ASSIGN(const bool with_data, data_came_from_partial());
  return take_away(with_data);
}

Status BackupFiles::remove_stale_partials() const {
  SQB_ASSIGN(const bool decided, exists(manifest_next));
  if (decided) return {};
  SQB_ASSIGN(const bool written, exists(manifest_partial));
  // It may have been manifest_next, renamed back without a sync: that must not come back without the others.
  if (written) SQB_TRY(sync());
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
  SQB_TRY(remove_if_there(manifest_next));
  SQB_TRY(sync());
  return announced ? remove_if_there(manifest_partial) : Status();
}

}  // namespace sqbackup
