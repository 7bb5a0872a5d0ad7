#include "catalog/directory_scan.h"

#include <algorithm>
#include <cstdlib>

#include "engine/imported_file.h"
#include "engine/stored_form.h"
#include "format/backup_name.h"

namespace sqbackup {
namespace {

constexpr std::int64_t kNanosPerMilli = 1'000'000;
constexpr UnixMillis kStillArrivingMs = 3'600'000;

class Scan {
 public:
  Scan(BackupDirectory& directory, UnixMillis now) : directory_(directory), now_(now) {}

  // Compares one backup, or foreign file, with the row that is known of it (null: none).
  Status compare(const std::string& name, const FileState* known) {
    const auto state = look_at_files(directory_, name);
    if (state.status().is(Error::kNoSuchFile)) {
      if (known != nullptr) forget(name, *known);
      return {};
    }
    if (!state.ok()) return state.status();
    if (known != nullptr && known->same_backup(*state)) {
      return known->marks_time == state->marks_time ? Status() : read_marks_only(name, *state);
    }
    if (state->imported()) return import(name, *state, known);
    return read_backup(name, *state);
  }

  void forget(const std::string& name, const FileState& known) {
    BackupRecord record;
    record.name = name;
    result_.changes.push_back({RowChange::Kind::kForget, std::move(record), known, false});
  }

  DirectoryScan take() { return std::move(result_); }

 private:
  Status read_backup(const std::string& name, FileState state) {
    auto manifest = load(name);
    if (manifest.status().is(Error::kNoMemory)) return manifest.status();
    BackupRecord record = manifest.ok() ? record_of(*manifest, state) : unreadable(name, state);
    if (manifest.ok() && manifest->created_at >= newest_) {
      newest_ = manifest->created_at;
      result_.database_id = manifest->database_id;
      result_.database_path = manifest->database_path;
    }
    if (!manifest.ok() && !manifest.status().is(Error::kManifestDamaged)) {
      // No permission, a failing disk: that may pass without the file changing.
      state.manifest_time = kUnknownTime;
      result_.look_again = true;
    }
    const bool keeps_content = manifest.ok() ? !manifest->knows_content() : name.ends_with(".age");
    return push(RowChange::Kind::kReplace, std::move(record), state, keeps_content);
  }

  Result<Manifest> load(const std::string& name) {
    SQB_ASSIGN(const std::string text, directory_.read_manifest(name));
    return read_manifest(text, name);
  }

  BackupRecord unreadable(const std::string& name, const FileState& state) {
    BackupRecord record;
    record.name = name;
    record.created_at = time_of_backup_name(name).value_or(state.manifest_time / kNanosPerMilli);
    record.format = format_of(form_of_name(name));
    record.status = "damaged";
    record.size = std::max<std::int64_t>(state.data_size, 0);
    return record;
  }

  Status import(const std::string& name, const FileState& state, const FileState* known) {
    const UnixMillis modified = state.data_time / kNanosPerMilli;
    const auto file = look_at_imported(directory_.files(), directory_.path_of(name));
    if (!file) {
      if (known != nullptr) forget(name, *known);
      // A file that is being copied here is empty at first.
      if (std::abs(now_ - modified) < kStillArrivingMs) result_.look_again = true;
      return {};
    }
    BackupRecord record;
    record.name = name;
    record.created_at = modified;
    record.trigger = "imported";
    record.format = file->format;
    record.status = "completed";
    record.size = state.data_size;
    if (file->header) record.page_size = file->header->page_size;
    if (file->header && file->header->counted())
      record.database_size = std::int64_t{file->header->page_size} * file->header->page_count;
    if (file->format == "sqlite" && file->header) {
      // Shorter than it says: half a copy, until the rest has arrived.
      if (record.database_size > record.size) record.status = "damaged";
      if (!record.database_size) record.database_size = record.size;
    }
    return push(RowChange::Kind::kReplace, std::move(record), state);
  }

