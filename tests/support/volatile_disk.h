// VolatileDisk: the books of PowerLossEnv: which contents and directory entries are not yet durable, and the
// files that a power loss may bring back.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/file_env.h"

namespace sqbackup_test {

// What a sync of one file has not yet made durable.
struct VolatileContent {
  struct Overwritten {
    std::uint64_t offset;
    std::string bytes;
  };
  std::uint64_t synced_size = 0;  // what no power loss takes, short of `overwritten`
  std::uint64_t size = 0;
  std::vector<Overwritten> overwritten;  // old bytes inside synced_size, oldest first
};

class VolatileDisk {
 public:
  // Paths are absolute and without symbolic links. `root`: below it all happens.
  explicit VolatileDisk(std::string root);
  ~VolatileDisk();
  VolatileDisk(const VolatileDisk&) = delete;
  VolatileDisk& operator=(const VolatileDisk&) = delete;

  // Before an entry is removed or replaced: keeps its file.
  void keep(const std::string& path);
  // After the real change.
  std::shared_ptr<VolatileContent> created(const std::string& path);
  void removed(const std::string& path, sqbackup::FileId was);
  void renamed(const std::string& from, const std::string& to, sqbackup::FileId id,
               const std::optional<sqbackup::FileId>& replaced);
  void directory_synced(const std::string& directory);

  // Puts the files into a state that a power loss now might leave.
  void lose_power(std::uint32_t seed);

  static std::optional<sqbackup::FileId> id_at(const std::string& path);

 private:
  using Entry = std::optional<sqbackup::FileId>;  // nullopt: none of that name
  using Change = std::map<std::string, Entry>;    // path -> entry; all of it happens at once

  std::string aside_path(sqbackup::FileId id) const;
  void note(const std::string& path, const Entry& before);
  void forget_lost_files();
  void bring_aside();
  std::vector<bool> choose_survivors();
  void rebuild_entries();
  void tear(sqbackup::FileId id, const VolatileContent& content);
  std::uint64_t up_to(std::uint64_t most);

  std::string root_;
  std::string aside_;  // hard links to files that may come back, named by inode
  std::mt19937 random_;
  std::vector<Change> changes_;           // since their directories were synced, in order
  std::map<std::string, Entry> durable_;  // the durable entry of each path in changes_
  std::map<sqbackup::FileId, std::shared_ptr<VolatileContent>> contents_;
};

}  // namespace sqbackup_test
