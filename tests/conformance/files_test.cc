// Files of any size: they come back as they went, and what fails leaves nothing.
#include <chrono>
#include <thread>

#include "conformance/stores.h"
#include "support/byte_streams.h"
#include "support/memory_file.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

constexpr std::size_t kMiB = 1 << 20;

bool never() { return false; }

double seconds() { return system_clock().monotonic_seconds(); }

// Asks to stop when so many bytes are done, and remembers when. It is told no less than before.
class Stopping : public Progress {
 public:
  explicit Stopping(std::uint64_t at = UINT64_MAX) : at_(at) {}
  void begin_phase(const char*, std::uint64_t) override {}
  Status advance(std::uint64_t bytes) override {
    CHECK(bytes >= done);
    done = bytes;
    if (bytes < at_) return {};
    if (stopped == 0) stopped = seconds();
    return {Error::kInterrupted, "stopped by the test"};
  }
  std::uint64_t done = 0;
  double stopped = 0;

 private:
  const std::uint64_t at_;
};

void check_nothing(ObjectStore& store) {
  const auto page = store.list("", "", never);
  REQUIRE(page.ok());
  CHECK(page->objects.empty());
  CHECK(store.sweep(system_clock().now() + 86'400'000, never).value() == 0);
}

void there_and_back(ObjectStore& store, std::size_t size) {
  CAPTURE(size);
  MemoryFile file(noise(size, size + 1));
  Stopping up;
  const Status stored = store.upload("dir/file", file, file.proof(), up);
  INFO(stored.to_string());
  REQUIRE(stored.ok());
  CHECK(up.done == size);
  const auto info = store.head("dir/file", never);
  REQUIRE(info.ok());
  CHECK(info->size == size);
  CHECK((info->sha256.empty() || info->sha256 == file.proof().sha256));
  MemorySink sink;
  Stopping down;
  const Status got = store.download("dir/file", size, sink, down);
  INFO(got.to_string());
  REQUIRE(got.ok());
  CHECK(down.done == size);
  CHECK((sink.text == file.text));
  Stopping again;
  CHECK(store.download("dir/file", size + 1, sink, again).is(Error::kStoredBytesDamaged));
}

}  // namespace

TEST_CASE("a file comes back, empty or of a size at which something changes") {
  on_every_store([](ObjectStore& store, Place&) {
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, 4 * kMiB - 1, 4 * kMiB, 4 * kMiB + 1, 16 * kMiB - 1, 16 * kMiB,
          16 * kMiB + 1, 24 * kMiB - 1, 24 * kMiB, 24 * kMiB + 1}) {
      there_and_back(store, size);  // each replaces the one before
    }
    CHECK(store.list("", "", never)->objects.size() == 1);
  });
}

TEST_CASE("a file of 100 MB comes back") {
  on_every_store([](ObjectStore& store, Place&) { there_and_back(store, 100'000'000); });
}

TEST_CASE("a file that is not what it is known to be is not stored, and what was there stays") {
  on_every_store([](ObjectStore& store, Place&) {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1000}, 20 * kMiB}) {
      CAPTURE(size);
      MemoryFile file(noise(size));
      const FileProof proof = file.proof();
      std::vector<FileProof> wrong = {{size, std::string(64, '0')}, {size, ""}, {size + 1, proof.sha256}};
      if (size > 0) {
        wrong.push_back({size - 1, proof.sha256});
        wrong.push_back({size - 1, MemoryFile(file.text.substr(0, size - 1)).proof().sha256});  // it goes on
      }
      for (const FileProof& one : wrong) {
        Stopping progress;
        CHECK(store.upload("k", file, one, progress).is(Error::kStoredBytesDamaged));
        check_nothing(store);
      }
      file.fail_from = size / 2;
      Stopping progress;
      CHECK(store.upload("k", file, proof, progress).is(Error::kIoError));
      check_nothing(store);
      REQUIRE(store.put("k", "old", never).ok());
      Stopping again;
      CHECK_FALSE(store.upload("k", file, proof, again).ok());
      CHECK(store.get("k", 10, never).value() == "old");
      REQUIRE(store.remove("k", never).ok());
    }
  });
}

TEST_CASE("an upload stops when it is told to, and nothing is there") {
  on_every_store([](ObjectStore& store, Place&) {
    for (const std::size_t size : {5 * kMiB, 60 * kMiB}) {
      MemoryFile file(noise(size));
      for (const std::uint64_t at : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{size / 2}}) {
        CAPTURE(size, at);
        Stopping progress(at);
        const Status status = store.upload("k", file, file.proof(), progress);
        const double took = seconds() - progress.stopped;
        CHECK(status.is(Error::kInterrupted));
        CHECK(status.message().find("stopped by the test") != std::string::npos);
        CHECK(took < 1.0);
        check_nothing(store);
      }
    }
  });
}

TEST_CASE("a download stops when it is told to, or its sink is full") {
  on_every_store([](ObjectStore& store, Place&) {
    constexpr std::size_t kSize = 30 * kMiB;
    REQUIRE(store.put("k", noise(kSize), never).ok());
    for (const std::uint64_t at : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{kSize / 2}}) {
      CAPTURE(at);
      MemorySink sink;
      Stopping progress(at);
      CHECK(store.download("k", kSize, sink, progress).is(Error::kInterrupted));
      CHECK(seconds() - progress.stopped < 1.0);
      CHECK(sink.text.size() < kSize);
    }
    MemorySink full;
    full.room = kSize / 2;
    Stopping progress;
    CHECK(store.download("k", kSize, full, progress).is(Error::kDiskFull));
  });
}

TEST_CASE("what is read is of one object, though it is replaced meanwhile") {
  on_every_store([](ObjectStore& store, Place&) {
    constexpr std::size_t kSize = 60 * kMiB;
    const std::string old = noise(kSize, 1);
    REQUIRE(store.put("k", old, never).ok());
    class Replacing : public Progress {
     public:
      explicit Replacing(ObjectStore& store) : store_(store), bytes_(noise(kSize, 2)) {}
      void begin_phase(const char*, std::uint64_t) override {}
      Status advance(std::uint64_t done) override {
        if (done == 0 || std::exchange(replaced_, true)) return {};
        return store_.put("k", bytes_, never);
      }

     private:
      ObjectStore& store_;
      const std::string bytes_;
      bool replaced_ = false;
    } progress(store);
    MemorySink sink;
    const Status status = store.download("k", kSize, sink, progress);
    INFO(status.to_string());
    CHECK((status.ok() || status.is(Error::kStoredBytesDamaged)));
    CHECK((!status.ok() || sink.text == old));
    CHECK(old.starts_with(sink.text));
  });
}

TEST_CASE("a sweep takes no object away") {
  on_every_store([](ObjectStore& store, Place&) {
    REQUIRE(store.put("k", "x", never).ok());
    CHECK(store.sweep(0, never).value() == 0);
    CHECK(store.sweep(system_clock().now() + 86'400'000, never).value() == 0);
    CHECK(store.get("k", 1, never).value() == "x");
  });
}
