// Deleting, as users ask for it: the guard rails, then the removal, each recorded.
#include "service/operations.h"
#include "service/run.h"

namespace sqbackup {
namespace {

class NoProgress : public Progress {
 public:
  void begin_phase(const char*, std::uint64_t) override {}
  Status advance(std::uint64_t) override { return {}; }
};

// Whether nothing to restore the database from would be left. What leaves tables out is better than nothing,
// and does not stand for the whole.
bool is_last(const BackupRecord& backup, const Restorable& left) {
  if (!is_restorable(backup)) return false;
  return backup.partial ? left.whole == 0 && left.partial <= 1 : left.whole <= 1;
}

void add(Restorable& left, bool partial, std::int64_t count) {
  (partial ? left.partial : left.whole) += count;
}

}  // namespace

Deletion::Deletion(Session::Target target) : target_(std::move(target)) {}
Deletion::~Deletion() = default;

Status Deletion::open() {
  if (catalog_ != nullptr) return {};
  SQB_ASSIGN(auto directory, target_.database->directory());
  directory_ = std::make_unique<BackupDirectory>(std::move(directory));
  SQB_ASSIGN(catalog_, target_.database->open_catalog(*directory_, Catalog::Access::kWrite));
  SQB_TRY(directory_->check_writable());  // at COMMIT nobody could be told
  locks_ = std::make_unique<NameLocks>(directory_->files(), directory_->path());
  SQB_ASSIGN(left_, catalog_->count_restorable());
  return {};
}

Status Deletion::stage(const std::string& name, bool force) {
  SQB_TRY(open());
  for (const auto& entry : staged_) {
    if (entry.name == name) return {};
  }
  SQB_ASSIGN(auto record, catalog_->find(name));
  if (!record)
    return {Error::kNoSuchBackup, "no backup is called '" + name +
                                      "', and deleting takes a name; SELECT name FROM backups lists them"};
  if (record->pinned) {
    return {Error::kPinned,
            "refused: '" + name + "' is pinned; UPDATE backups SET pinned=0 WHERE name='" + name + "' first"};
  }
  if (record->trigger == "imported" && !force) {
    return {Error::kImported,
            "refused: '" + name +
                "' is an imported file, which sqbackup did not make and may be in use; insist " +
                "with AND force = 1 (in backup_delete with {\"force\":true}), or leave it out with trigger "
                "<> 'imported'"};
  }
  if (is_last(*record, left_) && !force) {
    return {Error::kLastRestorable,
            "refused: without '" + name + "' no restorable backup" +
                (left_.partial > 0 && !record->partial ? " of the whole database" : "") +
                " would be left; keep one, or insist with AND force = 1 (in " +
                "backup_delete with {\"force\":true})"};
  }
  SQB_TRY(locks_->lock(name));
  const bool restorable = is_restorable(*record);
  if (restorable) add(left_, record->partial, -1);
  staged_.push_back({name, restorable, force, record->partial});
  return {};
}

void Deletion::unstage_to(std::size_t count) {
  while (staged_.size() > count) {
    if (staged_.back().restorable) add(left_, staged_.back().partial, 1);
    locks_->unlock(staged_.back().name);
    staged_.pop_back();
  }
}

// Others may have deleted or pinned since stage(): what was allowed then is looked at again, while nobody
// else deletes.
Status Deletion::remove(const Entry& entry) {
  SQB_ASSIGN(const auto guard, directory_->lock_deletions());
  SQB_ASSIGN(const auto record, catalog_->find(entry.name));
  if (!record) return {};
  if (record->pinned) return {Error::kPinned, "refused: '" + entry.name + "' was pinned meanwhile"};
  SQB_ASSIGN(const auto left, catalog_->count_restorable());
  if (is_last(*record, left) && !entry.force) {
    return {Error::kLastRestorable, "refused: '" + entry.name + "' is the last restorable backup now"};
  }
  SQB_TRY(directory_->remove(entry.name));
  return catalog_->forget(entry.name);
}

Status Deletion::commit(const std::string& trigger, const Removed& removed) {
  Status stopped;
  NoProgress progress;
  for (const auto& entry : staged_) {
    RunRecord record;
    record.operation = "delete";
    record.trigger = trigger;
    record.name = entry.name;
    auto run = Run::begin(*target_.database, *directory_, Run::Kind::kWrites, record, progress);
    stopped = removed(entry.name, run.ok() ? (*run)->finish(remove(entry)) : run.status());
    if (!stopped.ok()) break;
  }
  unstage_to(0);
  return stopped;
}

Status Deletion::commit() {
  Status first;
  static_cast<void>(commit("manual", [&first](const std::string&, const Status& outcome) {
    if (first.ok()) first = outcome;
    return Status();
  }));
  return first;
}

}  // namespace sqbackup
