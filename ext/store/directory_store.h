// DirectoryStore: a directory (another disk, a mount of a NAS) as an ObjectStore. Objects are files below it,
// mode 0600, so that any tool can read them.
//
// A key's names before the last are directories, made as needed and left where they are. No symbolic link
// below the directory is followed: kNotAnOrdinaryFile. (Whoever can exchange a directory for a link while an
// operation passes it can write there anyway.) A file is written as ".NAME.XXXXXXXX.partial", eight random
// hexadecimal digits, so that two may write one key and the last wins; synced, renamed, and the directory
// synced. Its SHA-256 is not kept: head() says none. A key that has an object where it needs a directory, or
// the other way round, is refused (kNotAnOrdinaryFile).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file_env.h"
#include "store/object_store.h"

namespace sqbackup {

class DirectoryStore : public ObjectStore {
 public:
  // The directory has to be there: one that were made would hide that a disk is not mounted. Errors:
  // kNoSuchFile, kNotAnOrdinaryFile, kBadArgument for a path that is not absolute, and those of FileEnv.
  static Result<std::unique_ptr<DirectoryStore>> create(FileEnv& files, const std::string& directory);

  std::string url_of(std::string_view key) const override;
  Status put(const std::string& key, const std::string& bytes, const Cancel& cancel) override;
  Result<std::string> get(const std::string& key, std::size_t most, const Cancel& cancel) override;
  Status upload(const std::string& key, ReadableFile& file, const FileProof& proof,
                Progress& progress) override;
  // Of an object that is replaced meanwhile, the old one is given.
  Status download(const std::string& key, std::uint64_t size, ByteSink& out, Progress& progress) override;
  Result<ObjectInfo> head(const std::string& key, const Cancel& cancel) override;
  Status remove(const std::string& key, const Cancel& cancel) override;
  Result<ObjectPage> list(const std::string& prefix, const std::string& next, const Cancel& cancel) override;
  // By the time of the last write; only files that are named as above.
  Result<std::int64_t> sweep(UnixMillis before, const Cancel& cancel) override;

 private:
  DirectoryStore(FileEnv& files, std::string directory) : files_(files), directory_(std::move(directory)) {}

  std::string path_of(std::string_view key) const { return join_path(directory_, key); }
  // Ok: each directory on the way to the object is one.
  Status check_way(const std::string& key) const;
  Status make_way(const std::string& key) const;
  Result<std::unique_ptr<ReadableFile>> open(const std::string& key) const;
  // Makes the object of what `write` appends; an error of that one leaves nothing.
  template <typename Write>
  Status replace(const std::string& key, const Write& write);

  FileEnv& files_;
  const std::string directory_;
};

}  // namespace sqbackup
