#include "pages/main_file.h"

#include <cstring>

namespace sqbackup {
namespace {

// The head of SQLite's unixFile (os_unix.c), the same since 3.7: where the descriptor lies when the VFS is
// SQLite's own "unix". What is found there is believed only if it is a descriptor of the very file that is
// meant.
struct UnixFileHead {
  const void* methods;
  const void* vfs;
  const void* inode_info;
  int descriptor;
};

}  // namespace

Result<MainFile> MainFile::of(Connection& connection) {
  sqlite3_file* file = nullptr;
  sqlite3_vfs* vfs = nullptr;
  sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  sqlite3_file_control(connection.handle(), "main", SQLITE_FCNTL_VFS_POINTER, &vfs);
  if (file == nullptr || file->pMethods == nullptr) {
    return Status(Error::kInternal, "SQLite gave no file object for the database");
  }
  const bool unix_vfs = vfs != nullptr && std::strcmp(vfs->zName, "unix") == 0 &&
                        vfs->szOsFile >= static_cast<int>(sizeof(UnixFileHead));
  return MainFile(file, unix_vfs);
}

Result<std::uint64_t> MainFile::size() {
  sqlite3_int64 bytes = 0;
  const int code = file_->pMethods->xFileSize(file_, &bytes);
  if (code != SQLITE_OK) return sqlite_status("read the size of the database file", code, nullptr);
  return static_cast<std::uint64_t>(bytes);
}

Status MainFile::read(std::uint64_t offset, ByteSpan out) {
  const int code = file_->pMethods->xRead(file_, out.data(), static_cast<int>(out.size()),
                                          static_cast<sqlite3_int64>(offset));
  if (code == SQLITE_OK || code == SQLITE_IOERR_SHORT_READ) return {};  // the VFS zero-fills a short read
  return sqlite_status("read the database file", code, nullptr);
}

int MainFile::descriptor(FileEnv& files, const FileId& id) const {
  if (!unix_vfs_) return -1;
  UnixFileHead head;
  std::memcpy(&head, static_cast<const void*>(file_), sizeof head);
  return files.descriptor_is(head.descriptor, id) ? head.descriptor : -1;
}

}  // namespace sqbackup
