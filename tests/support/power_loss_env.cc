#include "support/power_loss_env.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <limits>

namespace sqbackup_test {

using sqbackup::ByteSpan;
using sqbackup::ByteView;
using sqbackup::directory_of;
using sqbackup::DirectoryEntry;
using sqbackup::errno_status;
using sqbackup::file_name_of;
using sqbackup::FileId;
using sqbackup::FileInfo;
using sqbackup::FileLock;
using sqbackup::join_path;
using sqbackup::LockMode;
using sqbackup::ReadableFile;
using sqbackup::Result;
using sqbackup::Status;
using sqbackup::WritableFile;

// The life of the process whose operations these are.
class PowerLossEnv::Process {
 public:
  Status change(std::string_view operation, const std::string& path) {
    if (left_ == 0) dead_ = crashed_ = true;
    SQB_TRY(look(operation, path));
    --left_;
    ++operations_;
    return {};
  }
  Status look(std::string_view operation, const std::string& path) const {
    return dead_ ? errno_status(operation, path, EIO) : Status();
  }

  void crash_after(std::uint64_t operations) { left_ = operations; }
  void die() { dead_ = true; }
  bool crashed() const { return crashed_; }
  std::uint64_t operations() const { return operations_; }

 private:
  std::uint64_t left_ = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t operations_ = 0;
  bool dead_ = false;
  bool crashed_ = false;
};

namespace {

using Process = PowerLossEnv::Process;

// The way of `path` without symbolic links, so that each entry has one spelling.
std::string located(const std::string& path) {
  std::error_code ignored;
  return join_path(std::filesystem::canonical(directory_of(path), ignored).string(), file_name_of(path));
}

class MortalReadableFile : public ReadableFile {
 public:
  MortalReadableFile(std::unique_ptr<ReadableFile> real, std::shared_ptr<Process> process)
      : real_(std::move(real)), process_(std::move(process)) {}

  Result<std::size_t> read_at(std::uint64_t offset, ByteSpan out) override {
    SQB_TRY(process_->look("read", "an open file"));
    return real_->read_at(offset, out);
  }
  Result<FileInfo> info() override {
    SQB_TRY(process_->look("examine", "an open file"));
    return real_->info();
  }

 private:
  std::unique_ptr<ReadableFile> real_;
  std::shared_ptr<Process> process_;
};

class VolatileFile : public WritableFile {
 public:
  VolatileFile(std::unique_ptr<WritableFile> real, std::unique_ptr<ReadableFile> reader,
               std::shared_ptr<VolatileContent> content, std::shared_ptr<Process> process)
      : real_(std::move(real)),
        reader_(std::move(reader)),
        content_(std::move(content)),
        process_(std::move(process)) {}

  Status append(ByteView bytes) override {
    SQB_TRY(process_->change("append to", kPath));
    SQB_TRY(real_->append(bytes));
    content_->size += bytes.size();
    return {};
  }
  Status write_at(std::uint64_t offset, ByteView bytes) override {
    SQB_TRY(process_->change("write", kPath));
    SQB_TRY(remember(offset, offset + bytes.size()));
    return real_->write_at(offset, bytes);
  }
  Status truncate(std::uint64_t size) override {
    SQB_TRY(process_->change("truncate", kPath));
    SQB_TRY(remember(size, content_->synced_size));
    SQB_TRY(real_->truncate(size));
    content_->size = size;
    return {};
  }
  void start_writeback() override { real_->start_writeback(); }
  Status sync() override {
    SQB_TRY(process_->change("sync", kPath));  // in the books alone: the real disk is not at stake
    content_->synced_size = content_->size;
    content_->overwritten.clear();
    return {};
  }
  Result<bool> clone_from(int source_descriptor) override {
    SQB_TRY(process_->change("clone into", kPath));
    SQB_ASSIGN(const bool cloned, real_->clone_from(source_descriptor));
    SQB_ASSIGN(const FileInfo info, reader_->info());
    content_->size = info.size;
    return cloned;
  }

 private:
  static constexpr char kPath[] = "an open file";

  // Keeps the durable bytes that are about to change.
  Status remember(std::uint64_t begin, std::uint64_t end) {
    end = std::min(end, content_->synced_size);
    if (begin >= end) return {};
    std::string old(static_cast<std::size_t>(end - begin), '\0');
    SQB_ASSIGN(const std::size_t size,
               reader_->read_at(begin, {reinterpret_cast<std::uint8_t*>(old.data()), old.size()}));
    old.resize(size);
    content_->overwritten.push_back({begin, old});
    return {};
  }

