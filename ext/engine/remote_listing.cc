// What is there, and how it goes: list_remote(), remove_remote(), clear_remote_leftovers().
#include <algorithm>
#include <map>

#include "engine/remote_backup.h"
#include "engine/remote_layout.h"
#include "format/backup_name.h"

namespace sqbackup {
namespace {

// The objects of one name.
struct Found {
  std::optional<ObjectInfo> data;
  std::optional<ObjectInfo> manifest;
  std::optional<ObjectInfo> marks;

  std::optional<ObjectInfo>& part(RemotePart which) {
    if (which == RemotePart::kManifest) return manifest;
    return which == RemotePart::kMarks ? marks : data;
  }
  std::int64_t count() const { return data.has_value() + manifest.has_value() + marks.has_value(); }
};

struct Everything {
  std::map<std::string, Found> names;
  std::int64_t foreign = 0;
};

Result<Everything> look_at(ObjectStore& store, const Cancel& cancel) {
  Everything all;
  std::string next;
  do {
    SQB_ASSIGN(ObjectPage page, store.list("", next, cancel));
    for (ObjectInfo& object : page.objects) {
      if (object.key == kOwnerKey || object.key == kRecoveryKey) continue;
      if (const auto key = read_remote_key(object.key)) {
        all.names[key->name].part(key->part) = std::move(object);
      } else {
        ++all.foreign;
      }
    }
    next = std::move(page.next);
  } while (!next.empty());
  return all;
}

bool is_ours(const std::string& name) { return time_of_backup_name(name).has_value(); }

bool is_older(const std::optional<ObjectInfo>& object, UnixMillis before) {
  return !object || (object->modified != 0 && object->modified < before);
}

// The listing may be old by now.
Result<bool> is_leftover(ObjectStore& store, const std::string& name, UnixMillis before,
                         const Cancel& cancel) {
  SQB_ASSIGN(const auto data, find_object(store, name, cancel));
  SQB_ASSIGN(const auto marks, find_object(store, remote_marks_key(name), cancel));
  SQB_ASSIGN(const auto manifest, find_object(store, remote_manifest_key(name), cancel));
  return !manifest && is_older(data, before) && is_older(marks, before);
}

// Of what has no manifest.
Status remove_rest(ObjectStore& store, const std::string& name, const Cancel& cancel) {
  SQB_TRY(store.remove(remote_marks_key(name), cancel));
  return store.remove(name, cancel);
}

}  // namespace

Result<RemoteListing> list_remote(ObjectStore& store, const Cancel& cancel) {
  SQB_ASSIGN(const Everything all, look_at(store, cancel));
  RemoteListing listing;
  listing.ignored = all.foreign;
  for (const auto& [name, found] : all.names) {
    if (found.manifest && found.data) {
      RemoteBackup backup{name, found.data->size, found.data->modified, found.manifest->modified, {}};
      if (found.marks) backup.marks_modified = found.marks->modified;
      listing.backups.push_back(std::move(backup));
    } else if (!is_ours(name)) {
      listing.ignored += found.count();
    } else if (found.manifest) {
      listing.no_data.push_back(name);
    }
  }
  return listing;
}

Status remove_remote(ObjectStore& store, const std::string& name, const Cancel& cancel) {
  SQB_TRY(check_remote_name(name));
  const std::string manifest_key = remote_manifest_key(name);
  if (!is_ours(name)) {
    SQB_ASSIGN(const auto manifest, find_object(store, manifest_key, cancel));
    if (!manifest) return {};
  }
  SQB_TRY(store.remove(manifest_key, cancel));
  return remove_rest(store, name, cancel);
}

Result<std::vector<std::string>> clear_remote_leftovers(ObjectStore& store, UnixMillis before,
                                                        const Cancel& cancel) {
  SQB_ASSIGN(const Everything all, look_at(store, cancel));
  std::vector<std::string> cleared;
  for (const auto& [name, found] : all.names) {
    if (found.manifest || !is_ours(name)) continue;
    if (!is_older(found.data, before) || !is_older(found.marks, before)) continue;
    SQB_ASSIGN(const bool leftover, is_leftover(store, name, before, cancel));
    if (!leftover) continue;
    SQB_TRY(remove_rest(store, name, cancel));
    cleared.push_back(name);
  }
  return cleared;
}

}  // namespace sqbackup
