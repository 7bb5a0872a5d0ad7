#include "pages/image_vfs.h"

#include <cstring>
#include <mutex>
#include <new>

#include "pages/image.h"

namespace sqbackup {
namespace {

constexpr char kVfsName[] = "sqbackup-image";
constexpr int kSectorSize = 4096;

// What the open_image() on this thread is about. SQLite opens the main file within sqlite3_open_v2(), so the
// source needs no name that somebody else could open it by.
constinit thread_local ByteSource* being_opened = nullptr;

struct ImageFile {
  sqlite3_file base;
  ByteSource* source;
};

ByteSource& source_of(sqlite3_file* file) { return *reinterpret_cast<ImageFile*>(file)->source; }

int read_bytes(ByteSource& source, ByteSpan out, std::uint64_t offset) {
  const auto got = source.read_at(offset, out);
  if (!got.ok()) return got.status().is(Error::kNoMemory) ? SQLITE_IOERR_NOMEM : SQLITE_IOERR_READ;
  if (*got == out.size()) return SQLITE_OK;
  std::memset(out.data() + *got, 0, out.size() - *got);  // as SQLite asks for
  return SQLITE_IOERR_SHORT_READ;
}

int image_read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  try {
    return read_bytes(source_of(file), {static_cast<std::uint8_t*>(out), static_cast<std::size_t>(size)},
                      static_cast<std::uint64_t>(offset));
  } catch (const std::bad_alloc&) {
    return SQLITE_IOERR_NOMEM;
  } catch (...) {
    return SQLITE_IOERR_READ;
  }
}

int image_size(sqlite3_file* file, sqlite3_int64* size) {
  *size = static_cast<sqlite3_int64>(source_of(file).size());
  return SQLITE_OK;
}

int nothing(sqlite3_file*) { return SQLITE_OK; }
int nothing(sqlite3_file*, int) { return SQLITE_OK; }
int refuse_write(sqlite3_file*, const void*, int, sqlite3_int64) { return SQLITE_READONLY; }
int refuse_truncate(sqlite3_file*, sqlite3_int64) { return SQLITE_READONLY; }
int not_reserved(sqlite3_file*, int* reserved) {
  *reserved = 0;
  return SQLITE_OK;
}
int no_control(sqlite3_file*, int, void*) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file*) { return kSectorSize; }
int characteristics(sqlite3_file*) { return SQLITE_IOCAP_IMMUTABLE; }

constexpr sqlite3_io_methods methods() {
  sqlite3_io_methods table = {};
  table.iVersion = 1;
  table.xClose = nothing;
  table.xRead = image_read;
  table.xWrite = refuse_write;
  table.xTruncate = refuse_truncate;
  table.xSync = nothing;
  table.xFileSize = image_size;
  table.xLock = nothing;
  table.xUnlock = nothing;
  table.xCheckReservedLock = not_reserved;
  table.xFileControl = no_control;
  table.xSectorSize = sector_size;
  table.xDeviceCharacteristics = characteristics;
  return table;
}
constexpr sqlite3_io_methods kMethods = methods();

// The host's own, for what has nothing to do with files.
sqlite3_vfs* host(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }

int vfs_open(sqlite3_vfs*, const char*, sqlite3_file* file, int flags, int* flags_out) {
  file->pMethods = nullptr;
  ByteSource* const source = std::exchange(being_opened, nullptr);
  if (source == nullptr || (flags & SQLITE_OPEN_MAIN_DB) == 0) return SQLITE_CANTOPEN;
  reinterpret_cast<ImageFile*>(file)->source = source;
  file->pMethods = &kMethods;
  if (flags_out != nullptr) *flags_out = flags;
  return SQLITE_OK;
}

int vfs_delete(sqlite3_vfs*, const char*, int) { return SQLITE_IOERR_DELETE; }

int vfs_access(sqlite3_vfs*, const char*, int, int* result) {
  *result = 0;  // no journal, no log
  return SQLITE_OK;
}

int vfs_full_path(sqlite3_vfs*, const char* name, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", name);
  return SQLITE_OK;
}

int vfs_randomness(sqlite3_vfs* vfs, int size, char* out) {
  return host(vfs)->xRandomness(host(vfs), size, out);
}
int vfs_sleep(sqlite3_vfs* vfs, int microseconds) { return host(vfs)->xSleep(host(vfs), microseconds); }
int vfs_time(sqlite3_vfs* vfs, double* days) { return host(vfs)->xCurrentTime(host(vfs), days); }
int vfs_last_error(sqlite3_vfs*, int, char*) { return 0; }

// Registered at the first use, and for ever: SQLite keeps the pointer. Not the default, and of no use to
// anybody else.
Status register_vfs() {
  static std::once_flag once;
  static constinit sqlite3_vfs vfs = {};
  static constinit int code = SQLITE_OK;
  std::call_once(once, [] {
    vfs.iVersion = 1;
    vfs.szOsFile = sizeof(ImageFile);
    vfs.mxPathname = 64;
    vfs.zName = kVfsName;
    vfs.pAppData = sqlite3_vfs_find(nullptr);
    vfs.xOpen = vfs_open;
    vfs.xDelete = vfs_delete;
    vfs.xAccess = vfs_access;
    vfs.xFullPathname = vfs_full_path;
    vfs.xRandomness = vfs_randomness;
    vfs.xSleep = vfs_sleep;
    vfs.xCurrentTime = vfs_time;
    vfs.xGetLastError = vfs_last_error;
    code = vfs.pAppData == nullptr ? SQLITE_ERROR : sqlite3_vfs_register(&vfs, /*makeDflt=*/0);
  });
  return code == SQLITE_OK ? Status() : sqlite_status("cannot read a backup inside SQLite", code, nullptr);
}

struct Opening {
  explicit Opening(ByteSource& source) { being_opened = &source; }
  ~Opening() { being_opened = nullptr; }
  Opening(const Opening&) = delete;
  Opening& operator=(const Opening&) = delete;
};

}  // namespace

Result<Connection> open_image(ByteSource& source) {
  SQB_TRY(register_vfs());
  const Opening opening(source);
  auto image = Connection::open("backup", SQLITE_OPEN_READONLY, kVfsName);
  if (!image.ok()) return image.status();
  SQB_TRY(distrust(*image));
  SQB_TRY(image->execute("PRAGMA temp_store=MEMORY"));  // the VFS has no other files
  return image;
}

}  // namespace sqbackup
