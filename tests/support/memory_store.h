// MemoryStore: an ObjectStore in memory that counts its operations and fails them on demand.
//
//   MemoryStore store;
//   for (std::uint64_t n = 1; ; ++n) {
//     store.inject({.nth = n});
//     ... the operation under test: fails cleanly ...
//     if (!store.fired()) break;  // n is past its last operation
//   }
#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "store/object_store.h"

namespace sqbackup_test {

enum class StoreOp { kPut, kGet, kUpload, kDownload, kHead, kRemove, kList, kSweep };
inline constexpr std::size_t kStoreOps = 8;

struct StoreFault {
  std::optional<StoreOp> kind = {};  // which operations count for `nth`; nullopt: all
  std::uint64_t nth = 1;             // counted from inject()
  sqbackup::Error error = sqbackup::Error::kNetwork;
  bool after_effect = false;  // it takes effect, and the answer is lost
  bool sticky = false;        // the process died: nothing after this one has an effect
};

// What happens to the bytes of each download.
struct DownloadFault {
  std::optional<std::uint64_t> cut_after = {};  // so many bytes come, then kNetwork
  std::optional<std::uint64_t> flip_at = {};    // this byte comes with one bit changed
};

// Its clock begins with the system's, and goes on by a second with each operation. Used by several threads.
class MemoryStore : public sqbackup::ObjectStore {
 public:
  explicit MemoryStore(std::string place = "mem://place/");

  void inject(const StoreFault& fault);  // replaces the one before; counts and fired() begin anew
  void clear();                          // no fault any more; counts and fired() stay
  bool fired() const;
  std::uint64_t count() const;  // operations since construction or inject()
  std::uint64_t count(StoreOp op) const;
  void spoil_downloads(const DownloadFault& fault);
  // Called before each operation, on its thread; may use the store by the functions below.
  void set_hook(std::function<void(StoreOp, const std::string& key)> hook);
  void know_sha256(bool known);  // whether head() tells it; true at first

  // Without counting and failing.
  std::map<std::string, std::string> objects() const;
  void set_object(const std::string& key, const std::string& bytes);
  void erase_object(const std::string& key);
  sqbackup::UnixMillis now() const;

  std::string url_of(std::string_view key) const override;
  sqbackup::Status put(const std::string& key, const std::string& bytes,
                       const sqbackup::Cancel& cancel) override;
  sqbackup::Result<std::string> get(const std::string& key, std::size_t most,
                                    const sqbackup::Cancel& cancel) override;
  sqbackup::Status upload(const std::string& key, sqbackup::ReadableFile& file,
                          const sqbackup::FileProof& proof, sqbackup::Progress& progress) override;
  sqbackup::Status download(const std::string& key, std::uint64_t size, sqbackup::ByteSink& out,
                            sqbackup::Progress& progress) override;
  sqbackup::Result<sqbackup::ObjectInfo> head(const std::string& key,
                                              const sqbackup::Cancel& cancel) override;
  sqbackup::Status remove(const std::string& key, const sqbackup::Cancel& cancel) override;
  // Pages of three.
  sqbackup::Result<sqbackup::ObjectPage> list(const std::string& prefix, const std::string& next,
                                              const sqbackup::Cancel& cancel) override;
  sqbackup::Result<std::int64_t> sweep(sqbackup::UnixMillis before, const sqbackup::Cancel& cancel) override;

 private:
  struct Object {
    std::string bytes;
    sqbackup::UnixMillis modified = 0;
  };
  // How an operation goes: `before` ends it, `after` is its outcome where it would have been ok.
  struct Turn {
    sqbackup::Status before;
    sqbackup::Status after;
  };
  Turn begin(StoreOp op, const std::string& key);
  std::optional<Object> find(const std::string& key) const;
  void keep(const std::string& key, std::string bytes);

  const std::string place_;
  std::function<void(StoreOp, const std::string& key)> hook_;
  mutable sqbackup::Mutex mutex_;
  std::map<std::string, Object> objects_ SQB_GUARDED_BY(mutex_);
  StoreFault fault_ SQB_GUARDED_BY(mutex_){.nth = 0};
  DownloadFault download_fault_ SQB_GUARDED_BY(mutex_);
  std::array<std::uint64_t, kStoreOps> counts_ SQB_GUARDED_BY(mutex_){};
  std::uint64_t counted_ SQB_GUARDED_BY(mutex_) = 0;  // those that count for the fault
  bool fired_ SQB_GUARDED_BY(mutex_) = false;
  bool dead_ SQB_GUARDED_BY(mutex_) = false;
  bool knows_sha256_ SQB_GUARDED_BY(mutex_) = true;
  sqbackup::UnixMillis now_ SQB_GUARDED_BY(mutex_) = sqbackup::system_clock().now();
};

}  // namespace sqbackup_test
