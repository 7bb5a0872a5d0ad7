// MainFile: the bytes of the database file that an own connection has open, read through SQLite's VFS.
//
// Never open and close the database file by path inside a process: closing any descriptor of it drops every
// POSIX lock that SQLite holds on it (https://sqlite.org/howtocorrupt.html, 2.2).
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/file_env.h"
#include "base/status.h"
#include "pages/connection.h"

namespace sqbackup {

class MainFile {
 public:
  // The connection's main database; it must outlive this object.
  static Result<MainFile> of(Connection& connection);

  Result<std::uint64_t> size();
  // Fills `out`; what lies behind the end of the file reads as zeros.
  Status read(std::uint64_t offset, ByteSpan out);

  // The connection's own descriptor of the file `id`, for sharing its blocks; -1 when it cannot be told for
  // certain. It stays SQLite's: only for calls that neither close nor duplicate it, while the connection
  // lives.
  int descriptor(FileEnv& files, const FileId& id) const;

 private:
  explicit MainFile(sqlite3_file* file, bool unix_vfs) : file_(file), unix_vfs_(unix_vfs) {}
  sqlite3_file* file_;
  bool unix_vfs_;
};

}  // namespace sqbackup
