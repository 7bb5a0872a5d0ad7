#include "engine/stored_image.h"

#include <algorithm>
#include <array>
#include <vector>

#include "codec/zstd_stream.h"
#include "engine/file_source.h"
#include "engine/imported_file.h"
#include "engine/keys.h"
#include "engine/room.h"
#include "pages/image.h"
#include "pages/image_vfs.h"

namespace sqbackup {
namespace {

constexpr std::size_t kBlockSize = 1 << 20;

class OwnedFileSource : public FileSource {
 public:
  OwnedFileSource(std::unique_ptr<ReadableFile> file, std::uint64_t size)
      : FileSource(*file, size), file_(std::move(file)) {}

 private:
  std::unique_ptr<ReadableFile> file_;
};

// How long it will be is not known before it is decompressed: leaves room to whatever else lives on the disk.
class SparingSink : public ByteSink {
 public:
  SparingSink(BackupDirectory& directory, ByteSink& out) : directory_(directory), out_(out) {}
  Status append(ByteView bytes) override {
    if (since_look_ >= kSpareBytes / 4 || !looked_) {
      SQB_ASSIGN(const std::uint64_t available, directory_.files().free_space(directory_.path()));
      if (available < kSpareBytes) {
        return {Error::kDiskFull,
                "'" + directory_.path() + "' has no room to decompress it; make room there"};
      }
      since_look_ = 0;
      looked_ = true;
    }
    since_look_ += bytes.size();
    return out_.append(bytes);
  }

 private:
  BackupDirectory& directory_;
  ByteSink& out_;
  std::uint64_t since_look_ = 0;
  bool looked_ = false;
};

Result<bool> begins(ByteSource& bytes, bool (*as)(ByteView head)) {
  std::array<std::uint8_t, 256> head{};
  SQB_ASSIGN(const std::size_t got, bytes.read_at(0, head));
  return as(ByteView(head).first(got));
}

}  // namespace

Result<std::unique_ptr<ByteSource>> open_source(FileEnv& files, const std::string& path) {
  SQB_ASSIGN(auto file, files.open(path, /*follow_symlink=*/false));
  SQB_ASSIGN(const FileInfo info, file->info());
  return {std::make_unique<OwnedFileSource>(std::move(file), info.size)};
}

StoredImage::StoredImage(std::string path, std::unique_ptr<ByteSource> file)
    : path_(std::move(path)), file_(std::move(file)), head_(file_.get()) {}

Status StoredImage::decrypt(const Unlock& unlock) {
  auto age = unlock.file_key != nullptr
                 ? AgeReader::open(*head_, *unlock.file_key)
                 : AgeReader::open(*head_, unlock.keys != nullptr ? *unlock.keys : no_keys());
  if (!age.ok()) return age.status();
  head_ = &age_.emplace(std::move(age).value());
  return {};
}

Status StoredImage::decompress() {
  SQB_ASSIGN(zstd_, ZstdReader::open(*head_));
  head_ = zstd_.get();
  return {};
}

Result<std::unique_ptr<StoredImage>> StoredImage::open(FileEnv& files, const std::string& path,
                                                       const StoredForm& form, const Unlock& unlock) {
  SQB_ASSIGN(auto file, open_source(files, path));
  std::unique_ptr<StoredImage> image(new StoredImage(path, std::move(file)));
  if (form.encrypted) SQB_TRY(image->decrypt(unlock));
  if (form.compressed) SQB_TRY(image->decompress());
  image->json_ = form.json;
  return image;
}

Result<std::unique_ptr<StoredImage>> StoredImage::open_imported(BackupDirectory& directory,
                                                                const std::string& name, const AgeKeys& keys,
                                                                Progress& progress) {
  const std::string path = directory.path_of(name);
  SQB_ASSIGN(auto file, open_source(directory.files(), path));
  std::unique_ptr<StoredImage> image(new StoredImage(path, std::move(file)));
  SQB_ASSIGN(const bool encrypted, begins(*image->head_, begins_as_age));
  if (encrypted) SQB_TRY(image->decrypt({&keys, nullptr}));
  SQB_ASSIGN(const bool compressed, begins(*image->head_, begins_as_zstd));
  const Status opened = compressed ? image->decompress() : Status();
  if (opened.ok()) {
    SQB_ASSIGN(image->json_, begins(*image->head_, begins_as_json_snapshot));
    return image;
  }
  if (!opened.is(Error::kStoredBytesDamaged)) return opened;
  // No table of frames that we can use, so it has to be read from its beginning.
  SQB_ASSIGN(auto scratch, ScratchCopy::make(directory, /*sealed=*/encrypted));
  SQB_ASSIGN(ByteSink* const to, scratch->begin());
  SparingSink out(directory, *to);
  progress.begin_phase("decompressing", image->head_->size());
  SQB_TRY(zstd_decompress_stream(*image->head_, out, progress));
  SQB_TRY(scratch->finish());
  SQB_ASSIGN(auto content, scratch->content());
  std::unique_ptr<StoredImage> plain(
      new StoredImage(encrypted ? std::string() : scratch->path(), std::move(content)));
  plain->scratch_ = std::move(scratch);
  SQB_ASSIGN(plain->json_, begins(*plain->head_, begins_as_json_snapshot));
  return plain;
}

Result<std::size_t> StoredImage::read_at(std::uint64_t offset, ByteSpan out) {
  auto got = head_->read_at(offset, out);
  if (!got.ok() && failure_.ok()) failure_ = got.status();
  return got;
}

// A plain file is SQLite's own business: it reads it through the system's cache.
Result<Connection> StoredImage::database() {
  if (head_ == file_.get() && !path_.empty()) return open_image(path_);
  auto image = open_image(*this);
  if (!image.ok()) return explain(image.status());
  return image;
}

Status StoredImage::copy_to(ByteSink& out, const char* phase, Progress& progress) {
  progress.begin_phase(phase, size());
  if (zstd_ != nullptr) return zstd_->decompress_all(out, /*threads=*/0, progress);
  std::vector<std::uint8_t> block(static_cast<std::size_t>(std::min<std::uint64_t>(size(), kBlockSize)));
  for (std::uint64_t offset = 0; offset < size();) {
    SQB_ASSIGN(const std::size_t got, read_at(offset, block));
    if (got == 0) return {Error::kStoredBytesDamaged, "it ends after " + std::to_string(offset) + " bytes"};
    SQB_TRY(out.append({block.data(), got}));
    offset += got;
    SQB_TRY(progress.advance(offset));
  }
  return {};
}

}  // namespace sqbackup
