#include "engine/backup.h"

#include <array>
#include <optional>

#include "engine/contents.h"
#include "engine/hash_file.h"
#include "engine/hashing_sink.h"
#include "format/backup_name.h"
#include "format/sqlite_header.h"
#include "pages/backup_api.h"
#include "pages/capture.h"
#include "pages/read_transaction.h"

namespace sqbackup {
namespace {

// More backups than this within one second of each other is a clock that stands still.
constexpr int kMaxNameAttempts = 1000;

Status check_room(BackupDirectory& directory, std::uint64_t bytes) {
  SQB_ASSIGN(const std::uint64_t available, directory.files().free_space(directory.path()));
  if (available >= bytes && available - bytes >= kSpareBytes) return {};
  return {Error::kDiskFull, "the backup needs " + std::to_string(bytes) + " bytes, and " +
                                std::to_string(kSpareBytes) + " to spare for the database; '" +
                                directory.path() + "' has " + std::to_string(available) +
                                " free; delete old backups or choose another directory"};
}

struct Stored {
  std::uint64_t bytes = 0;
  std::string sha256;
  std::vector<std::string> warnings;
};

Result<Stored> hash_stored(BackupDirectory& directory, const PendingBackup& pending, Stored stored,
                           Progress& progress) {
  SQB_ASSIGN(auto file, directory.files().open(pending.partial_path(), /*follow_symlink=*/false));
  SQB_ASSIGN(const FileInfo info, file->info());
  stored.bytes = info.size;
  SQB_ASSIGN(stored.sha256, hash_file(*file, stored.bytes, nullptr, "hashing", progress));
  return stored;
}

Result<Stored> store_file(BackupDirectory& directory, const Source& source, bool salvage,
                          PendingBackup& pending, Progress& progress) {
  SQB_ASSIGN(auto capture, Capture::begin(directory.files(), source, salvage));
  SQB_ASSIGN(const bool cloned, capture->clone_to(pending.file()));
  if (cloned) {
    Stored stored{capture->bytes(), {}, capture->warnings()};
    capture.reset();  // the writers of a rollback-journal database wait for this
    return hash_stored(directory, pending, std::move(stored), progress);
  }
  HashingSink sink(pending.file(),
                   [&directory](std::uint64_t bytes) { return check_room(directory, bytes); });
  SQB_TRY(capture->copy_to(sink, progress));
  Stored stored{capture->bytes(), {}, capture->warnings()};
  capture.reset();
  SQB_ASSIGN(stored.sha256, sink.finish());
  return stored;
}

// A database that only the caller's connection can read.
Result<Stored> store_from_connection(BackupDirectory& directory, const Source& source, PendingBackup& pending,
                                     Progress& progress) {
  progress.begin_phase("copying", 0);
  SQB_TRY(copy_from_connection(source, pending.partial_path()));
  return hash_stored(directory, pending, {}, progress);
}

Status read_header(BackupDirectory& directory, const PendingBackup& pending, Manifest& manifest) {
  std::array<std::uint8_t, kSqliteHeaderSize> head{};
  SQB_ASSIGN(auto file, directory.files().open(pending.partial_path(), /*follow_symlink=*/false));
  SQB_ASSIGN(const std::size_t size, file->read_at(0, head));
  if (size < head.size()) return {};
  if (const auto header = parse_sqlite_header(head)) {
    manifest.page_size = header->page_size;
    manifest.page_count = manifest.database_size / header->page_size;
    manifest.change_counter = header->change_counter;
  }
  return {};
}

}  // namespace

Result<NewBackup> begin_backup(const Env& env, BackupDirectory& directory) {
  const UnixMillis now = env.clock->now();
  for (int attempt = 0; attempt < kMaxNameAttempts; ++attempt) {
    auto file = directory.begin(backup_name(now + attempt, ".sqlite"));
    if (file.ok()) return NewBackup{std::move(file).value(), now + attempt};
    if (!file.status().is(Error::kAlreadyExists) && !file.status().is(Error::kInUse)) return file.status();
  }
  return Status(Error::kAlreadyExists,
                "no free name for a backup in '" + directory.path() + "'; check the clock");
}

Result<Manifest> take_backup(const Env& env, BackupDirectory& directory, NewBackup backup,
                             const Source& source, const BackupRequest& request, Progress& progress) {
  const double started = env.clock->monotonic_seconds();
  PendingBackup& pending = *backup.file;
  Manifest manifest;
  manifest.created_at = backup.created_at;
  manifest.tool_version = SQBACKUP_VERSION;
  manifest.name = pending.name();
  manifest.database_id = request.database_id;
  manifest.database_path = source.path;
  manifest.trigger = request.trigger;
  manifest.actor = request.actor;
  manifest.format = "sqlite";
  manifest.sqlite_version = sqlite3_libversion();
  manifest.note = request.note;
  manifest.labels = request.labels;
  manifest.pinned = request.pinned;

  auto stored = needs_callers_connection(source)
                    ? store_from_connection(directory, source, pending, progress)
                    : store_file(directory, source, request.salvage, pending, progress);
  if (!stored.ok()) return stored.status();
  manifest.database_size = manifest.stored_size = stored->bytes;
  manifest.sha256 = manifest.database_sha256 = stored->sha256;
  manifest.warnings = std::move(stored->warnings);
  SQB_TRY(read_header(directory, pending, manifest));
  SQB_TRY(describe_image(pending.partial_path(), request.row_counts, manifest, progress));
  manifest.duration = env.clock->monotonic_seconds() - started;

  progress.begin_phase("publishing", 0);
  SQB_ASSIGN(const std::string text, write_manifest(manifest));
  SQB_TRY(pending.publish(text));
  return manifest;
}

}  // namespace sqbackup
