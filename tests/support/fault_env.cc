#include "support/fault_env.h"

#include <unistd.h>

#include <array>

#include "base/mutex.h"

namespace sqbackup_test {

using sqbackup::ByteSpan;
using sqbackup::ByteView;
using sqbackup::DirectoryEntry;
using sqbackup::errno_status;
using sqbackup::FileId;
using sqbackup::FileInfo;
using sqbackup::FileLock;
using sqbackup::LockMode;
using sqbackup::Mutex;
using sqbackup::MutexLock;
using sqbackup::ReadableFile;
using sqbackup::Result;
using sqbackup::Status;
using sqbackup::WritableFile;

namespace {

constexpr std::array<const char*, kFileOps> kNames = {
    "open",       "create",     "read",      "append",         "write at",       "truncate", "sync",
    "rename",     "rename new", "remove",    "make directory", "sync directory", "list",     "info",
    "free space", "access",     "canonical", "lock",           "clone"};
static_assert(kNames.back() != nullptr);

std::size_t index_of(FileOp op) { return static_cast<std::size_t>(op); }

}  // namespace

const char* name_of(FileOp op) { return kNames[index_of(op)]; }

class FaultEnv::State {
 public:
  void inject(const std::optional<Fault>& fault) {
    MutexLock lock(mutex_);
    fault_ = fault;
    if (!fault) return;
    counts_ = {};
    fired_ = false;
  }

  // The fault, if this operation is to fail.
  std::optional<Fault> enter(FileOp op) {
    MutexLock lock(mutex_);
    ++counts_[index_of(op)];
    if (!fault_ || (fault_->kind && *fault_->kind != op)) return std::nullopt;
    const std::uint64_t number = fault_->kind ? counts_[index_of(op)] : total();
    if (fault_->sticky ? number < fault_->nth : number != fault_->nth) return std::nullopt;
    fired_ = true;
    return fault_;
  }

  Status check(FileOp op, const std::string& path) {
    const auto fault = enter(op);
    return fault ? errno_status(name_of(op), path, fault->error_number) : Status();
  }

  bool fired() {
    MutexLock lock(mutex_);
    return fired_;
  }
  std::uint64_t count() {
    MutexLock lock(mutex_);
    return total();
  }
  std::uint64_t count(FileOp op) {
    MutexLock lock(mutex_);
    return counts_[index_of(op)];
  }
  void fake_clones(bool on) {
    MutexLock lock(mutex_);
    fake_clones_ = on;
  }
  bool fakes_clones() {
    MutexLock lock(mutex_);
    return fake_clones_;
  }

 private:
  std::uint64_t total() const SQB_REQUIRES(mutex_) {
    std::uint64_t sum = 0;
    for (std::uint64_t count : counts_) sum += count;
    return sum;
  }

  Mutex mutex_;
  std::optional<Fault> fault_ SQB_GUARDED_BY(mutex_);
  std::array<std::uint64_t, kFileOps> counts_ SQB_GUARDED_BY(mutex_) = {};
  bool fired_ SQB_GUARDED_BY(mutex_) = false;
  bool fake_clones_ SQB_GUARDED_BY(mutex_) = false;
};

namespace {

class FaultReadableFile : public ReadableFile {
 public:
  FaultReadableFile(std::unique_ptr<ReadableFile> real, std::shared_ptr<FaultEnv::State> state,
                    std::string path)
      : real_(std::move(real)), state_(std::move(state)), path_(std::move(path)) {}

  Result<std::size_t> read_at(std::uint64_t offset, ByteSpan out) override {
    SQB_TRY(state_->check(FileOp::kRead, path_));
    return real_->read_at(offset, out);
  }
  Result<FileInfo> info() override {
    SQB_TRY(state_->check(FileOp::kInfo, path_));
    return real_->info();
  }

 private:
  std::unique_ptr<ReadableFile> real_;
  std::shared_ptr<FaultEnv::State> state_;
  std::string path_;
};

class FaultWritableFile : public WritableFile {
 public:
  FaultWritableFile(std::unique_ptr<WritableFile> real, std::shared_ptr<FaultEnv::State> state,
                    std::string path)
      : real_(std::move(real)), state_(std::move(state)), path_(std::move(path)) {}

  Status append(ByteView bytes) override {
    const auto fault = state_->enter(FileOp::kAppend);
    if (!fault) return real_->append(bytes);
    if (!fault->short_write) return errno_status("append to", path_, fault->error_number);
    SQB_TRY(real_->append(bytes.first(bytes.size() / 2)));
    return errno_status("append to", path_, ENOSPC);
  }
  Status write_at(std::uint64_t offset, ByteView bytes) override {
    SQB_TRY(state_->check(FileOp::kWriteAt, path_));
    return real_->write_at(offset, bytes);
  }
  Status truncate(std::uint64_t size) override {
    SQB_TRY(state_->check(FileOp::kTruncate, path_));
    return real_->truncate(size);
  }
  void start_writeback() override { real_->start_writeback(); }
  Status sync() override {
    SQB_TRY(state_->check(FileOp::kSync, path_));
    return real_->sync();
  }
  Result<bool> clone_from(int source_descriptor) override {
    SQB_TRY(state_->check(FileOp::kClone, path_));
    if (!state_->fakes_clones()) return real_->clone_from(source_descriptor);
    std::array<std::uint8_t, 65536> block;
    for (off_t offset = 0;;) {
      const ssize_t size = ::pread(source_descriptor, block.data(), block.size(), offset);
      if (size < 0) return errno_status("copy into", path_, errno);
      if (size == 0) return true;
      SQB_TRY(real_->append({block.data(), static_cast<std::size_t>(size)}));
      offset += size;
    }
  }

