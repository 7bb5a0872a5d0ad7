// The FileEnv of a POSIX system. A port replaces this file; what only Linux has stays in it.
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>

#include "base/file_env.h"
#include "base/file_env_posix_lock.h"
#include "base/fork_gate.h"

namespace sqbackup {
namespace {

constexpr mode_t kFileMode = 0600;
constexpr mode_t kDirectoryMode = 0700;
constexpr mode_t kAccessBits = 0777;
constexpr int kMostSymlinks = 40;  // as the kernel
// Of one write. For larger ones the kernel takes larger pieces of memory, which a virtual machine may have to
// get from its host first: a gigabyte then took up to ten times as long (Linux 6.18, ext4).
constexpr std::size_t kMostAtOnce = 64 << 10;

Status not_ordinary(std::string_view operation, std::string_view path, std::string_view what) {
  return {Error::kNotAnOrdinaryFile, "cannot " + std::string(operation) + " '" + std::string(path) +
                                         "': it is " + std::string(what) +
                                         "; move it away or give another path"};
}

// The kernel would silently cut the path at a NUL.
Status check_path(std::string_view operation, const std::string& path) {
  if (path.find('\0') == std::string::npos) return {};
  return {Error::kBadArgument, "cannot " + std::string(operation) + " a path with a NUL byte in it"};
}

FileKind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::kFile;
  if (S_ISDIR(mode)) return FileKind::kDirectory;
  if (S_ISLNK(mode)) return FileKind::kSymlink;
  return FileKind::kOther;
}

FileInfo to_info(const struct stat& status) {
  const std::uint64_t nanoseconds = static_cast<std::uint64_t>(status.st_mtim.tv_sec) * 1'000'000'000U +
                                    static_cast<std::uint64_t>(status.st_mtim.tv_nsec);
  FileInfo info;
  info.kind = kind_of(status.st_mode);
  info.id = {status.st_dev, status.st_ino};
  info.size = static_cast<std::uint64_t>(status.st_size);
  info.modified_ns = static_cast<std::int64_t>(nanoseconds);
  info.links = status.st_nlink;
  return info;
}

Result<FileInfo> info_of(const Descriptor& file, const std::string& path) {
  struct stat status;
  if (::fstat(file.get(), &status) != 0) return errno_status("examine", path, errno);
  return to_info(status);
}

// Opens only regular files. O_NONBLOCK: a FIFO must not hang us before it is recognised.
Result<Descriptor> open_regular(std::string_view operation, const std::string& path, int flags) {
  SQB_TRY(check_path(operation, path));
  Descriptor file(retry([&] { return ::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK, kFileMode); }));
  if (file.get() < 0) {
    if (errno == EISDIR) return not_ordinary(operation, path, "a directory");
    if (errno == ENXIO) return not_ordinary(operation, path, "a special file");
    return errno_status(operation, path, errno);
  }
  SQB_ASSIGN(const FileInfo info, info_of(file, path));
  if (info.kind == FileKind::kDirectory) return not_ordinary(operation, path, "a directory");
  if (info.kind != FileKind::kFile) return not_ordinary(operation, path, "a special file");
  return file;
}

// A shared lock needs no permission to write, once the file is there.
Result<Descriptor> open_for_lock(const std::string& path, LockMode mode) {
  auto file = open_regular("lock", path, O_RDWR | O_CREAT | O_NOFOLLOW);
  if (mode == LockMode::kExclusive || !file.status().is(Error::kNoPermission)) return file;
  auto read_only = open_regular("lock", path, O_RDONLY | O_NOFOLLOW);
  return read_only.ok() ? std::move(read_only) : std::move(file);
}

