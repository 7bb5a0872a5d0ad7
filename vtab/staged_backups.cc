#include "vtab/staged_backups.h"

namespace sqbackup {
namespace {

constexpr int kRecordBits = 40;

}  // namespace

// Two databases in one statement never share a rowid, nor do a row with `force` and the same row without.
std::int64_t StagedBackups::rowid(const BackupRecord& record, const SeenBackup& seen) {
  const std::int64_t number = number_of(seen.target.database.get());
  const std::int64_t rowid = (((number << kRecordBits) | record.id) << 1) | (seen.force ? 1 : 0);
  if (open_) seen_.insert_or_assign(rowid, seen);
  return rowid;
}

const SeenBackup* StagedBackups::seen(std::int64_t rowid) const {
  const auto found = seen_.find(rowid);
  return found != seen_.end() ? &found->second : nullptr;
}

Status StagedBackups::remove(const SeenBackup& backup) {
  const Marks* staged_marks = marks(backup.target, backup.name);
  if (staged_marks != nullptr && staged_marks->pinned) {
    return {Error::kPinned, "refused: '" + backup.name + "' was pinned in this transaction"};
  }
  Staged& staged = of(backup.target);
  if (staged.deletion == nullptr) staged.deletion = std::make_unique<Deletion>(backup.target);
  const std::size_t before = staged.deletion->staged();
  SQB_TRY(staged.deletion->stage(backup.name, backup.force));
  staged.removed.insert(backup.name);
  changes_.push_back({&staged, backup.name, true, before});
  return {};
}

void StagedBackups::mark(const SeenBackup& backup, const Marks& marks) {
  Staged& staged = of(backup.target);
  staged.marked[backup.name].push_back(marks);
  changes_.push_back({&staged, backup.name, false, 0});
}

bool StagedBackups::removes(const Session::Target& target, const std::string& name) const {
  const Staged* staged = find(target);
  return staged != nullptr && staged->removed.contains(name);
}

const Marks* StagedBackups::marks(const Session::Target& target, const std::string& name) const {
  const Staged* staged = find(target);
  if (staged == nullptr) return nullptr;
  const auto found = staged->marked.find(name);
  return found != staged->marked.end() && !found->second.empty() ? &found->second.back() : nullptr;
}

// Errors have no way to the user from here; the log has them.
void StagedBackups::commit() {
  for (auto& staged : staged_) {
    for (const auto& [name, marks] : staged->marked) {
      if (marks.empty() || staged->removed.contains(name)) continue;
      static_cast<void>(change_marks(staged->target, name, marks.back()));
    }
    if (staged->deletion != nullptr) static_cast<void>(staged->deletion->commit());
  }
  forget();
}

void StagedBackups::roll_back() { forget(); }

const StagedBackups::Staged* StagedBackups::find(const Session::Target& target) const {
  for (const auto& staged : staged_) {
    if (staged->target.database == target.database) return staged.get();
  }
  return nullptr;
}

StagedBackups::Staged& StagedBackups::of(const Session::Target& target) {
  for (auto& staged : staged_) {
    if (staged->target.database == target.database) return *staged;
  }
  staged_.push_back(std::make_unique<Staged>(target));
  return *staged_.back();
}

std::int64_t StagedBackups::number_of(const Database* database) {
  return numbers_.emplace(database, static_cast<std::int64_t>(numbers_.size())).first->second;
}

void StagedBackups::cut(std::size_t length) {
  while (changes_.size() > length) {
    const Change& change = changes_.back();
    if (change.removal) {
      change.staged->deletion->unstage_to(change.deletions_before);
      change.staged->removed.erase(change.name);
    } else {
      change.staged->marked[change.name].pop_back();
    }
    changes_.pop_back();
  }
}

void StagedBackups::forget() {
  open_ = false;
  changes_.clear();
  staged_.clear();
  seen_.clear();
  savepoints_.clear();
}

}  // namespace sqbackup