 private:
  std::unique_ptr<WritableFile> real_;
  std::shared_ptr<FaultEnv::State> state_;
  std::string path_;
};

class FaultLock : public FileLock {
 public:
  FaultLock(std::unique_ptr<FileLock> real, std::shared_ptr<FaultEnv::State> state, std::string path)
      : real_(std::move(real)), state_(std::move(state)), path_(std::move(path)) {}

  Status add(std::uint64_t byte, LockMode mode) override {
    SQB_TRY(state_->check(FileOp::kLock, path_));
    return real_->add(byte, mode);
  }
  void drop(std::uint64_t byte) override { real_->drop(byte); }

 private:
  std::unique_ptr<FileLock> real_;
  std::shared_ptr<FaultEnv::State> state_;
  std::string path_;
};

}  // namespace

FaultEnv::FaultEnv(FileEnv& real) : real_(real), state_(std::make_shared<State>()) {}
FaultEnv::~FaultEnv() = default;

void FaultEnv::inject(const Fault& fault) { state_->inject(fault); }
void FaultEnv::clear() { state_->inject(std::nullopt); }
bool FaultEnv::fired() const { return state_->fired(); }
std::uint64_t FaultEnv::count() const { return state_->count(); }
std::uint64_t FaultEnv::count(FileOp op) const { return state_->count(op); }
void FaultEnv::fake_clones(bool on) { state_->fake_clones(on); }

Result<std::unique_ptr<ReadableFile>> FaultEnv::open(const std::string& path, bool follow) {
  SQB_TRY(state_->check(FileOp::kOpen, path));
  SQB_ASSIGN(auto file, real_.open(path, follow));
  return {std::make_unique<FaultReadableFile>(std::move(file), state_, path)};
}

Result<std::unique_ptr<WritableFile>> FaultEnv::create(const std::string& path) {
  SQB_TRY(state_->check(FileOp::kCreate, path));
  SQB_ASSIGN(auto file, real_.create(path));
  return {std::make_unique<FaultWritableFile>(std::move(file), state_, path)};
}

Status FaultEnv::rename(const std::string& from, const std::string& to) {
  SQB_TRY(state_->check(FileOp::kRename, to));
  return real_.rename(from, to);
}

Status FaultEnv::rename_new(const std::string& from, const std::string& to) {
  SQB_TRY(state_->check(FileOp::kRenameNew, to));
  return real_.rename_new(from, to);
}

Status FaultEnv::remove(const std::string& path) {
  SQB_TRY(state_->check(FileOp::kRemove, path));
  return real_.remove(path);
}

Status FaultEnv::remove_directory(const std::string& path) {
  SQB_TRY(state_->check(FileOp::kRemove, path));
  return real_.remove_directory(path);
}

Status FaultEnv::make_directory(const std::string& path) {
  SQB_TRY(state_->check(FileOp::kMakeDirectory, path));
  return real_.make_directory(path);
}

Status FaultEnv::sync_directory(const std::string& path) {
  SQB_TRY(state_->check(FileOp::kSyncDirectory, path));
  return real_.sync_directory(path);
}

Result<std::vector<DirectoryEntry>> FaultEnv::list(const std::string& path) {
  SQB_TRY(state_->check(FileOp::kList, path));
  return real_.list(path);
}

Result<FileInfo> FaultEnv::info(const std::string& path, bool follow) {
  SQB_TRY(state_->check(FileOp::kInfo, path));
  return real_.info(path, follow);
}

Result<std::uint64_t> FaultEnv::free_space(const std::string& path) {
  SQB_TRY(state_->check(FileOp::kFreeSpace, path));
  return real_.free_space(path);
}

Status FaultEnv::copy_access(const std::string& from, const std::string& to) {
  SQB_TRY(state_->check(FileOp::kAccess, to));
  return real_.copy_access(from, to);
}

Result<std::string> FaultEnv::canonical(const std::string& path) {
  SQB_TRY(state_->check(FileOp::kCanonical, path));
  return real_.canonical(path);
}

bool FaultEnv::descriptor_is(int descriptor, const FileId& id) { return real_.descriptor_is(descriptor, id); }

Result<bool> FaultEnv::is_open_here(const FileId& id) {
  SQB_TRY(state_->check(FileOp::kInfo, "/proc/self/fd"));
  return real_.is_open_here(id);
}

Result<std::unique_ptr<FileLock>> FaultEnv::lock(const std::string& path, std::uint64_t byte, LockMode mode) {
  SQB_TRY(state_->check(FileOp::kLock, path));
  SQB_ASSIGN(auto lock, real_.lock(path, byte, mode));
  return {std::make_unique<FaultLock>(std::move(lock), state_, path)};
}

}  // namespace sqbackup_test
