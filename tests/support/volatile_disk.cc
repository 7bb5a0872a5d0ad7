#include "support/volatile_disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>

namespace sqbackup_test {

namespace fs = std::filesystem;
using sqbackup::FileId;

namespace {

void must(bool ok, const std::string& what) {
  if (!ok) throw std::runtime_error("power loss: cannot " + what);
}

// Puts `bytes` at `offset` of an existing file, behind its end too.
void overwrite(const std::string& path, std::uint64_t offset, const std::string& bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(offset));
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  must(!file.fail(), "overwrite " + path);
}

}  // namespace

VolatileDisk::VolatileDisk(std::string root) : root_(std::move(root)), aside_(root_ + ".aside") {
  must(fs::create_directory(aside_), "create " + aside_);
}

VolatileDisk::~VolatileDisk() {
  std::error_code ignored;
  fs::remove_all(aside_, ignored);
}

std::optional<FileId> VolatileDisk::id_at(const std::string& path) {
  struct stat status;
  if (::lstat(path.c_str(), &status) != 0) return std::nullopt;
  return FileId{status.st_dev, status.st_ino};
}

std::string VolatileDisk::aside_path(FileId id) const { return aside_ + "/" + std::to_string(id.inode); }

void VolatileDisk::keep(const std::string& path) {
  const auto id = id_at(path);
  if (!id || id_at(aside_path(*id))) return;
  must(::link(path.c_str(), aside_path(*id).c_str()) == 0, "keep " + path);
}

void VolatileDisk::note(const std::string& path, const Entry& before) { durable_.emplace(path, before); }

std::shared_ptr<VolatileContent> VolatileDisk::created(const std::string& path) {
  const auto id = id_at(path);
  must(id.has_value(), "find " + path);
  note(path, std::nullopt);
  changes_.push_back({{path, id}});
  return contents_[*id] = std::make_shared<VolatileContent>();
}

void VolatileDisk::removed(const std::string& path, FileId was) {
  note(path, was);
  changes_.push_back({{path, std::nullopt}});
}

void VolatileDisk::renamed(const std::string& from, const std::string& to, FileId id, const Entry& replaced) {
  note(from, id);
  note(to, replaced);
  changes_.push_back({{from, std::nullopt}, {to, id}});
}

void VolatileDisk::directory_synced(const std::string& directory) {
  const auto inside = [&](const auto& entry) { return sqbackup::directory_of(entry.first) == directory; };
  for (Change& change : changes_) std::erase_if(change, inside);
  std::erase_if(changes_, [](const Change& change) { return change.empty(); });
  std::erase_if(durable_, inside);
  forget_lost_files();
}

// What no path can lead to any more is gone, and its inode may be used again.
void VolatileDisk::forget_lost_files() {
  std::set<FileId> wanted;
  const auto want = [&](const auto& entries) {
    for (const auto& [path, entry] : entries) {
      if (entry) wanted.insert(*entry);
    }
  };
  want(durable_);
  std::for_each(changes_.begin(), changes_.end(), want);
  for (const auto& kept : fs::directory_iterator(aside_)) {
    const auto id = id_at(kept.path());
    if (wanted.contains(*id)) continue;
    if (kept.hard_link_count() == 1) contents_.erase(*id);
    fs::remove(kept.path());
  }
}

void VolatileDisk::lose_power(std::uint32_t seed) {
  random_.seed(seed);
  bring_aside();
  rebuild_entries();
  for (const auto& [id, content] : contents_) {
    if (id_at(aside_path(id)) == id) tear(id, *content);
  }
  changes_.clear();
  durable_.clear();
  contents_.clear();
  forget_lost_files();
}

// Gives every file that a surviving entry may name, and every one with content to tear, a path of its own.
void VolatileDisk::bring_aside() {
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(root_)) {
    if (entry.is_regular_file() && !entry.is_symlink()) files.push_back(entry.path());
  }
  for (const std::string& file : files) keep(file);
}

std::vector<bool> VolatileDisk::choose_survivors() {
  std::vector<bool> survives(changes_.size(), false);
  switch (up_to(3)) {
    case 0:  // nothing reached the disk
      break;
    case 1:  // everything did
      survives.assign(changes_.size(), true);
      break;
    case 2: {  // a journal: the first ones
      const auto first = static_cast<std::ptrdiff_t>(up_to(changes_.size()));
      std::fill(survives.begin(), survives.begin() + first, true);
      break;
    }
    default:  // no order
      for (std::size_t i = 0; i < survives.size(); ++i) survives[i] = up_to(1) == 1;
  }
  return survives;
}

void VolatileDisk::rebuild_entries() {
  std::map<std::string, Entry> state = durable_;
  const std::vector<bool> survives = choose_survivors();
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    if (!survives[i]) continue;
    for (const auto& [path, entry] : changes_[i]) state[path] = entry;
  }
  for (const auto& [path, entry] : state) {
    if (id_at(path) == entry) continue;
    if (id_at(path)) must(::unlink(path.c_str()) == 0, "unlink " + path);
    if (entry) must(::link(aside_path(*entry).c_str(), path.c_str()) == 0, "bring back " + path);
  }
}

void VolatileDisk::tear(FileId id, const VolatileContent& content) {
  const std::string path = aside_path(id);
  for (auto old = content.overwritten.rbegin(); old != content.overwritten.rend(); ++old) {
    if (up_to(1) == 0) overwrite(path, old->offset, old->bytes);
  }
  const std::uint64_t size = fs::file_size(path);
  if (size <= content.synced_size) return;
  const std::uint64_t left = content.synced_size + up_to(size - content.synced_size);
  must(::truncate(path.c_str(), static_cast<off_t>(left)) == 0, "truncate " + path);
  const std::uint64_t torn = content.synced_size + up_to(left - content.synced_size);
  std::string tail(static_cast<std::size_t>(left - torn), '\0');
  switch (up_to(2)) {
    case 0:
      for (char& byte : tail) byte = static_cast<char>(random_());
      [[fallthrough]];
    case 1:
      overwrite(path, torn, tail);
      break;
    default:
      break;
  }
}

std::uint64_t VolatileDisk::up_to(std::uint64_t most) {
  return std::uniform_int_distribution<std::uint64_t>(0, most)(random_);
}

}  // namespace sqbackup_test