  Status read_marks_only(const std::string& name, const FileState& state) {
    BackupRecord record;
    bool keeps_content = false;
    if (!state.imported() &&
        state.marks_time == 0) {  // the marks are gone: what the manifest says holds again
      const auto manifest = load(name);
      if (manifest.ok()) record = record_of(*manifest, state);
      keeps_content = manifest.ok() && !manifest->knows_content();
    }
    record.name = name;
    return push(RowChange::Kind::kMarks, std::move(record), state, keeps_content);
  }

  Status push(RowChange::Kind kind, BackupRecord record, const FileState& state, bool keeps_content = false) {
    if (state.marks_time != 0) {
      auto marks = read_marks(record.name);
      if (marks.status().is(Error::kNoMemory)) return marks.status();
      if (marks.ok()) {
        apply_marks(record, *marks);
        keeps_content = keeps_content || marks->hides_texts();
      } else if (!marks.status().is(Error::kNoSuchFile)) {
        record.pinned = true;  // nobody can tell whether it was: keep it until the user marks it anew
      }
    }
    result_.changes.push_back({kind, std::move(record), state, keeps_content});
    return {};
  }

  Result<Marks> read_marks(const std::string& name) {
    SQB_ASSIGN(const std::string text, directory_.read_marks(name));
    return sqbackup::read_marks(text);
  }

  BackupDirectory& directory_;
  const UnixMillis now_;
  UnixMillis newest_ = INT64_MIN;
  DirectoryScan result_;
};

// The directory may hold other things, whose files look like ours by chance (package.json,
// .movie.mp4.partial): only what carries a name that we give is a manifest or a leftover of ours.
void keep_ours(BackupDirectory::Listing& listing, const KnownRows& known) {
  const auto foreign = [](const std::string& name) {
    return !name.starts_with("backup-") && !name.starts_with("scratch-");
  };
  std::erase_if(listing.backups, foreign);
  std::erase_if(listing.leftovers, foreign);
  std::erase_if(listing.stale_partials,
                [&](const std::string& name) { return foreign(name) && !known.contains(name); });
}

}  // namespace

Result<DirectoryScan> scan_directory(const Env& env, BackupDirectory& directory, KnownRows known,
                                     const std::optional<FileId>& own) {
  SQB_ASSIGN(auto listing, directory.list());
  keep_ours(listing, known);
  // What cannot be cleared now (no permission, a live job) is no backup all the same, and is met again.
  static_cast<void>(directory.clear_leftovers(listing));
  Scan scan(directory, env.clock->now());
  for (const std::string& name : listing.backups) {
    const auto row = known.extract(name);
    SQB_TRY(scan.compare(name, row ? &row.mapped() : nullptr));
  }
  for (const std::string& name : listing.foreign) {
    const auto info = env.files->info(directory.path_of(name), /*follow_symlink=*/false);
    if (own && info.ok() && info->id == *own) continue;
    const auto row = known.extract(name);
    SQB_TRY(scan.compare(name, row ? &row.mapped() : nullptr));
  }
  for (const auto& [name, state] : known) scan.forget(name, state);
  return scan.take();
}

Result<DirectoryScan> scan_imported(BackupDirectory& directory, const KnownRows& known) {
  Scan scan(directory, 0);
  for (const auto& [name, state] : known) SQB_TRY(scan.compare(name, &state));
  return scan.take();
}

Result<bool> still_holds(const BackupDirectory& directory, const RowChange& change) {
  const bool forget = change.kind == RowChange::Kind::kForget;
  const auto now = look_at_files(directory, change.record.name);
  if (now.status().is(Error::kNoSuchFile)) return forget;
  if (!now.ok()) return now.status();
  // Data without a manifest is what a removal under way leaves; an imported file that stays has lost its
  // header.
  if (forget) return now->imported();
  // Other bytes have come meanwhile, and the next look at the directory reads them.
  const bool replaced =
      change.state.manifest_time != kUnknownTime && now->manifest_time > change.state.manifest_time;
  return now->imported() == change.state.imported() && !replaced;
}

}  // namespace sqbackup
