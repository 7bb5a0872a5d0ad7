// FileEnv: every file operation of sqbackup's own (SQLite's go through SQLite's VFS). The one seam to the
// operating system: file_env_posix.cc implements it, tests inject faults and power loss behind it.
//
// All functions may be called by several threads at once; one file object belongs to one thread at a time.
// Paths are absolute, UTF-8 bytes. Descriptors are close-on-exec. Errors carry operation, path and reason.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/status.h"

namespace sqbackup {

enum class FileKind { kFile, kDirectory, kSymlink, kOther };

// Which file it is, whatever its path: two paths with equal FileIds are the same file.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  auto operator<=>(const FileId&) const = default;
};

struct FileInfo {
  FileKind kind = FileKind::kOther;
  FileId id;
  std::uint64_t size = 0;
  std::int64_t modified_ns = 0;  // nanoseconds since 1970
  std::uint64_t links = 0;
};

struct DirectoryEntry {
  std::string name;
  FileKind kind;
};

class ReadableFile {
 public:
  virtual ~ReadableFile() = default;
  // Reads at `offset` until `out` is full or the file ends; returns how many bytes were read.
  virtual Result<std::size_t> read_at(std::uint64_t offset, ByteSpan out) = 0;
  virtual Result<FileInfo> info() = 0;
};

// A new file, written from its beginning to its end.
class WritableFile {
 public:
  virtual ~WritableFile() = default;  // closes; what was not synced may be lost
  virtual Status append(ByteView bytes) = 0;
  virtual Status write_at(std::uint64_t offset, ByteView bytes) = 0;  // inside what is written already
  virtual Status truncate(std::uint64_t size) = 0;
  // Hands what is written to the disk without waiting: a hint, never an error.
  virtual void start_writeback() = 0;
  virtual Status sync() = 0;  // returns when content and size are durable
  // Makes this (still empty) file share all blocks of the open file `source_descriptor` (FICLONE). False:
  // this file system cannot, and nothing was changed.
  virtual Result<bool> clone_from(int source_descriptor) = 0;
};

enum class LockMode { kShared, kExclusive };

// One or more locked bytes of a file, through one descriptor. Released by destruction, or by the end of the
// process.
class FileLock {
 public:
  virtual ~FileLock() = default;
  virtual Status add(std::uint64_t byte, LockMode mode) = 0;  // kInUse when another holds it
  virtual void drop(std::uint64_t byte) = 0;
};

class FileEnv {
 public:
  virtual ~FileEnv() = default;

  // `follow_symlink` false: a symbolic link as the last part of the path is an error (kNotAnOrdinaryFile), as
  // is anything else that is no regular file.
  virtual Result<std::unique_ptr<ReadableFile>> open(const std::string& path, bool follow_symlink) = 0;
  // Creates a file, mode 0600, that did not exist (kAlreadyExists otherwise; a dangling symbolic link exists
  // too).
  virtual Result<std::unique_ptr<WritableFile>> create(const std::string& path) = 0;
  virtual Status rename(const std::string& from, const std::string& to) = 0;  // replaces `to`
  // Renames without replacing: kAlreadyExists when `to` exists.
  virtual Status rename_new(const std::string& from, const std::string& to) = 0;
  virtual Status remove(const std::string& path) = 0;            // kNoSuchFile when it is not there
  virtual Status remove_directory(const std::string& path) = 0;  // an empty one; kNoSuchFile as remove()
  // Creates one directory, mode 0700, and makes its entry durable; one that exists already is ok.
  virtual Status make_directory(const std::string& path) = 0;
  virtual Status sync_directory(
      const std::string& path) = 0;  // entries created, renamed, removed become durable
  virtual Result<std::vector<DirectoryEntry>> list(const std::string& path) = 0;  // without "." and ".."
  virtual Result<FileInfo> info(const std::string& path, bool follow_symlink) = 0;
  virtual Result<std::uint64_t> free_space(
      const std::string& path) = 0;  // bytes an ordinary user may still write
  // Gives `to` the mode of `from` (of what it leads to), and its owner and group where this process may;
  // where it may not give the group, that gets no access.
  virtual Status copy_access(const std::string& from, const std::string& to) = 0;
  // The absolute path without symbolic links, "." and ".."; the last part need not exist, its directory must.
  virtual Result<std::string> canonical(const std::string& path) = 0;

  // Whether `descriptor` is open in this process and is of the file `id`.
  virtual bool descriptor_is(int descriptor, const FileId& id) = 0;
  // Whether any descriptor of this process is of the file `id`.
  virtual Result<bool> is_open_here(const FileId& id) = 0;

  // Locks one byte of the file at `path` (created, mode 0600, when missing) for this open file description:
  // holders exclude each other within one process too, and a dead process holds nothing. kInUse when it is
  // held by another.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path, std::uint64_t byte,
                                                 LockMode mode) = 0;
};

FileEnv& posix_file_env();

// What an operation needs of the outside world.
struct Env {
  FileEnv* files;
  Clock* clock;
};

Env system_env();

std::string join_path(std::string_view directory, std::string_view name);
std::string directory_of(std::string_view path);  // "/a" for "/a/b", "/" for "/b"
std::string file_name_of(std::string_view path);

}  // namespace sqbackup
