#include "engine/backup.h"

#include <array>
#include <optional>

#include "engine/contents.h"
#include "engine/keys.h"
#include "engine/store_database.h"
#include "engine/stored_image.h"
#include "format/backup_name.h"
#include "format/sqlite_header.h"

namespace sqbackup {
namespace {

// More backups than this within one second of each other is a clock that stands still.
constexpr int kMaxNameAttempts = 1000;

// What the image itself says, read out of what was stored.
Status describe(BackupDirectory& directory, const PendingBackup& pending, const BackupRequest& request,
                const std::optional<AgeFileKey>& key, Manifest& manifest, Progress& progress) {
  Unlock unlock;
  if (key) unlock.file_key = &*key;
  SQB_ASSIGN(auto image, StoredImage::open(directory.files(), pending.partial_path(), request.form, unlock));
  std::array<std::uint8_t, kSqliteHeaderSize> head{};
  SQB_ASSIGN(const std::size_t size, image->read_at(0, head));
  const auto header = size == head.size() ? parse_sqlite_header(head) : std::nullopt;
  if (header) {
    manifest.page_size = header->page_size;
    manifest.page_count = manifest.database_size / header->page_size;
    manifest.change_counter = header->change_counter;
  }
  SQB_ASSIGN(auto database, image->database());
  return image->explain(describe_image(database, request.row_counts, manifest, progress));
}

}  // namespace

Result<NewBackup> begin_backup(const Env& env, BackupDirectory& directory, const StoredForm& form) {
  const UnixMillis now = env.clock->now();
  for (int attempt = 0; attempt < kMaxNameAttempts; ++attempt) {
    auto file = directory.begin(backup_name(now + attempt, extension_of(form)));
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
  manifest.format = format_of(request.form);
  manifest.partial = request.form.json && !request.form.exclude_tables.empty();
  manifest.sqlite_version = sqlite3_libversion();
  manifest.note = request.note;
  manifest.labels = request.labels;
  manifest.pinned = request.pinned;

  const StoreOptions options{request.form, request.salvage, request.row_counts};
  SQB_ASSIGN(const auto key, store_database(directory, source, options, pending, manifest, progress));
  if (!request.form.json) SQB_TRY(describe(directory, pending, request, key, manifest, progress));
  manifest.duration = env.clock->monotonic_seconds() - started;

  if (request.form.encrypted) SQB_TRY(hide_content(manifest, *request.form.lock));

  progress.begin_phase("publishing", 0);
  SQB_ASSIGN(const std::string text, write_manifest(manifest));
  SQB_TRY(pending.publish(text));
  return manifest;
}

}  // namespace sqbackup
