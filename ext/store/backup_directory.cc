#include "store/backup_directory.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <new>
#include <thread>

#include "store/backup_files.h"
#include "store/job_file.h"
#include "store/lock_bytes.h"

namespace sqbackup {
namespace {

constexpr std::uint64_t kLargestText = 64U << 20;

class NothingToLock : public FileLock {
 public:
  Status add(std::uint64_t, LockMode) override { return {}; }
  void drop(std::uint64_t) override {}
};

Status name_in_use(const std::string& name) {
  return {Error::kInUse,
          "the backup '" + name +
              "' is being made, read or deleted by another job; try again when it has finished"};
}

// For the message only: a refused name may hold anything.
std::string printable(std::string_view name) {
  std::string text;
  for (char c : name.substr(0, 80)) text += c >= 0x20 && c < 0x7f ? c : '?';
  return text;
}

Status check_name(std::string_view name) {
  if (is_plain_name(name)) return {};
  return {Error::kBadName,
          "'" + printable(name) +
              "' cannot be the name of a backup: give a plain file name as the table backups shows "
              "them, without '/', control characters or a leading '.'"};
}

std::string lock_path(const std::string& directory) { return join_path(directory, kLockFileName); }

// One writer of a name's marks at a time, beside readers of the backup. No backup's name ends like this.
Result<std::unique_ptr<FileLock>> lock_marks(FileEnv& files, const std::string& directory,
                                             const std::string& name) {
  const std::uint64_t byte = name_lock_byte(name + std::string(kMarksSuffix));
  auto lock = files.lock(lock_path(directory), byte, LockMode::kExclusive);
  if (!lock.status().is(Error::kInUse)) return lock;
  return Status(Error::kInUse, "the marks of '" + name + "' are being changed by another job; try again");
}

Result<std::string> read_text(FileEnv& files, const std::string& path) {
  SQB_ASSIGN(auto file, files.open(path, false));
  SQB_ASSIGN(const FileInfo info, file->info());
  if (info.size > kLargestText) {
    return Status(Error::kManifestDamaged,
                  "'" + path + "' is larger than any manifest; it was not written by sqbackup");
  }
  std::string text(static_cast<std::size_t>(info.size), '\0');
  SQB_ASSIGN(const std::size_t size,
             file->read_at(0, {reinterpret_cast<std::uint8_t*>(text.data()), text.size()}));
  text.resize(size);
  return text;
}

// What list() has found of one name.
struct Found {
  bool data = false;
  bool manifest = false;
  bool unfinished = false;  // a partial of the data or the manifest, or the next manifest
  bool marks_partial = false;
};

bool strip_suffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

bool strip_description(std::string_view& file) {
  return is_description(file) && strip_suffix(file, kManifestSuffix);
}

void classify(std::string_view file, std::map<std::string, Found, std::less<>>& found) {
  bool Found::*what = &Found::data;
  if (file.starts_with(kPartialPrefix)) {
    file.remove_prefix(kPartialPrefix.size());
    what = &Found::unfinished;
    if (strip_suffix(file, kNextSuffix)) {
      if (!strip_suffix(file, kManifestSuffix)) return;
    } else if (!strip_suffix(file, kPartialSuffix)) {
      return;
    } else if (strip_suffix(file, kMarksSuffix)) {
      what = &Found::marks_partial;
    } else {
      strip_description(file);
    }
  } else if (strip_description(file)) {
    what = &Found::manifest;
  }
  if (is_plain_name(file)) found[std::string(file)].*what = true;
}

}  // namespace

PendingBackup::PendingBackup(FileEnv& files, std::string directory, std::string name)
    : files_(files), directory_(std::move(directory)), name_(std::move(name)) {}

PendingBackup::~PendingBackup() {
  if (!file_ || published_) return;
  try {
    static_cast<void>(BackupFiles(files_, directory_, name_).discard());
  } catch (const std::bad_alloc&) {
  }
  // What could not be cleared is a leftover that clear_leftovers() recognises.
}

std::string PendingBackup::partial_path() const {
  return BackupFiles(files_, directory_, name_).data_partial;
}

Status PendingBackup::publish(std::string_view manifest_text) {
  SQB_TRY(file_->sync());
  SQB_TRY(BackupFiles(files_, directory_, name_).publish(manifest_text));
  published_ = true;
  return {};
}

BackupDirectory::BackupDirectory(FileEnv& files, std::string path) : files_(files), path_(std::move(path)) {}

std::string BackupDirectory::path_of(std::string_view name) const { return join_path(path_, name); }

Status BackupDirectory::ensure() { return files_.make_directory(path_); }

Result<std::unique_ptr<PendingBackup>> BackupDirectory::begin(const std::string& name) {
  SQB_TRY(check_name(name));
  if (name.find('.') == std::string::npos)
    return Status(Error::kBadName, "'" + name + "' cannot be the name of a new backup: it has no ending");
  std::unique_ptr<PendingBackup> pending(new PendingBackup(files_, path_, name));
  SQB_ASSIGN(pending->lock_, lock_name(name, LockMode::kExclusive));
  SQB_ASSIGN(const std::string existing, BackupFiles(files_, path_, name).first_existing());
  if (!existing.empty()) {
    return Status(Error::kAlreadyExists, "cannot begin the backup '" + name + "': '" + existing + "' exists");
  }
  SQB_ASSIGN(pending->file_, files_.create(pending->partial_path()));
  return pending;
}

// The end of a replacement before this one may not be durable: its manifest_next would come back, and take
// what is written now for its own.
Result<std::unique_ptr<PendingReplacement>> BackupDirectory::begin_replacement(const std::string& name) {
  SQB_TRY(check_name(name));
  std::unique_ptr<PendingReplacement> pending(new PendingReplacement(files_, path_, name));
  const BackupFiles files(files_, path_, name);
  SQB_TRY(files_.sync_directory(path_));
  SQB_TRY(files.remove_stale_partials());
  SQB_ASSIGN(pending->file_, files_.create(files.data_partial));
  return pending;
}

Result<BackupDirectory::Listing> BackupDirectory::list() {
  SQB_ASSIGN(const std::vector<DirectoryEntry> entries, files_.list(path_));
  std::map<std::string, Found, std::less<>> names;
  Listing listing;
  for (const DirectoryEntry& entry : entries) {
    if (entry.kind != FileKind::kFile) continue;
    classify(entry.name, names);
    if (const auto run = run_of_job_file(entry.name)) listing.jobs.push_back(*run);
  }
  for (const auto& [name, found] : names) {
    if (found.manifest) {
      listing.backups.push_back(name);
    } else if (found.unfinished) {
      listing.leftovers.push_back(name);
    } else if (found.data) {
      listing.foreign.push_back(name);
    }
    if (found.marks_partial || (found.manifest && found.unfinished)) listing.stale_partials.push_back(name);
  }
  return listing;
}

Result<std::vector<std::string>> BackupDirectory::clear_leftovers(const Listing& listing) {
  SQB_TRY(files_.sync_directory(path_));
  std::vector<std::string> cleared;
  for (const std::string& name : listing.leftovers) {
    const auto lock = lock_name(name, LockMode::kExclusive);
    if (lock.status().is(Error::kInUse) || lock.status().is(Error::kNoPermission)) continue;
    if (!lock.ok()) return lock.status();
    const BackupFiles files(files_, path_, name);
    SQB_ASSIGN(const bool published_meanwhile, files.exists(files.manifest));
    if (published_meanwhile) continue;
    SQB_TRY(files.discard());
    cleared.push_back(name);
  }
  for (const std::string& name : listing.stale_partials) {
    const auto lock = lock_name(name, LockMode::kExclusive);
    const auto marks_lock = lock_marks(files_, path_, name);
    if (lock.ok() && marks_lock.ok()) SQB_TRY(BackupFiles(files_, path_, name).remove_stale_partials());
  }
  for (const std::int64_t run : listing.jobs) {
    if (const auto dead = lock_run(run); dead.ok()) remove_job_file(files_, path_, run);
  }
  return cleared;
}

Status BackupDirectory::check_writable() {
  // A name that clear_leftovers() knows, should this process die here.
  const std::string probe = join_path(path_, ".backup-probe.partial");
  const auto made = files_.create(probe);
  if (!made.ok() && !made.status().is(Error::kAlreadyExists)) return made.status();
  const Status removed = files_.remove(probe);
  return removed.is(Error::kNoSuchFile) ? Status() : removed;  // another one's, or removed by it
}

Result<std::unique_ptr<ReadableFile>> BackupDirectory::open_data(const std::string& name) {
  SQB_TRY(check_name(name));
  return files_.open(path_of(name), false);
}

Result<std::string> BackupDirectory::read_manifest(const std::string& name) {
  SQB_TRY(check_name(name));
  auto text = read_text(files_, BackupFiles(files_, path_, name).manifest);
  if (!text.status().is(Error::kNoSuchFile)) return text;
  return Status(Error::kManifestDamaged,
                "the backup '" + name + "' has no manifest: " + text.status().message());
}

Result<std::string> BackupDirectory::read_marks(const std::string& name) {
  SQB_TRY(check_name(name));
  return read_text(files_, BackupFiles(files_, path_, name).marks);
}

Status BackupDirectory::write_marks(const std::string& name, std::string_view text) {
  SQB_TRY(check_name(name));
  const BackupFiles files(files_, path_, name);
  SQB_ASSIGN(const bool listed, files.exists(files.manifest));
  SQB_ASSIGN(const bool stored, files.exists(files.data));
  if (!listed && !stored)
    return {Error::kNoSuchBackup, "there is no backup '" + name + "' in '" + path_ + "'"};
  SQB_ASSIGN(const auto lock, lock_marks(files_, path_, name));
  return files.write_marks(text);
}

Status BackupDirectory::remove(const std::string& name) {
  SQB_TRY(check_name(name));
  return BackupFiles(files_, path_, name).remove();
}

Result<std::unique_ptr<FileLock>> BackupDirectory::lock_name(const std::string& name, LockMode mode) {
  SQB_TRY(check_name(name));
  auto lock = files_.lock(lock_path(path_), name_lock_byte(name), mode);
  if (lock.status().is(Error::kInUse)) return name_in_use(name);
  if (lock.status().is(Error::kNoPermission) && mode == LockMode::kShared) {
    SQB_TRY(finish_replacement(name, nullptr, mode));
    return {std::make_unique<NothingToLock>()};
  }
  if (lock.ok()) SQB_TRY(finish_replacement(name, lock->get(), mode));
  return lock;
}

// `lock` null: this process cannot have one.
Status BackupDirectory::finish_replacement(const std::string& name, FileLock* lock, LockMode mode) {
  const BackupFiles files(files_, path_, name);
  SQB_ASSIGN(const bool decided, files.exists(files.manifest_next));
  if (!decided) return {};
  if (lock == nullptr) {
    return {Error::kNoPermission, "new keys for the backup '" + name + "' are in place by half, and '" +
                                      path_ +
                                      "' cannot be written to finish that; use the backup once as a user "
                                      "who may write there"};
  }
  if (mode == LockMode::kExclusive) return files.finish_replacement();
  const Status alone = lock->add(name_lock_byte(name), LockMode::kExclusive);
  if (alone.is(Error::kInUse)) return name_in_use(name);
  SQB_TRY(alone);
  SQB_TRY(files.finish_replacement());
  return lock->add(name_lock_byte(name), LockMode::kShared);
}

Result<std::unique_ptr<FileLock>> BackupDirectory::lock_deletions() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (true) {
    auto lock = files_.lock(lock_path(path_), kDeletionLockByte, LockMode::kExclusive);
    if (!lock.status().is(Error::kInUse) || std::chrono::steady_clock::now() >= deadline) return lock;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

Result<std::unique_ptr<FileLock>> BackupDirectory::lock_leader() {
  return files_.lock(lock_path(path_), kLeaderLockByte, LockMode::kExclusive);
}

// Shared, so that two who look do not take each other for the leader.
bool BackupDirectory::has_leader() {
  return files_.lock(lock_path(path_), kLeaderLockByte, LockMode::kShared).status().is(Error::kInUse);
}

Result<std::unique_ptr<FileLock>> BackupDirectory::lock_run(std::int64_t run_id) {
  return files_.lock(lock_path(path_), run_lock_byte(run_id), LockMode::kExclusive);
}

Status NameLocks::lock(const std::string& name) {
  SQB_TRY(check_name(name));
  Status status;
  if (lock_ != nullptr) {
    status = lock_->add(name_lock_byte(name), LockMode::kExclusive);
  } else {
    auto first = files_.lock(lock_path(directory_), name_lock_byte(name), LockMode::kExclusive);
    status = first.status();
    if (first.ok()) lock_ = std::move(first).value();
  }
  return status.is(Error::kInUse) ? name_in_use(name) : status;
}

void NameLocks::unlock(const std::string& name) {
  if (lock_ != nullptr) lock_->drop(name_lock_byte(name));
}

}  // namespace sqbackup
