#include "support/memory_store.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "codec/sha256.h"
#include "store/proven_reader.h"

using namespace sqbackup;

namespace sqbackup_test {
namespace {

constexpr std::size_t kLargestPut = 64U << 20;
constexpr std::size_t kBlock = 4096;  // of uploads and downloads; small, so that progress is told often
constexpr std::size_t kPage = 3;

Status stopped() { return {Error::kInterrupted, "the call was interrupted"}; }

Status missing(const std::string& url) { return {Error::kNoSuchObject, "there is no object '" + url + "'"}; }

Status damaged(const std::string& url, const std::string& why) {
  return {Error::kStoredBytesDamaged, "the object '" + url + "' " + why};
}

std::string hash_of(const std::string& bytes) { return *sha256_hex(as_bytes(bytes)); }

Result<std::string> read_proven(ReadableFile& file, const FileProof& proof, const std::string& url,
                                Progress& progress) {
  SQB_ASSIGN(auto reader, ProvenReader::create(file, proof, "copying to '" + url + "'"));
  std::string bytes;
  std::vector<std::uint8_t> block(kBlock);
  while (reader.left() > 0) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, reader.left()));
    SQB_TRY(reader.read(ByteSpan(block.data(), size)));
    bytes.append(reinterpret_cast<const char*>(block.data()), size);
    SQB_TRY(progress.advance(bytes.size()));
  }
  SQB_TRY(reader.finish());
  return bytes;
}

}  // namespace

MemoryStore::MemoryStore(std::string place) : place_(std::move(place)) {}

void MemoryStore::inject(const StoreFault& fault) {
  const MutexLock lock(mutex_);
  fault_ = fault;
  counts_ = {};
  counted_ = 0;
  fired_ = dead_ = false;
}

void MemoryStore::clear() {
  const MutexLock lock(mutex_);
  fault_.nth = 0;
  dead_ = false;
  download_fault_ = {};
}

bool MemoryStore::fired() const {
  const MutexLock lock(mutex_);
  return fired_;
}