  std::unique_ptr<WritableFile> real_;
  std::unique_ptr<ReadableFile> reader_;
  std::shared_ptr<VolatileContent> content_;
  std::shared_ptr<Process> process_;
};

}  // namespace

PowerLossEnv::PowerLossEnv(FileEnv& real, const std::string& root)
    : real_(real), process_(std::make_shared<Process>()), disk_(std::filesystem::canonical(root)) {}
PowerLossEnv::~PowerLossEnv() = default;

void PowerLossEnv::crash_after(std::uint64_t operations) { process_->crash_after(operations); }
bool PowerLossEnv::crashed() const { return process_->crashed(); }
std::uint64_t PowerLossEnv::operations() const { return process_->operations(); }

void PowerLossEnv::restart_process() {
  process_->die();
  process_ = std::make_shared<Process>();
}

void PowerLossEnv::lose_power(std::uint32_t seed) {
  process_->die();
  disk_.lose_power(seed);
}

Result<std::unique_ptr<ReadableFile>> PowerLossEnv::open(const std::string& path, bool follow) {
  SQB_TRY(process_->look("open", path));
  SQB_ASSIGN(auto file, real_.open(path, follow));
  return {std::make_unique<MortalReadableFile>(std::move(file), process_)};
}

Result<std::unique_ptr<WritableFile>> PowerLossEnv::create(const std::string& path) {
  SQB_TRY(process_->change("create", path));
  SQB_ASSIGN(auto file, real_.create(path));
  SQB_ASSIGN(auto reader, real_.open(path, false));
  auto content = disk_.created(located(path));
  return {std::make_unique<VolatileFile>(std::move(file), std::move(reader), std::move(content), process_)};
}

Status PowerLossEnv::rename(const std::string& from, const std::string& to) {
  SQB_TRY(process_->change("rename", from));
  const auto id = VolatileDisk::id_at(from);
  const auto replaced = VolatileDisk::id_at(to);
  disk_.keep(located(to));
  SQB_TRY(real_.rename(from, to));
  disk_.renamed(located(from), located(to), *id, replaced);
  return {};
}

Status PowerLossEnv::rename_new(const std::string& from, const std::string& to) {
  SQB_TRY(process_->change("rename", from));
  const auto id = VolatileDisk::id_at(from);
  SQB_TRY(real_.rename_new(from, to));
  disk_.renamed(located(from), located(to), *id, std::nullopt);
  return {};
}

Status PowerLossEnv::remove(const std::string& path) {
  SQB_TRY(process_->change("remove", path));
  const auto id = VolatileDisk::id_at(path);
  disk_.keep(located(path));
  SQB_TRY(real_.remove(path));
  disk_.removed(located(path), *id);
  return {};
}

// At once durable, as what make_directory() makes.
Status PowerLossEnv::remove_directory(const std::string& path) {
  SQB_TRY(process_->change("remove the directory", path));
  return real_.remove_directory(path);
}

Status PowerLossEnv::make_directory(const std::string& path) {
  SQB_TRY(process_->change("create the directory", path));
  const auto there = real_.info(path, true);
  if (there.ok() && there->kind != sqbackup::FileKind::kDirectory) return real_.make_directory(path);
  if (!there.ok() && ::mkdir(path.c_str(), 0700) != 0)
    return errno_status("create the directory", path, errno);
  disk_.directory_synced(directory_of(located(path)));
  return {};
}

Status PowerLossEnv::sync_directory(const std::string& path) {
  SQB_TRY(process_->change("sync the directory", path));
  SQB_ASSIGN(const FileInfo there, real_.info(path, true));
  if (there.kind != sqbackup::FileKind::kDirectory) return errno_status("sync the directory", path, ENOTDIR);
  disk_.directory_synced(directory_of(located(join_path(path, "."))));
  return {};
}

Result<std::vector<DirectoryEntry>> PowerLossEnv::list(const std::string& path) {
  SQB_TRY(process_->look("list", path));
  return real_.list(path);
}

Result<FileInfo> PowerLossEnv::info(const std::string& path, bool follow) {
  SQB_TRY(process_->look("examine", path));
  return real_.info(path, follow);
}

Result<std::uint64_t> PowerLossEnv::free_space(const std::string& path) {
  SQB_TRY(process_->look("examine the file system of", path));
  return real_.free_space(path);
}

Status PowerLossEnv::copy_access(const std::string& from, const std::string& to) {
  SQB_TRY(process_->look("change the mode of", to));
  return real_.copy_access(from, to);
}

Result<std::string> PowerLossEnv::canonical(const std::string& path) {
  SQB_TRY(process_->look("resolve", path));
  return real_.canonical(path);
}

bool PowerLossEnv::descriptor_is(int descriptor, const FileId& id) {
  return real_.descriptor_is(descriptor, id);
}

Result<bool> PowerLossEnv::is_open_here(const FileId& id) {
  SQB_TRY(process_->look("list", "/proc/self/fd"));
  return real_.is_open_here(id);
}

Result<std::unique_ptr<FileLock>> PowerLossEnv::lock(const std::string& path, std::uint64_t byte,
                                                     LockMode mode) {
  SQB_TRY(process_->look("lock", path));
  return real_.lock(path, byte, mode);
}

}  // namespace sqbackup_test