class PosixReadableFile : public ReadableFile {
 public:
  PosixReadableFile(Descriptor file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  Result<std::size_t> read_at(std::uint64_t offset, ByteSpan out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      const ssize_t got = retry([&] {
        return ::pread(file_.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
      });
      if (got < 0) return errno_status("read", path_, errno);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  Result<FileInfo> info() override { return info_of(file_, path_); }

 private:
  Descriptor file_;
  std::string path_;
};

class PosixWritableFile : public WritableFile {
 public:
  PosixWritableFile(Descriptor file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  Status append(ByteView bytes) override {
    SQB_TRY(write_all(size_, bytes));
    size_ += bytes.size();
    return {};
  }

  Status write_at(std::uint64_t offset, ByteView bytes) override {
    if (offset > size_ || bytes.size() > size_ - offset) {
      return {Error::kInternal, "write_at past the end of '" + path_ + "'"};
    }
    return write_all(offset, bytes);
  }

  Status truncate(std::uint64_t size) override {
    if (retry([&] { return ::ftruncate(file_.get(), static_cast<off_t>(size)); }) != 0) {
      return errno_status("truncate", path_, errno);
    }
    size_ = size;
    handed_over_ = std::min(handed_over_, size);
    return {};
  }

  void start_writeback() override {
    ::sync_file_range(file_.get(), static_cast<off_t>(handed_over_), static_cast<off_t>(size_ - handed_over_),
                      SYNC_FILE_RANGE_WRITE);
    handed_over_ = size_;
  }

  // After a failed fsync the kernel forgets what it could not write: a second one would wrongly succeed.
  Status sync() override {
    BackgroundWait wait;
    if (sync_status_.ok() && retry([&] { return ::fsync(file_.get()); }) != 0) {
      sync_status_ = errno_status("sync", path_, errno);
    }
    return sync_status_;
  }

  Result<bool> clone_from(int source_descriptor) override {
    if (retry([&] { return ::ioctl(file_.get(), FICLONE, source_descriptor); }) != 0) {
      switch (errno) {
        case EOPNOTSUPP:
        case EXDEV:
        case EINVAL:
        case ENOTTY:
        case ENOSYS:
        case EPERM:
        case EACCES:
        case ETXTBSY:
          return false;
        default:
          return errno_status("clone into", path_, errno);
      }
    }
    SQB_ASSIGN(const FileInfo info, info_of(file_, path_));
    size_ = handed_over_ = info.size;
    return true;
  }

 private:
  Status write_all(std::uint64_t offset, ByteView bytes) {
    while (!bytes.empty()) {
      const ssize_t done = retry([&] {
        return ::pwrite(file_.get(), bytes.data(), std::min(bytes.size(), kMostAtOnce),
                        static_cast<off_t>(offset));
      });
      if (done <= 0) return errno_status("write", path_, done < 0 ? errno : EIO);
      offset += static_cast<std::uint64_t>(done);
      bytes = bytes.subspan(static_cast<std::size_t>(done));
    }
    return {};
  }

  Descriptor file_;
  std::string path_;
  std::uint64_t size_ = 0;
  std::uint64_t handed_over_ = 0;  // start_writeback() has seen the bytes before this
  Status sync_status_;
};

struct Closer {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using DirectoryStream = std::unique_ptr<DIR, Closer>;

std::optional<std::string> resolved(const std::string& path) {
  std::unique_ptr<char, decltype(&std::free)> real(::realpath(path.c_str(), nullptr), &std::free);
  if (!real) return std::nullopt;
  return std::string(real.get());
}

std::optional<std::string> symlink_target(const std::string& path) {
  char target[PATH_MAX];
  const ssize_t size = ::readlink(path.c_str(), target, sizeof target);
  if (size < 0) return std::nullopt;
  return std::string(target, static_cast<std::size_t>(size));
}

FileKind kind_of_entry(DIR* directory, const struct dirent& entry) {
  switch (entry.d_type) {
    case DT_REG:
      return FileKind::kFile;
    case DT_DIR:
      return FileKind::kDirectory;
    case DT_LNK:
      return FileKind::kSymlink;
    case DT_UNKNOWN: {
      struct stat status;
      if (::fstatat(::dirfd(directory), entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return FileKind::kOther;
      return kind_of(status.st_mode);
    }
    default:
      return FileKind::kOther;
  }
}

class PosixFileEnv : public FileEnv {
 public:
  Result<std::unique_ptr<ReadableFile>> open(const std::string& path, bool follow_symlink) override {
    SQB_ASSIGN(Descriptor file, open_regular("open", path, O_RDONLY | (follow_symlink ? 0 : O_NOFOLLOW)));
    return {std::make_unique<PosixReadableFile>(std::move(file), path)};
  }

  Result<std::unique_ptr<WritableFile>> create(const std::string& path) override {
    SQB_ASSIGN(Descriptor file, open_regular("create", path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW));
    return {std::make_unique<PosixWritableFile>(std::move(file), path)};
  }

  Status rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return errno_status("rename to", to, errno);
    return {};
  }

  Status rename_new(const std::string& from, const std::string& to) override {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
    if (errno != EINVAL && errno != ENOSYS) return errno_status("rename to", to, errno);
    if (::link(from.c_str(), to.c_str()) != 0) return errno_status("rename to", to, errno);
    if (::unlink(from.c_str()) == 0) return {};
    Status status = errno_status("rename", from, errno);
    ::unlink(to.c_str());
    return status;
  }

  Status remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return errno_status("remove", path, errno);
    return {};
  }

  Status remove_directory(const std::string& path) override {
    if (::rmdir(path.c_str()) != 0) return errno_status("remove the directory", path, errno);
    return {};
  }

  Status make_directory(const std::string& path) override {
    SQB_TRY(check_path("create the directory", path));
    if (::mkdir(path.c_str(), kDirectoryMode) == 0) return sync_directory(directory_of(path));
    if (errno != EEXIST) return errno_status("create the directory", path, errno);
    struct stat status;
    if (::stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
      return not_ordinary("create the directory", path, "something else than a directory already");
    }
    // Whoever made it may have died before its entry was durable. Not ours to insist on where we may not
    // look.
    const Status synced = sync_directory(directory_of(path));
    return synced.is(Error::kNoPermission) ? Status() : synced;
  }

  Status sync_directory(const std::string& path) override {
    Descriptor directory(retry([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (directory.get() < 0) return errno_status("sync the directory", path, errno);
    // EINVAL: this file system has no such operation, and no stronger promise can be had from it.
    BackgroundWait wait;
    if (retry([&] { return ::fsync(directory.get()); }) != 0 && errno != EINVAL) {
      return errno_status("sync the directory", path, errno);
    }
    return {};
  }

  Result<std::vector<DirectoryEntry>> list(const std::string& path) override {
    DirectoryStream directory(::opendir(path.c_str()));
    if (!directory) return errno_status("list", path, errno);
    std::vector<DirectoryEntry> entries;
    for (;;) {
      errno = 0;
      const struct dirent* entry = ::readdir(directory.get());
      if (entry == nullptr) break;
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      entries.push_back({std::string(name), kind_of_entry(directory.get(), *entry)});
    }
    if (errno != 0) return errno_status("list", path, errno);
    return entries;
  }

  Result<FileInfo> info(const std::string& path, bool follow_symlink) override {
    SQB_TRY(check_path("examine", path));
    struct stat status;
    const int flags = follow_symlink ? 0 : AT_SYMLINK_NOFOLLOW;
    if (::fstatat(AT_FDCWD, path.c_str(), &status, flags) != 0) return errno_status("examine", path, errno);
    return to_info(status);
  }

  Result<std::uint64_t> free_space(const std::string& path) override {
    struct statvfs status;
    if (retry([&] { return ::statvfs(path.c_str(), &status); }) != 0) {
      return errno_status("examine the file system of", path, errno);
    }
    return std::uint64_t{status.f_bavail} * status.f_frsize;
  }

  Status copy_access(const std::string& from, const std::string& to) override {
    struct stat status;
    if (::stat(from.c_str(), &status) != 0) return errno_status("examine", from, errno);
    // Only a privileged process may give files away. Where not even the group can be set, what was meant for
    // the old one is for nobody.
    mode_t mode = status.st_mode & kAccessBits;
    if (::lchown(to.c_str(), status.st_uid, status.st_gid) != 0) {
      if (errno != EPERM) return errno_status("change the owner of", to, errno);
      if (::lchown(to.c_str(), static_cast<uid_t>(-1), status.st_gid) != 0) mode &= ~mode_t{S_IRWXG};
    }
    if (::chmod(to.c_str(), mode) != 0) {
      return errno_status("change the mode of", to, errno);
    }
    return {};
  }

  Result<std::string> canonical(const std::string& path) override {
    SQB_TRY(check_path("resolve", path));
    std::string current = path;
    for (int links = 0; links < kMostSymlinks; ++links) {
      if (auto whole = resolved(current)) return *whole;
      if (errno != ENOENT) return errno_status("resolve", path, errno);
      const std::string name = file_name_of(current);
      if (name.empty() || name == "." || name == "..") return errno_status("resolve", path, ENOENT);
      const auto directory = resolved(directory_of(current));
      if (!directory) return errno_status("resolve", path, errno);
      const std::string last = join_path(*directory, name);
      const auto target = symlink_target(last);  // a dangling link leads to where a file would be made
      if (!target) return last;
      current = target->starts_with('/') ? *target : join_path(*directory, *target);
    }
    return errno_status("resolve", path, ELOOP);
  }

  bool descriptor_is(int descriptor, const FileId& id) override {
    struct stat status;
    return ::fstat(descriptor, &status) == 0 && to_info(status).id == id;
  }

  Result<bool> is_open_here(const FileId& id) override {
    static constexpr char kOwnDescriptors[] = "/proc/self/fd";
    SQB_ASSIGN(const std::vector<DirectoryEntry> entries, list(kOwnDescriptors));
    return std::any_of(entries.begin(), entries.end(), [&](const DirectoryEntry& entry) {
      return descriptor_is(std::atoi(entry.name.c_str()), id);
    });
  }

  Result<std::unique_ptr<FileLock>> lock(const std::string& path, std::uint64_t byte,
                                         LockMode mode) override {
    SQB_ASSIGN(Descriptor file, open_for_lock(path, mode));
    std::unique_ptr<FileLock> lock = make_file_lock(std::move(file), path);
    SQB_TRY(lock->add(byte, mode));
    return {std::move(lock)};
  }
};

}  // namespace

FileEnv& posix_file_env() {
  static PosixFileEnv& env =
      *new PosixFileEnv;  // never destroyed: threads may still run when the process exits
  return env;
}

Env system_env() { return {&posix_file_env(), &system_clock()}; }

}  // namespace sqbackup