std::uint64_t MemoryStore::count() const {
  const MutexLock lock(mutex_);
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

std::uint64_t MemoryStore::count(StoreOp op) const {
  const MutexLock lock(mutex_);
  return counts_.at(static_cast<std::size_t>(op));
}

void MemoryStore::spoil_downloads(const DownloadFault& fault) {
  const MutexLock lock(mutex_);
  download_fault_ = fault;
}

void MemoryStore::set_hook(std::function<void(StoreOp, const std::string&)> hook) { hook_ = std::move(hook); }

void MemoryStore::know_sha256(bool known) {
  const MutexLock lock(mutex_);
  knows_sha256_ = known;
}

std::map<std::string, std::string> MemoryStore::objects() const {
  const MutexLock lock(mutex_);
  std::map<std::string, std::string> all;
  for (const auto& [key, object] : objects_) all[key] = object.bytes;
  return all;
}

void MemoryStore::set_object(const std::string& key, const std::string& bytes) { keep(key, bytes); }

void MemoryStore::erase_object(const std::string& key) {
  const MutexLock lock(mutex_);
  objects_.erase(key);
}

UnixMillis MemoryStore::now() const {
  const MutexLock lock(mutex_);
  return now_;
}

MemoryStore::Turn MemoryStore::begin(StoreOp op, const std::string& key) {
  if (hook_) hook_(op, key);
  const MutexLock lock(mutex_);
  now_ += 1000;
  ++counts_.at(static_cast<std::size_t>(op));
  if (dead_) return {{Error::kNetwork, "the process is dead"}, {}};
  if (fault_.kind && *fault_.kind != op) return {};
  if (++counted_ != fault_.nth) return {};
  fired_ = true;
  dead_ = fault_.sticky;
  const Status status(fault_.error, "injected: '" + key + "'");
  return fault_.after_effect ? Turn{{}, status} : Turn{status, {}};
}

std::optional<MemoryStore::Object> MemoryStore::find(const std::string& key) const {
  const MutexLock lock(mutex_);
  const auto found = objects_.find(key);
  return found != objects_.end() ? std::optional<Object>(found->second) : std::nullopt;
}

void MemoryStore::keep(const std::string& key, std::string bytes) {
  const MutexLock lock(mutex_);
  objects_[key] = {std::move(bytes), now_};
}

std::string MemoryStore::url_of(std::string_view key) const { return place_ + std::string(key); }

Status MemoryStore::put(const std::string& key, const std::string& bytes, const Cancel& cancel) {
  SQB_TRY(check_object_key(key));
  if (bytes.size() > kLargestPut) return {Error::kBadArgument, "too large to be put"};
  const Turn turn = begin(StoreOp::kPut, key);
  SQB_TRY(turn.before);
  if (cancel()) return stopped();
  keep(key, bytes);
  return turn.after;
}

Result<std::string> MemoryStore::get(const std::string& key, std::size_t most, const Cancel& cancel) {
  SQB_TRY(check_object_key(key));
  const Turn turn = begin(StoreOp::kGet, key);
  SQB_TRY(turn.before);
  if (cancel()) return stopped();
  SQB_TRY(turn.after);
  auto object = find(key);
  if (!object) return missing(url_of(key));
  if (object->bytes.size() > most)
    return Status(Error::kBadArgument, "'" + url_of(key) + "' is larger than asked");
  return std::move(object->bytes);
}

Status MemoryStore::upload(const std::string& key, ReadableFile& file, const FileProof& proof,
                           Progress& progress) {
  SQB_TRY(check_object_key(key));
  const Turn turn = begin(StoreOp::kUpload, key);
  SQB_TRY(turn.before);
  SQB_ASSIGN(std::string bytes, read_proven(file, proof, url_of(key), progress));
  keep(key, std::move(bytes));
  return turn.after;
}

Status MemoryStore::download(const std::string& key, std::uint64_t size, ByteSink& out, Progress& progress) {
  SQB_TRY(check_object_key(key));
  const Turn turn = begin(StoreOp::kDownload, key);
  SQB_TRY(turn.before);
  auto object = find(key);
  if (!object) return missing(url_of(key));
  if (object->bytes.size() != size) return damaged(url_of(key), "has another size");
  DownloadFault fault;
  {
    const MutexLock lock(mutex_);
    fault = download_fault_;
  }
  std::string& bytes = object->bytes;
  if (fault.flip_at) bytes.at(static_cast<std::size_t>(*fault.flip_at)) ^= 1;
  const std::uint64_t end = std::min<std::uint64_t>(fault.cut_after.value_or(size), size);
  for (std::uint64_t done = 0; done < end;) {
    const auto piece = static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, end - done));
    SQB_TRY(out.append(as_bytes(bytes).subspan(static_cast<std::size_t>(done), piece)));
    done += piece;
    SQB_TRY(progress.advance(done));
  }
  if (fault.cut_after) return {Error::kNetwork, "the download of '" + url_of(key) + "' was cut"};
  return turn.after;
}

Result<ObjectInfo> MemoryStore::head(const std::string& key, const Cancel& cancel) {
  SQB_TRY(check_object_key(key));
  const Turn turn = begin(StoreOp::kHead, key);
  SQB_TRY(turn.before);
  if (cancel()) return stopped();
  SQB_TRY(turn.after);
  const auto object = find(key);
  if (!object) return missing(url_of(key));
  const MutexLock lock(mutex_);
  return ObjectInfo{key, object->bytes.size(), object->modified,
                    knows_sha256_ ? hash_of(object->bytes) : std::string()};
}

Status MemoryStore::remove(const std::string& key, const Cancel& cancel) {
  SQB_TRY(check_object_key(key));
  const Turn turn = begin(StoreOp::kRemove, key);
  SQB_TRY(turn.before);
  if (cancel()) return stopped();
  erase_object(key);
  return turn.after;
}

Result<ObjectPage> MemoryStore::list(const std::string& prefix, const std::string& next,
                                     const Cancel& cancel) {
  const Turn turn = begin(StoreOp::kList, prefix);
  SQB_TRY(turn.before);
  if (cancel()) return stopped();
  SQB_TRY(turn.after);
  const MutexLock lock(mutex_);
  ObjectPage page;
  for (auto at = next.empty() ? objects_.lower_bound(prefix) : objects_.upper_bound(next);
       at != objects_.end() && at->first.starts_with(prefix); ++at) {
    if (page.objects.size() == kPage) {
      page.next = page.objects.back().key;
      break;
    }
    page.objects.push_back({at->first, at->second.bytes.size(), at->second.modified, {}});
  }
  return page;
}

Result<std::int64_t> MemoryStore::sweep(UnixMillis /*before*/, const Cancel& cancel) {
  const Turn turn = begin(StoreOp::kSweep, "");
  SQB_TRY(turn.before);
  if (cancel()) return stopped();
  SQB_TRY(turn.after);
  return std::int64_t{0};
}

}  // namespace sqbackup_test
