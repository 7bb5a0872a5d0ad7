// BackupFiles: the files that one backup may consist of, and the steps in which they come and go. Internal to
// store/; backup_directory.h has the protocol. The caller holds the name's lock.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/file_env.h"
#include "base/status.h"

namespace sqbackup {

inline constexpr std::string_view kManifestSuffix = ".json";
inline constexpr std::string_view kMarksSuffix = ".marks.json";
inline constexpr std::string_view kPartialPrefix = ".";
inline constexpr std::string_view kPartialSuffix = ".partial";
inline constexpr std::string_view kNextSuffix = ".next";

// Whether the file of this name is a manifest or marks: it ends in ".json", and what stands before it has an
// ending of its own. A JSON snapshot, "backup-....json", is data.
bool is_description(std::string_view file);

class BackupFiles {
 public:
  BackupFiles(FileEnv& files, std::string_view directory, std::string_view name);

  const std::string data, manifest, marks;
  const std::string data_partial, manifest_partial, marks_partial;
  const std::string manifest_next;

  // Whether anything stands at `path`, be it a dangling symbolic link.
  Result<bool> exists(const std::string& path) const;
  // The first of all seven paths at which something stands; empty: none.
  Result<std::string> first_existing() const;

  // The data is synced at data_partial: makes the backup exist, durably.
  Status publish(std::string_view manifest_text) const;
  Status write_marks(std::string_view text) const;

  // The backup stands, and its new data is synced at data_partial: exchanges it, its manifest and, where
  // `marks_text` is given, its marks for new ones, all or none, durably. An error: none, unless the message
  // says otherwise.
  Status replace(std::string_view manifest_text, const std::optional<std::string>& marks_text) const;
  // Finishes what a dead process has decided by manifest_next; nothing to finish: ok.
  Status finish_replacement() const;

  // Takes the backup off the list, then away, each step durable before the next.
  Status remove() const;
  // The same for what never became a backup. A file at `data` that did not come from data_partial stays.
  Status discard() const;
  // The backup stands: removes partial files beside it, unless finish_replacement() needs them.
  Status remove_stale_partials() const;

 private:
  Status write_new(const std::string& path, std::string_view text) const;
  Status remove_if_there(const std::string& path) const;
  Status sync() const { return files_.sync_directory(directory_); }
  Result<bool> data_came_from_partial() const;
  Status take_away(bool with_data) const;
  Status roll_forward() const;
  Status rename_if_there(const std::string& from, const std::string& to) const;

  FileEnv& files_;
  const std::string directory_;
};

}  // namespace sqbackup
