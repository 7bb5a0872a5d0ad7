#include "engine/remote_layout.h"

#include "store/backup_directory.h"

namespace sqbackup {
namespace {

constexpr std::string_view kManifestEnding = ".json";
constexpr std::string_view kMarksEnding = ".marks.json";

// "owner.sqbackup" would have the owner's object for its manifest.
bool is_reserved(std::string_view name) { return name == kRecoveryKey || name == "owner.sqbackup"; }

bool is_remote_name(std::string_view name) {
  return is_plain_name(name) && name.find('.') != std::string_view::npos && !is_reserved(name);
}

std::optional<RemoteKey> remote_key(std::string_view name, RemotePart part) {
  if (!is_remote_name(name)) return std::nullopt;
  return RemoteKey{std::string(name), part};
}

}  // namespace

Status check_remote_name(std::string_view name) {
  if (is_remote_name(name)) return {};
  std::string shown;
  for (const char c : name.substr(0, 80)) shown += c >= 0x20 && c < 0x7f ? c : '?';
  return {Error::kBadName, "'" + shown +
                               "' cannot be the name of a backup in an object store: give a name with an "
                               "ending as the table backups shows them, and not one of sqbackup's own files"};
}

std::string remote_manifest_key(std::string_view name) { return std::string(name).append(kManifestEnding); }

std::string remote_marks_key(std::string_view name) { return std::string(name).append(kMarksEnding); }

std::optional<RemoteKey> read_remote_key(std::string_view key) {
  if (key.ends_with(kMarksEnding))
    return remote_key(key.substr(0, key.size() - kMarksEnding.size()), RemotePart::kMarks);
  // "backup-1.json" is a JSON snapshot; "backup-1.json.json" is its manifest.
  if (is_plain_name(key) || !key.ends_with(kManifestEnding)) return remote_key(key, RemotePart::kData);
  return remote_key(key.substr(0, key.size() - kManifestEnding.size()), RemotePart::kManifest);
}

Result<std::optional<std::string>> read_text_object(ObjectStore& store, const std::string& key,
                                                    std::size_t most, const Cancel& cancel) {
  auto text = store.get(key, most, cancel);
  if (text.status().is(Error::kNoSuchObject)) return std::optional<std::string>();
  if (text.status().is(Error::kBadArgument)) {
    return Status(Error::kManifestDamaged, "'" + store.url_of(key) +
                                               "' is larger than any such file; it was not written by "
                                               "sqbackup, remove it there");
  }
  if (!text.ok()) return text.status();
  return std::optional<std::string>(std::move(*text));
}

Result<std::optional<ObjectInfo>> find_object(ObjectStore& store, const std::string& key,
                                              const Cancel& cancel) {
  auto info = store.head(key, cancel);
  if (info.status().is(Error::kNoSuchObject)) return std::optional<ObjectInfo>();
  if (!info.ok()) return info.status();
  return std::optional<ObjectInfo>(std::move(*info));
}

}  // namespace sqbackup
