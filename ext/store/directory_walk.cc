#include "store/directory_walk.h"

#include <algorithm>

namespace sqbackup {
namespace {

// `below` is empty or ends in '/'. As deep as the directories are.
Result<bool> walk_below(const DirectoryWalk& walk, const std::string& below) {
  if (walk.cancel()) return Status(Error::kInterrupted, "stopped while listing " + walk.directory);
  auto listed = walk.files.list(join_path(walk.directory, below));
  const bool passed_over = listed.status().is(Error::kNoSuchFile) || listed.status().is(Error::kNoPermission);
  if (passed_over && !below.empty()) return true;  // as lost+found, at the root of a disk
  SQB_ASSIGN(std::vector<DirectoryEntry> entries, std::move(listed));
  for (DirectoryEntry& entry : entries) {
    if (entry.kind == FileKind::kDirectory) entry.name += '/';  // "a-b" is before "a/b", and "a0" behind it
  }
  std::sort(entries.begin(), entries.end(),
            [](const DirectoryEntry& a, const DirectoryEntry& b) { return a.name < b.name; });
  for (const DirectoryEntry& entry : entries) {
    const std::string path = below + entry.name;
    bool goes_on = true;
    if (entry.kind == FileKind::kDirectory && walk.enter(path)) {
      SQB_ASSIGN(goes_on, walk_below(walk, path));
    } else if (entry.kind == FileKind::kFile) {
      SQB_ASSIGN(goes_on, walk.visit(path));
    }
    if (!goes_on) return false;
  }
  return true;
}

}  // namespace

Result<bool> walk_directory(const DirectoryWalk& walk) { return walk_below(walk, ""); }

}  // namespace sqbackup
