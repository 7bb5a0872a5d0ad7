// ObjectStore: where copies of backups are kept away from their database: a bucket (store/s3/s3_store.h), or
// a directory on another disk (store/directory_store.h).
//
// What every store keeps to (tests/conformance/):
//   - An object is there whole or not at all, whatever ends an operation; what was there before stays until
//     the new one is complete. When a write returns ok the object is durable, and head(), get() and list()
//     show it at once. Where it fails the object is not there, unless the place can neither be asked nor be
//     told any more: after kNetwork or kIoError it may be, whole.
//   - A key is 1 to 512 bytes of UTF-8 without control characters: names with '/' between them, each of 1 to
//     230 bytes, none of them ".", ".." or of the form ".*.partial" (kBadArgument). It is relative to the
//     place that the store was opened for, and no operation reaches out of that. That "a" and "a/b" are both
//     objects is more than every store can do.
//   - What is transient is tried again inside; an error is the last word on it, says which object of which
//     place it is about and what to do, and holds no secret. kNetwork: another try later may help.
//   - All may be called by several threads at once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_stream.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/file_env.h"
#include "base/progress.h"
#include "base/status.h"

namespace sqbackup {

struct ObjectInfo {
  std::string key;
  std::uint64_t size = 0;
  UnixMillis modified = 0;  // by the store's clock; 0: not known
  // Of the content, where the store keeps it: hexadecimal. Empty: not known, as always in a list.
  std::string sha256;
};

struct ObjectPage {
  std::vector<ObjectInfo> objects;  // by key, as bytes compare
  std::string next;                 // what the next call takes; empty: there is no more
};

// What a file is known to be.
struct FileProof {
  std::uint64_t size = 0;
  std::string sha256;  // hexadecimal
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // The URL of an object, for people and the catalog: "s3://bucket/prefix/KEY", "file:///mnt/nas/KEY". Of an
  // empty key: of the place, which ends in '/'.
  virtual std::string url_of(std::string_view key) const = 0;

  // Small objects, at most 64 MiB. put() replaces.
  virtual Status put(const std::string& key, const std::string& bytes, const Cancel& cancel) = 0;
  // kNoSuchObject. kBadArgument where it has more than `most` bytes.
  virtual Result<std::string> get(const std::string& key, std::size_t most, const Cancel& cancel) = 0;

  // Stores a file of any size, in bounded memory; replaces. What is read must be what `proof` says:
  // kStoredBytesDamaged otherwise, and where the store then says that it has something else; nothing is
  // stored then. `progress`, whose phase the caller begins, is told the bytes that have arrived, and may end
  // it; so it is with download().
  virtual Status upload(const std::string& key, ReadableFile& file, const FileProof& proof,
                        Progress& progress) = 0;
  // Gives all of the object to `out`, in order, on this thread. kNoSuchObject; kStoredBytesDamaged where it
  // has not `size` bytes, or is replaced meanwhile: all bytes are of one object, and a store that can go on
  // with the old one does. Whether the bytes are the right ones is the caller's to check.
  virtual Status download(const std::string& key, std::uint64_t size, ByteSink& out, Progress& progress) = 0;

  virtual Result<ObjectInfo> head(const std::string& key, const Cancel& cancel) = 0;  // kNoSuchObject
  virtual Status remove(const std::string& key, const Cancel& cancel) = 0;            // gone already: ok
  // Those whose keys begin with `prefix`, any text. `next` is empty or of the page before. What stands there
  // under a name that is no key is passed over.
  virtual Result<ObjectPage> list(const std::string& prefix, const std::string& next,
                                  const Cancel& cancel) = 0;

  // Removes what uploads left that ended without a word, and began before `before` by the store's clock; what
  // is no upload of ours, or not below this place, stays. How many.
  virtual Result<std::int64_t> sweep(UnixMillis before, const Cancel& cancel) = 0;
};

// kBadArgument unless it may be a key (see above).
Status check_object_key(std::string_view key);

}  // namespace sqbackup
