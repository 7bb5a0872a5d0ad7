#include "store/s3/upload.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/random.h"
#include "store/proven_reader.h"
#include "store/s3/part_senders.h"

namespace sqbackup {
namespace {

constexpr std::uint64_t kMiB = 1ULL << 20;
constexpr std::uint64_t kSmallestPart = 8 * kMiB;
constexpr std::uint64_t kMostMemory = 64 * kMiB;
constexpr std::uint64_t kMostInMemory = 6;  // parts: four being sent, one waiting, one being read
constexpr std::uint64_t kMostParts = 10'000;
constexpr std::uint64_t kBlock = kMiB;
constexpr double kClearingSeconds = 5;

class Upload {
 public:
  Upload(const S3Target& target, const FileProof& proof, Progress& progress, ProvenReader reader,
         std::string mark)
      : target_(target), proof_(proof), progress_(progress), reader_(std::move(reader)) {
    metadata_ = {{kS3Sha256, ascii_lower(proof.sha256)}, {kS3Mark, std::move(mark)}};
  }

  Status run() {
    if (proof_.size <= kS3OneRequest) {
      SQB_ASSIGN(std::string bytes, read(proof_.size, [this] { return tell(0); }));
      SQB_TRY(reader_.finish());
      return settle(put(std::move(bytes)), "");
    }
    const auto id = target_.client.create_upload(target_.key, metadata_, patient());
    if (!id.ok()) return told(id.status());
    Status status = stopped_.ok() ? send_parts(*id) : stopped_;
    if (status.ok())
      return settle(told(target_.client.complete_upload(target_.key, *id, parts_, metadata_, cancel())), *id);
    abort(*id);
    return status;
  }

 private:
  Status tell(std::uint64_t arrived) {
    arrived_ = arrived;
    return progress_.advance(arrived);
  }
  // Asks `progress`; what that has said is what it ends with.
  Cancel cancel() {
    return [this] {
      if (stopped_.ok()) stopped_ = progress_.advance(arrived_);
      return !stopped_.ok();
    };
  }
  // For what would leave something behind whose name nobody knows: it may end, if it does so soon.
  Cancel patient() {
    return [this, ask = cancel()] { return ask() && soon()(); };
  }
  Status told(const Status& status) const {
    return status.is(Error::kInterrupted) && !stopped_.ok() ? stopped_ : status;
  }

  Result<std::string> read(std::uint64_t size, const std::function<Status()>& meanwhile);
  Status put(std::string bytes);
  Status send_parts(const std::string& id);
  Status settle(Status status, const std::string& id);
  Status check_stored();
  void abort(const std::string& id);
  void take_back();
  // For what has to be done when nobody wants to wait any more: the time begins with the first call.
  Cancel soon() {
    const double now = target_.clock.monotonic_seconds();
    if (!clear_until_) clear_until_ = now + kClearingSeconds;
    return [&clock = target_.clock, end = *clear_until_] { return clock.monotonic_seconds() > end; };
  }

  const S3Target& target_;
  const FileProof& proof_;
  Progress& progress_;
  ProvenReader reader_;
  S3Metadata metadata_;
  std::vector<S3Part> parts_;
  std::uint64_t arrived_ = 0;
  Status stopped_;
  std::optional<double> clear_until_;
};

Result<std::string> Upload::read(std::uint64_t size, const std::function<Status()>& meanwhile) {
  std::string bytes(size, '\0');
  for (std::uint64_t at = 0; at < size; at += kBlock) {
    SQB_TRY(reader_.read({reinterpret_cast<std::uint8_t*>(bytes.data()) + at, std::min(kBlock, size - at)}));
    SQB_TRY(meanwhile());
  }
  return bytes;
}

Status Upload::put(std::string bytes) {
  SQB_TRY(told(target_.client.put(target_.key, std::move(bytes), metadata_, cancel()).status()));
  return tell(proof_.size);
}

Status Upload::send_parts(const std::string& id) {
  const std::uint64_t part_size = s3_part_size(proof_.size);
  PartSenders senders(target_.client, target_.key, id);
  SQB_TRY(senders.start(std::clamp<std::uint64_t>(kMostMemory / part_size, 1, kMostInMemory)));
  const auto tell_it = [this](std::uint64_t arrived) { return tell(arrived); };
  for (int number = 1; reader_.left() > 0; ++number) {
    SQB_TRY(senders.wait_for_room(tell_it));
    SQB_ASSIGN(std::string body, read(std::min(part_size, reader_.left()), [&]() -> Status {
                 SQB_TRY(senders.failure());
                 return tell(senders.arrived());
               }));
    senders.send(number, std::move(body));
  }
  SQB_TRY(reader_.finish());
  SQB_ASSIGN(parts_, senders.finish(tell_it));
  return {};
}

// The object was written, or may have been: it is proven, or taken back. An `id`: by this multipart upload.
Status Upload::settle(Status status, const std::string& id) {
  if (status.ok() || status.is(Error::kNetwork)) {
    Status stored = told(check_stored());
    if (stored.ok() && !target_.lock.mode.empty()) {
      stored = told(target_.client.lock(target_.key, target_.lock, cancel()));
    }
    if (stored.ok()) return {};  // where writing failed, its answer alone was lost
    if (status.ok()) status = stored;
  }
  if (!id.empty()) abort(id);
  take_back();
  return status;
}

Status Upload::check_stored() {
  const auto found = target_.client.head(target_.key, cancel());
  std::string what = "nothing";
  if (!found.status().is(Error::kNoSuchObject)) {
    SQB_ASSIGN(const S3ObjectInfo info, found);
    const std::string* sha256 = s3_metadata_value(info.metadata, kS3Sha256);
    if (info.size == proof_.size && sha256 != nullptr && *sha256 == metadata_.front().value) return {};
    what = std::to_string(info.size) + " bytes with the SHA-256 " +
           (sha256 == nullptr ? "(none)" : s3_shown(*sha256));
  }
  return {Error::kStoredBytesDamaged, "writing " + target_.url + ": the store says that it has " + what +
                                          ", and sent were " + std::to_string(proof_.size) + " bytes with " +
                                          metadata_.front().value +
                                          "; nothing was kept, try again and check the store"};
}

void Upload::abort(const std::string& id) {
  static_cast<void>(target_.client.abort_upload(target_.key, id, soon()));  // sweep() finds what is left
}

// Only what this upload has made: another one may have been there before, or come since.
void Upload::take_back() {
  const auto info = target_.client.head(target_.key, soon());
  if (!info.ok()) return;
  const std::string* mark = s3_metadata_value(info->metadata, kS3Mark);
  if (mark == nullptr || *mark != metadata_.back().value) return;
  static_cast<void>(target_.client.remove(target_.key, soon()));
}

}  // namespace

std::uint64_t s3_part_size(std::uint64_t total) {
  const std::uint64_t least = total / kMostParts + (total % kMostParts == 0 ? 0 : 1);
  return std::max(kSmallestPart, (least + kMiB - 1) / kMiB * kMiB);
}

Status s3_upload(const S3Target& target, ReadableFile& file, const FileProof& proof, Progress& progress) {
  SQB_ASSIGN(ProvenReader reader, ProvenReader::create(file, proof, "copying to " + target.url));
  std::array<std::uint8_t, 16> random;
  SQB_TRY(fill_random(random));
  return Upload(target, proof, progress, std::move(reader), to_hex(random)).run();
}

}  // namespace sqbackup
