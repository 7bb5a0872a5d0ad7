#include "engine/drill_scratch.h"

#include <new>
#include <string_view>

#include "base/random.h"
#include "codec/sha256.h"

namespace sqbackup {
namespace {

constexpr std::string_view kDatabaseName = "drill.db";

// What the names of these backups' drills begin with. Without their leading dot they are the names of their
// locks.
Result<std::string> name_prefix(const BackupDirectory& backups) {
  SQB_ASSIGN(const std::string origin, sha256_hex(as_bytes(backups.path())));
  return ".sqbackup-drill-" + origin.substr(0, 16) + "-";
}

Status unless_missing(const Status& status) { return status.is(Error::kNoSuchFile) ? Status() : status; }

// Only what a drill makes: `directory` may have been put there by anybody.
Status remove_leftover(FileEnv& files, const std::string& directory) {
  SQB_ASSIGN(const auto entries, files.list(directory));
  for (const DirectoryEntry& entry : entries) {
    const std::string_view name = entry.name;
    // A restore writes under a name that begins with "." and its target's.
    if (!name.starts_with(kDatabaseName) && !name.starts_with("." + std::string(kDatabaseName))) continue;
    SQB_TRY(unless_missing(files.remove(join_path(directory, name))));
  }
  return files.remove_directory(directory);
}

}  // namespace

DrillScratch::DrillScratch(FileEnv& files, std::string path, std::unique_ptr<FileLock> lock)
    : files_(files),
      path_(std::move(path)),
      database_(join_path(path_, kDatabaseName)),
      lock_(std::move(lock)) {}

Result<std::unique_ptr<DrillScratch>> DrillScratch::make(BackupDirectory& backups,
                                                         const std::string& parent) {
  SQB_ASSIGN(const std::string prefix, name_prefix(backups));
  SQB_ASSIGN(const std::string uuid, random_uuid());
  const std::string name = prefix + uuid;
  SQB_ASSIGN(auto lock, backups.lock_name(name.substr(1), LockMode::kExclusive));
  std::unique_ptr<DrillScratch> scratch(
      new DrillScratch(backups.files(), join_path(parent, name), std::move(lock)));
  SQB_TRY(backups.files().make_directory(scratch->path_));
  return scratch;
}

DrillScratch::~DrillScratch() {
  try {
    static_cast<void>(remove());
  } catch (const std::bad_alloc&) {  // no memory to say why it could not be removed
  }
}

Status DrillScratch::remove_database() { return unless_missing(files_.remove(database_)); }

Status DrillScratch::remove() {
  if (removed_) return {};
  SQB_TRY(remove_database());
  SQB_TRY(unless_missing(files_.remove_directory(path_)));
  removed_ = true;
  return {};
}

Result<std::vector<std::string>> DrillScratch::clear_leftovers(BackupDirectory& backups,
                                                               const std::string& parent) {
  std::vector<std::string> stayed;
  SQB_ASSIGN(const std::string prefix, name_prefix(backups));
  SQB_ASSIGN(const auto entries, backups.files().list(parent));
  for (const DirectoryEntry& entry : entries) {
    if (entry.kind != FileKind::kDirectory || !entry.name.starts_with(prefix)) continue;
    const std::string lock_name = entry.name.substr(1);
    if (!is_plain_name(lock_name)) continue;  // no drill's
    auto lock = backups.lock_name(lock_name, LockMode::kExclusive);
    if (lock.status().is(Error::kInUse)) continue;  // its drill lives
    if (!lock.ok()) return lock.status();
    const Status removed = unless_missing(remove_leftover(backups.files(), join_path(parent, entry.name)));
    if (!removed.ok()) stayed.push_back("what a dead drill left stays: " + removed.message());
  }
  return stayed;
}

}  // namespace sqbackup
