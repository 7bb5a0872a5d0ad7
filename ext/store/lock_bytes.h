// Which byte of a backup directory's .lock file guards what. Only the byte's lock counts; the file stays
// empty.
#pragma once

#include <cstdint>
#include <string_view>

namespace sqbackup {

inline constexpr std::string_view kLockFileName = ".lock";

// Held while catalog.db is created or a damaged one is set aside, so that only one process does either.
inline constexpr std::uint64_t kCatalogLockByte = 1;

// Whoever deletes a backup holds it.
inline constexpr std::uint64_t kDeletionLockByte = 2;

// The process whose scheduler looks after the database holds it.
inline constexpr std::uint64_t kLeaderLockByte = 3;

// Run `id` of the log is alive while its byte is held.
inline constexpr std::uint64_t run_lock_byte(std::int64_t id) {
  return (std::uint64_t{1} << 32) + static_cast<std::uint64_t>(id);
}

// A backup's name: FNV-1a 64, cut so that the offset stays positive. Two names that collide only wait for
// each other.
inline constexpr std::uint64_t name_lock_byte(std::string_view name) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return (std::uint64_t{1} << 62) + (hash >> 3);
}

}  // namespace sqbackup
