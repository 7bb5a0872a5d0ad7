// The keys of what a backup consists of in an object store. Internal to engine/; remote_backup.h has the
// protocol.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/cancel.h"
#include "base/progress.h"
#include "base/status.h"
#include "store/object_store.h"

namespace sqbackup {

inline constexpr const char* kOwnerKey = "owner.sqbackup.json";
inline constexpr const char* kRecoveryKey = "RECOVERY.txt";
inline constexpr std::size_t kLargestRemoteText = 64U << 20;

Status check_remote_name(std::string_view name);  // kBadName

std::string remote_manifest_key(std::string_view name);
std::string remote_marks_key(std::string_view name);

enum class RemotePart { kData, kManifest, kMarks };
struct RemoteKey {
  std::string name;
  RemotePart part = RemotePart::kData;
};
// nullopt: no backup can have such an object.
std::optional<RemoteKey> read_remote_key(std::string_view key);

// A small object whole; nullopt: it is not there. kManifestDamaged where it has more than `most` bytes.
Result<std::optional<std::string>> read_text_object(ObjectStore& store, const std::string& key,
                                                    std::size_t most, const Cancel& cancel);
// nullopt: it is not there.
Result<std::optional<ObjectInfo>> find_object(ObjectStore& store, const std::string& key,
                                              const Cancel& cancel);

// Asks `progress` whether an operation that has no progress of its own shall stop.
class CancelByProgress : public Progress {
 public:
  explicit CancelByProgress(Progress& out) : out_(out) {}
  void begin_phase(const char* phase, std::uint64_t total) override {
    done_ = 0;
    out_.begin_phase(phase, total);
  }
  Status advance(std::uint64_t done) override {
    done_ = done;
    return out_.advance(done);
  }
  Cancel cancel() {
    return [this] { return !out_.advance(done_).ok(); };
  }

 private:
  Progress& out_;
  std::uint64_t done_ = 0;
};

}  // namespace sqbackup
