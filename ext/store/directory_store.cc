#include "store/directory_store.h"

#include <algorithm>
#include <array>

#include "base/percent.h"
#include "base/random.h"
#include "store/backup_files.h"
#include "store/directory_walk.h"
#include "store/proven_reader.h"

namespace sqbackup {
namespace {

constexpr std::size_t kBlock = std::size_t{1} << 20;
constexpr std::size_t kPage = 1'000;
constexpr std::size_t kRandomDigits = 8;

Status interrupted(const std::string& doing) { return {Error::kInterrupted, "stopped while " + doing}; }

Status no_object(const std::string& url) {
  return {Error::kNoSuchObject, url + " does not exist; it was removed, or never written"};
}

Result<std::string> partial_of(const std::string& path) {
  std::array<std::uint8_t, kRandomDigits / 2> random;
  SQB_TRY(fill_random(random));
  return join_path(directory_of(path),
                   std::string(kPartialPrefix) + file_name_of(path) + '.' + to_hex(random)) +
         std::string(kPartialSuffix);
}

bool is_partial(std::string_view name) {
  if (!name.starts_with(kPartialPrefix) || !name.ends_with(kPartialSuffix)) return false;
  name.remove_suffix(kPartialSuffix.size());
  const std::size_t dot = name.rfind('.');
  const std::string_view digits = name.substr(dot + 1);
  return dot > 1 && digits.size() == kRandomDigits &&
         digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

UnixMillis modified(const FileInfo& info) { return info.modified_ns / 1'000'000; }

// The names before the last, each with those before it: "a", "a/b" of "a/b/c".
std::vector<std::string> directories_of(const std::string& key) {
  std::vector<std::string> directories;
  for (std::size_t at = key.find('/'); at != std::string::npos; at = key.find('/', at + 1)) {
    directories.push_back(key.substr(0, at));
  }
  return directories;
}

}  // namespace

Result<std::unique_ptr<DirectoryStore>> DirectoryStore::create(FileEnv& files, const std::string& directory) {
  if (!directory.starts_with('/')) {
    return Status(Error::kBadArgument,
                  "the directory for copies is not an absolute path: '" + directory + "'");
  }
  auto info = files.info(directory, /*follow_symlink=*/true);
  if (!info.ok()) {
    return info.status().with_context("the directory for copies; create it, or mount its disk");
  }
  if (info->kind != FileKind::kDirectory) {
    return Status(Error::kNotAnOrdinaryFile, "'" + directory + "' is not a directory; give another path");
  }
  return std::unique_ptr<DirectoryStore>(new DirectoryStore(files, directory));
}

std::string DirectoryStore::url_of(std::string_view key) const {
  const std::string path = path_of(key);  // of an empty key with '/' at its end, as every directory here
  return "file://" + percent_encode(path, "/");
}

Status DirectoryStore::check_way(const std::string& key) const {
  SQB_TRY(check_object_key(key));
  for (const std::string& directory : directories_of(key)) {
    const std::string path = path_of(directory);
    SQB_ASSIGN(const FileInfo info, files_.info(path, /*follow_symlink=*/false));
    if (info.kind == FileKind::kDirectory) continue;
    if (info.kind == FileKind::kFile) return no_object(url_of(key));
    return {Error::kNotAnOrdinaryFile,
            "'" + path + "' is not a directory, and links are not followed; move it away"};
  }
  return {};
}

Status DirectoryStore::make_way(const std::string& key) const {
  SQB_TRY(check_object_key(key));
  for (const std::string& directory : directories_of(key)) {
    const std::string path = path_of(directory);
    SQB_TRY(files_.make_directory(path));
    SQB_ASSIGN(const FileInfo info, files_.info(path, /*follow_symlink=*/false));
    if (info.kind != FileKind::kDirectory) {
      return {Error::kNotAnOrdinaryFile,
              "'" + path + "' is a link, and links are not followed; move it away"};
    }
  }
  // rename() would replace a link, and nothing may be a directory.
  auto info = files_.info(path_of(key), /*follow_symlink=*/false);
  if (info.status().is(Error::kNoSuchFile)) return {};
  if (!info.ok()) return info.status();
  if (info->kind == FileKind::kFile) return {};
  return {Error::kNotAnOrdinaryFile, "'" + path_of(key) + "' is not an ordinary file; move it away"};
}

template <typename Write>
Status DirectoryStore::replace(const std::string& key, const Write& write) {
  SQB_TRY(make_way(key));
  const std::string path = path_of(key);
  SQB_ASSIGN(const std::string partial, partial_of(path));
  const auto written = [&]() -> Status {
    SQB_ASSIGN(const auto file, files_.create(partial));
    SQB_TRY(write(*file));
    SQB_TRY(file->sync());
    return files_.rename(partial, path);
  };
  if (Status status = written(); !status.ok()) {
    static_cast<void>(files_.remove(partial));  // sweep() would find it
    return status;
  }
  return files_.sync_directory(directory_of(path));
}

Status DirectoryStore::put(const std::string& key, const std::string& bytes, const Cancel& cancel) {
  if (cancel()) return interrupted("writing " + url_of(key));
  return replace(key, [&](WritableFile& file) { return file.append(as_bytes(bytes)); });
}

Status DirectoryStore::upload(const std::string& key, ReadableFile& source, const FileProof& proof,
                              Progress& progress) {
  return replace(key, [&](WritableFile& file) -> Status {
    SQB_ASSIGN(ProvenReader reader, ProvenReader::create(source, proof, "copying to " + url_of(key)));
    std::string block(std::min<std::uint64_t>(kBlock, proof.size), '\0');
    while (reader.left() > 0) {
      const ByteSpan part(reinterpret_cast<std::uint8_t*>(block.data()),
                          std::min<std::uint64_t>(block.size(), reader.left()));
      SQB_TRY(reader.read(part));
      SQB_TRY(file.append(part));
      file.start_writeback();
      SQB_TRY(progress.advance(proof.size - reader.left()));
    }
    SQB_TRY(reader.finish());
    return progress.advance(proof.size);
  });
}

Result<std::unique_ptr<ReadableFile>> DirectoryStore::open(const std::string& key) const {
  const Status way = check_way(key);
  if (way.is(Error::kNoSuchFile)) return no_object(url_of(key));
  SQB_TRY(way);
  const std::string path = path_of(key);
  auto info = files_.info(path, /*follow_symlink=*/false);
  const bool is_directory = info.ok() && info->kind == FileKind::kDirectory;
  if (info.status().is(Error::kNoSuchFile) || is_directory) return no_object(url_of(key));
  auto file = files_.open(path, /*follow_symlink=*/false);
  return file.status().is(Error::kNoSuchFile) ? no_object(url_of(key)) : std::move(file);
}

Result<std::string> DirectoryStore::get(const std::string& key, std::size_t most, const Cancel& cancel) {
  if (cancel()) return interrupted("reading " + url_of(key));
  SQB_ASSIGN(const auto file, open(key));
  SQB_ASSIGN(const FileInfo info, file->info());
  if (info.size > most) {
    return Status(Error::kBadArgument, url_of(key) + " has " + std::to_string(info.size) +
                                           " bytes, more than the " + std::to_string(most) + " asked for");
  }
  std::string bytes(info.size, '\0');
  SQB_ASSIGN(const std::size_t got,
             file->read_at(0, {reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}));
  if (got == bytes.size()) return bytes;
  return Status(Error::kStoredBytesDamaged, url_of(key) + " became shorter while it was read; try again");
}

Status DirectoryStore::download(const std::string& key, std::uint64_t size, ByteSink& out,
                                Progress& progress) {
  SQB_ASSIGN(const auto file, open(key));
  SQB_ASSIGN(const FileInfo info, file->info());
  std::string block(std::min<std::uint64_t>(kBlock, size), '\0');
  std::uint64_t at = 0;
  while (info.size == size && at < size) {
    const std::size_t length = std::min<std::uint64_t>(block.size(), size - at);
    const ByteSpan part(reinterpret_cast<std::uint8_t*>(block.data()), length);
    SQB_ASSIGN(const std::size_t got, file->read_at(at, part));
    if (got < length) break;
    SQB_TRY(out.append(part));
    at += length;
    SQB_TRY(progress.advance(at));
  }
  if (info.size == size && at == size) return progress.advance(size);
  return {Error::kStoredBytesDamaged, url_of(key) + " has not the " + std::to_string(size) +
                                          " bytes that were written; verify the backup"};
}

Result<ObjectInfo> DirectoryStore::head(const std::string& key, const Cancel& cancel) {
  if (cancel()) return interrupted("looking at " + url_of(key));
  SQB_ASSIGN(const auto file, open(key));
  SQB_ASSIGN(const FileInfo info, file->info());
  return ObjectInfo{key, info.size, modified(info), {}};
}

Status DirectoryStore::remove(const std::string& key, const Cancel& cancel) {
  if (cancel()) return interrupted("removing " + url_of(key));
  const auto object = head(key, cancel);
  if (object.status().is(Error::kNoSuchObject)) return {};
  SQB_TRY(object.status());
  const std::string path = path_of(key);
  Status removed = files_.remove(path);
  if (!removed.ok() && !removed.is(Error::kNoSuchFile)) return removed;
  return files_.sync_directory(directory_of(path));
}

Result<ObjectPage> DirectoryStore::list(const std::string& prefix, const std::string& next,
                                        const Cancel& cancel) {
  ObjectPage page;
  const auto may_hold = [&](const std::string& path) {
    const bool fits = path.starts_with(prefix) || prefix.starts_with(path);
    return fits && (path > next || next.starts_with(path));
  };
  const auto add = [&](const std::string& path) -> Result<bool> {
    if (!path.starts_with(prefix) || path <= next || !check_object_key(path).ok()) return true;
    if (page.objects.size() == kPage) {
      page.next = page.objects.back().key;
      return false;
    }
    auto info = files_.info(path_of(path), /*follow_symlink=*/false);
    if (info.status().is(Error::kNoSuchFile)) return true;
    if (!info.ok()) return info.status();
    if (info->kind == FileKind::kFile) page.objects.push_back({path, info->size, modified(*info), {}});
    return true;
  };
  SQB_TRY(walk_directory({files_, directory_, may_hold, add, cancel}).status());
  return page;
}

Result<std::int64_t> DirectoryStore::sweep(UnixMillis before, const Cancel& cancel) {
  std::int64_t removed = 0;
  const auto look = [&](const std::string& path) -> Result<bool> {
    if (!is_partial(file_name_of(path))) return true;
    auto info = files_.info(path_of(path), /*follow_symlink=*/false);
    if (info.status().is(Error::kNoSuchFile)) return true;  // it has ended
    if (!info.ok()) return info.status();
    if (modified(*info) >= before) return true;
    const Status status = files_.remove(path_of(path));
    if (status.is(Error::kNoSuchFile)) return true;
    SQB_TRY(status);
    ++removed;
    return true;
  };
  const auto everywhere = [](const std::string&) { return true; };
  SQB_TRY(walk_directory({files_, directory_, everywhere, look, cancel}).status());
  return removed;
}

}  // namespace sqbackup
