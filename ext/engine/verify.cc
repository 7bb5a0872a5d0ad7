#include "engine/verify.h"

#include <array>

#include "engine/contents.h"
#include "engine/hash_file.h"
#include "engine/json_load.h"
#include "engine/restore_rows.h"
#include "engine/schema_builder.h"
#include "format/sqlite_header.h"
#include "pages/image.h"

namespace sqbackup {
namespace {

Status check_header(StoredImage& image, const Manifest& manifest) {
  if (image.size() != manifest.database_size) {
    return {Error::kManifestDisagrees, "the database in it has " + std::to_string(image.size()) +
                                           " bytes instead of " + std::to_string(manifest.database_size)};
  }
  if (manifest.page_size == 0) return {};
  std::array<std::uint8_t, kSqliteHeaderSize> head{};
  SQB_ASSIGN(const std::size_t size, image.read_at(0, head));
  const auto header = size == head.size() ? parse_sqlite_header(head) : std::nullopt;
  if (!header || header->page_size != manifest.page_size ||
      header->change_counter != manifest.change_counter) {
    return {Error::kManifestDisagrees, "the database's header is not the one that its manifest describes"};
  }
  return {};
}

// That it can be loaded was proven when it was made: the schema was built, and the integrity check found no
// key twice and no value out of place.
Status check_rows(StoredImage& text, const Manifest& manifest, Progress& progress) {
  SQB_TRY(was_sound(manifest));
  SQB_ASSIGN(const SnapshotManifest snapshot, check_json(text, progress));
  return compare_with_manifest(snapshot, manifest);
}

// Where nothing was checked then, or somebody else made it, it has to be loaded to know it. Where it is
// encrypted, not even that: the rows would stand on the disk in the open.
Status check_unproven_rows(BackupDirectory& directory, const std::string& name, StoredImage& text,
                           VerifyLevel level, Progress& progress) {
  if (level == VerifyLevel::kFull && !form_of_name(name).encrypted) {
    SQB_ASSIGN(auto scratch, ScratchCopy::make(directory));
    std::vector<std::string> reindex;
    SQB_TRY(load_rows(text, scratch->path(), scratch->file(), &reindex, progress));
    SQB_ASSIGN(auto image, open_image(scratch->path()));
    return check_image(image, CheckDepth::kIntegrity, progress);
  }
  SQB_ASSIGN(const SnapshotManifest snapshot, check_json(text, progress));
  return rehearse_schema(snapshot, progress);
}

Status check_stored_image(BackupDirectory& directory, const std::string& name,
                          const std::optional<Manifest>& manifest, VerifyLevel level, const AgeKeys& keys,
                          Progress& progress) {
  SQB_ASSIGN(auto image, open_backup(directory, name, manifest, keys, progress));
  if (image->holds_json()) {
    if (!manifest || !manifest->row_counts)
      return image->explain(check_unproven_rows(directory, name, *image, level, progress));
    return image->explain(check_rows(*image, *manifest, progress));
  }
  if (manifest) SQB_TRY(check_header(*image, *manifest));
  SQB_ASSIGN(auto database, image->database());
  return image->explain(check_database(database, manifest, level, progress));
}

// A file that somebody put here may be in use, or half of a database whose other half is its log.
Status check_imported(BackupDirectory& directory, const std::string& name) {
  FileEnv& files = directory.files();
  const std::string path = directory.path_of(name);
  for (const char* suffix : {"-wal", "-journal"}) {
    const auto log = files.info(path + suffix, /*follow_symlink=*/false);
    if (!log.ok() || log->size == 0) continue;
    return {Error::kDatabaseDamaged, "'" + path + suffix +
                                         "' belongs to it and would be left out; open the file once " +
                                         "with sqlite3 and close it, which takes it in"};
  }
  const auto info = files.info(path, /*follow_symlink=*/false);
  if (!info.ok()) return {};
  // Reading it here by path and closing it would drop the locks that this process holds on it.
  SQB_ASSIGN(const bool open, files.is_open_here(info->id));
  if (!open) return {};
  return {Error::kOpenHere, "'" + path + "' is open in this process; close or detach it first"};
}

Status verify(BackupDirectory& directory, const std::string& name, VerifyLevel level, const AgeKeys& keys,
              Progress& progress) {
  auto manifest = load_manifest(directory, name, level == VerifyLevel::kChecksum ? no_keys() : keys);
  if (!manifest.ok()) return manifest.status();
  if (!*manifest) SQB_TRY(check_imported(directory, name));
  auto file = directory.open_data(name);
  if (file.status().is(Error::kNoSuchFile)) {
    if (!*manifest) return {Error::kNoSuchBackup, "there is no such file in '" + directory.path() + "'"};
    return {Error::kStoredBytesDamaged, "its file is missing; restore another backup, and DELETE this one"};
  }
  if (!file.ok()) return file.status();
  if (*manifest) {
    SQB_ASSIGN(const std::string hash,
               hash_file(**file, (*manifest)->stored_size, nullptr, "hashing", progress));
    if (hash != (*manifest)->sha256) {
      return {Error::kStoredBytesDamaged, "its SHA-256 is " + hash + " instead of " + (*manifest)->sha256};
    }
    if (level == VerifyLevel::kChecksum) return {};
  }
  return check_stored_image(directory, name, *manifest, level, keys, progress);
}

}  // namespace

std::optional<VerifyLevel> verify_level(std::string_view name) {
  if (name == "checksum") return VerifyLevel::kChecksum;
  if (name == "quick") return VerifyLevel::kQuick;
  if (name == "full") return VerifyLevel::kFull;
  return std::nullopt;
}

Result<std::unique_ptr<StoredImage>> open_backup(BackupDirectory& directory, const std::string& name,
                                                 const std::optional<Manifest>& manifest, const AgeKeys& keys,
                                                 Progress& progress) {
  if (!manifest) return StoredImage::open_imported(directory, name, keys, progress);
  auto image =
      StoredImage::open(directory.files(), directory.path_of(name), form_of(*manifest), {&keys, nullptr});
  if (!image.ok()) return no_key(*manifest, image.status());
  return image;
}

Status was_sound(const Manifest& manifest) {
  if (manifest.warnings.empty()) return {};
  return {Error::kDatabaseDamaged, "when it was made, " + manifest.warnings.front()};
}

Status check_database(Connection& image, const std::optional<Manifest>& manifest, VerifyLevel level,
                      Progress& progress) {
  SQB_TRY(check_image(image, level == VerifyLevel::kFull ? CheckDepth::kIntegrity : CheckDepth::kQuick,
                      progress));
  if (!manifest || level != VerifyLevel::kFull) return {};
  return compare_with_manifest(image, *manifest, progress);
}

Result<std::optional<Manifest>> load_manifest(BackupDirectory& directory, const std::string& name,
                                              const AgeKeys& keys) {
  const auto info =
      directory.files().info(directory.path_of(manifest_file_of(name)), /*follow_symlink=*/false);
  if (info.status().is(Error::kNoSuchFile)) return std::optional<Manifest>();
  SQB_ASSIGN(const std::string text, directory.read_manifest(name));
  SQB_ASSIGN(auto manifest, read_manifest(text, name));
  if (manifest.encryption && has_any(keys)) {
    if (Status opened = reveal_content(manifest, keys); !opened.ok() && !opened.is(Error::kNoKey))
      return opened;
  }
  return std::optional<Manifest>(std::move(manifest));
}

Status verify_backup(BackupDirectory& directory, const std::string& name, VerifyLevel level,
                     const AgeKeys& keys, Progress& progress) {
  return verify(directory, name, level, keys, progress).with_context("backup '" + name + "'");
}

}  // namespace sqbackup
