#include "store/s3/s3_store.h"

#include <thread>

#include "store/s3/download.h"
#include "store/s3/upload.h"
#include "support/waiting.h"
#include "unit/store/s3/fake_s3.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

constexpr std::size_t kPart = std::size_t{8} << 20;

// Counts how often it was asked; the last it was told is `done`.
class Asked : public Progress {
 public:
  void begin_phase(const char*, std::uint64_t) override { ++phases; }
  Status advance(std::uint64_t bytes) override {
    ++asked;
    CHECK(bytes >= done);
    done = bytes;
    if (stop) return {Error::kInterrupted, "the caller's own words"};
    return {};
  }
  std::uint64_t done = 0;
  std::atomic<std::size_t> asked = 0;
  std::size_t phases = 0;
  std::atomic<bool> stop = false;
};

std::size_t count(const std::vector<std::string>& log, std::string_view begin) {
  return static_cast<std::size_t>(std::count_if(
      log.begin(), log.end(), [&](const std::string& line) { return line.starts_with(begin); }));
}

}  // namespace

TEST_CASE("parts have 8 MiB, or so much that 10,000 of them do") {
  constexpr std::uint64_t kMiB = 1 << 20;
  CHECK(s3_part_size(0) == 8 * kMiB);
  CHECK(s3_part_size(80'000 * kMiB) == 8 * kMiB);
  CHECK(s3_part_size(80'000 * kMiB + 1) == 9 * kMiB);
  CHECK(s3_part_size(5 * kMiB * kMiB) == 525 * kMiB);
  for (const std::uint64_t total : {80'000 * kMiB + 1, 100'000 * kMiB - 1, 123'456'789'012'345U}) {
    const std::uint64_t part = s3_part_size(total);
    CHECK((total + part - 1) / part <= 10'000);
  }
}

TEST_CASE("a small file is one request, proven by a HEAD") {
  StoreFixture s3;
  const auto store = s3.open();
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{kS3OneRequest}}) {
    s3.http.log.clear();
    MemoryFile file(noise(size));
    Asked progress;
    REQUIRE(store->upload("a/k", file, file.proof(), progress).ok());
    CHECK(s3.http.log == std::vector<std::string>{"PUT p/a/k", "HEAD p/a/k"});
    CHECK(s3.http.objects.at("p/a/k").bytes == file.text);
    CHECK(progress.done == size);
    CHECK(progress.asked > 0);
    CHECK(progress.phases == 0);
    CHECK(store->head("a/k", never)->sha256 == file.proof().sha256);
  }
}

TEST_CASE("a large file goes in parts, several at a time, and comes back in ranges") {
  StoreFixture s3;
  const auto store = s3.open();
  s3.http.before = [&](const HttpRequest& request) {
    const bool one_of_many = request.url.find("partNumber") != std::string::npos || request.method == "GET";
    // It takes so long until another one has come; the first range is alone.
    for (int i = 0; one_of_many && s3.http.most_at_once < 2 && i < 200; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  };
  for (const std::size_t size : {std::size_t{kS3OneRequest} + 1, 3 * kPart - 1, 3 * kPart, 5 * kPart + 1}) {
    s3.http.log.clear();
    MemoryFile file(noise(size));
    Asked progress;
    const Status stored = store->upload("k", file, file.proof(), progress);
    INFO(stored.to_string());
    REQUIRE(stored.ok());
    int at_once = s3.http.most_at_once.exchange(0);
    CHECK((at_once > 1 && at_once <= 4));
    CHECK(count(s3.http.log, "PUT") == (size + kPart - 1) / kPart);
    CHECK(count(s3.http.log, "PUT p/k?partNumber=") == (size + kPart - 1) / kPart);
    CHECK(s3.http.log.front() == "POST p/k?uploads=");
    CHECK(s3.http.log.back() == "HEAD p/k");
    CHECK((s3.http.objects.at("p/k").bytes == file.text));
    CHECK(s3.http.uploads.empty());
    CHECK(progress.done == size);

    MemorySink sink;
    Asked reading;
    REQUIRE(store->download("k", size, sink, reading).ok());
    CHECK((sink.text == file.text));
    CHECK(reading.done == size);
    at_once = s3.http.most_at_once.exchange(0);
    CHECK((at_once > 1 && at_once <= 4));
  }
}

TEST_CASE("no more than 64 MiB are read ahead of what has arrived") {
  StoreFixture s3;
  const auto store = s3.open();
  MemoryFile file(noise(12 * kPart));
  struct Reader : MemoryFile {
    using MemoryFile::MemoryFile;
    Result<std::size_t> read_at(std::uint64_t offset, ByteSpan out) override {
      most = offset + out.size();
      return MemoryFile::read_at(offset, out);
    }
    std::atomic<std::uint64_t> most = 0;
  } watched(file.text);
  std::atomic<bool> go = false;
  s3.http.before = [&](const HttpRequest& request) {
    while (request.url.find("partNumber") != std::string::npos && !go) std::this_thread::yield();
  };
  Asked progress;
  std::thread other([&] {
    CHECK(eventually([&] { return watched.most >= 6 * kPart; }));
    const std::size_t before = progress.asked;  // each MiB that is read, or else every 20 ms
    CHECK(eventually([&] { return progress.asked > before + 30; }));
    CHECK(watched.most <= 64 << 20);
    go = true;
  });
  const Status stored = store->upload("k", watched, file.proof(), progress);
  other.join();
  CHECK(stored.ok());
}

TEST_CASE("no more than 32 MiB are fetched ahead of what is written") {
  StoreFixture s3;
  const auto store = s3.open();
  const std::string bytes = noise(16 * kS3Range);
  s3.http.objects["p/k"] = {bytes, {}, "\"e\""};
  std::atomic<std::uint64_t> asked = 0;
  s3.http.before = [&](const HttpRequest&) { ++asked; };
  struct Slow : MemorySink {
    Status append(ByteView more) override {
      if (text.size() == kS3Range) CHECK(eventually([&] { return *asked >= 10; }));
      if (text.size() % kS3Range == 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
      ahead = std::max(ahead, *asked * kS3Range - text.size());
      return MemorySink::append(more);
    }
    std::atomic<std::uint64_t>* asked = nullptr;
    std::uint64_t ahead = 0;
  } sink;
  sink.asked = &asked;
  Asked progress;
  REQUIRE(store->download("k", bytes.size(), sink, progress).ok());
  CHECK((sink.text == bytes));
  CHECK(sink.ahead <= 9 * kS3Range);  // eight, and the one that is being written
}

TEST_CASE("a file that is not what it is known to be is stored nowhere") {
  StoreFixture s3;
  const auto store = s3.open();
  for (const std::size_t size : {std::size_t{1000}, 3 * kPart}) {
    MemoryFile file(noise(size));
    const FileProof proof = file.proof();
    Asked progress;
    for (const FileProof& wrong : {FileProof{size, std::string(64, 'a')}, FileProof{size, ""},
                                   FileProof{size - 1, proof.sha256}, FileProof{size + 1, proof.sha256}}) {
      Asked once;
      const Status status = store->upload("k", file, wrong, once);
      CHECK(status.is(Error::kStoredBytesDamaged));
      CHECK(status.message().find("s3://bucket/p/k") != std::string::npos);
    }
    file.fail_from = size / 2;
    CHECK(store->upload("k", file, proof, progress).is(Error::kIoError));
    CHECK(s3.http.objects.empty());
    CHECK(s3.http.uploads.empty());
  }
}

TEST_CASE("an upload that is stopped leaves nothing, wherever it is") {
  for (const std::size_t size : {std::size_t{1000}, 3 * kPart}) {
    for (std::size_t stop_at = 1;; ++stop_at) {
      StoreFixture s3;
      const auto store = s3.open();
      MemoryFile file(noise(size));
      Asked progress;
      std::size_t requests = 0;
      s3.http.fault = [&](std::size_t number, const HttpRequest&) {
        if (number == stop_at) progress.stop = true;
        requests = number;
        return S3Fault::kNone;
      };
      const Status status = store->upload("k", file, file.proof(), progress);
      if (!progress.stop) break;
      CAPTURE(size, stop_at, status.to_string());
      // Stopped at the last moment, it may have been done.
      if (status.ok()) {
        CHECK((s3.http.objects.at("p/k").bytes == file.text));
      } else {
        CHECK(status.message().find("the caller's own words") != std::string::npos);
        CHECK(s3.http.objects.empty());
      }
      CHECK(s3.http.uploads.empty());
    }
  }
}

TEST_CASE("giving up does not wait for a store that does not answer") {
  StoreFixture s3;
  const auto store = s3.open();
  MemoryFile file(noise(3 * kPart));
  s3.http.fault = [](std::size_t number, const HttpRequest& request) {
    if (number == 1) return S3Fault::kNone;
    return request.method == "PUT" ? S3Fault::k403 : S3Fault::kNoAnswer;
  };
  Asked progress;
  CHECK(store->upload("k", file, file.proof(), progress).is(Error::kStoreDenied));
  CHECK(s3.clock.slept < 5'100);
  CHECK(s3.http.uploads.size() == 1);
  s3.http.fault = nullptr;
  CHECK(store->sweep(s3.clock.now(), never).value() == 1);
  CHECK(s3.http.uploads.empty());
}

TEST_CASE("an object that another upload has written meanwhile is not taken away") {
  StoreFixture s3;
  const auto store = s3.open();
  MemoryFile file(noise(100));
  s3.http.fault = [&](std::size_t number, const HttpRequest&) {
    if (number == 2) s3.http.objects["p/k"] = {"other", {{"x-amz-meta-sqbackup-upload", "other"}}};
    return S3Fault::kNone;
  };
  Asked progress;
  CHECK(store->upload("k", file, file.proof(), progress).is(Error::kStoredBytesDamaged));
  CHECK(s3.http.objects.at("p/k").bytes == "other");
}

TEST_CASE("a download is of one object, whole") {
  StoreFixture s3;
  const auto store = s3.open();
  const std::string bytes = noise(5 * kS3Range + 17);
  s3.http.objects["p/k"] = {bytes, {}};
  MemorySink sink;
  Asked progress;
  CHECK(store->download("none", 10, sink, progress).is(Error::kNoSuchObject));
  CHECK(store->download("none", 0, sink, progress).is(Error::kNoSuchObject));
  CHECK(store->download("k", bytes.size() - 1, sink, progress).is(Error::kStoredBytesDamaged));
  CHECK(store->download("k", bytes.size() + 1, sink, progress).is(Error::kStoredBytesDamaged));
  CHECK(store->download("k", 0, sink, progress).is(Error::kStoredBytesDamaged));
  CHECK(sink.text.empty());

  s3.http.fault = [&](std::size_t number, const HttpRequest&) {
    if (number > 2) s3.http.objects["p/k"].bytes = noise(bytes.size(), 2);
    return S3Fault::kNone;
  };
  MemorySink replaced;
  Asked again;
  CHECK(store->download("k", bytes.size(), replaced, again).is(Error::kStoredBytesDamaged));
  CHECK(replaced.text.size() < bytes.size());
  CHECK(replaced.text == bytes.substr(0, replaced.text.size()));
}

TEST_CASE("a download in which every third request fails comes whole, in order") {
  StoreFixture s3;
  const auto store = s3.open();
  const std::string bytes = noise(9 * kS3Range + 17);
  s3.http.objects["p/k"] = {bytes, {}};
  s3.http.fault = [](std::size_t number, const HttpRequest&) {
    return number % 3 == 0 ? S3Fault::k503 : number % 5 == 0 ? S3Fault::kLostAnswer : S3Fault::kNone;
  };
  MemorySink sink;
  Asked progress;
  REQUIRE(store->download("k", bytes.size(), sink, progress).ok());
  CHECK((sink.text == bytes));
}

TEST_CASE("a download ends with its sink, its progress, and a store that refuses") {
  StoreFixture s3;
  const auto store = s3.open();
  const std::string bytes = noise(5 * kS3Range);
  s3.http.objects["p/k"] = {bytes, {}};
  MemorySink full;
  full.room = 2 * kS3Range;
  Asked progress;
  CHECK(store->download("k", bytes.size(), full, progress).is(Error::kDiskFull));
  MemorySink sink;
  RecordedProgress stopping(3 * kS3Range);
  CHECK(store->download("k", bytes.size(), sink, stopping).is(Error::kInterrupted));
  s3.http.fault = [](std::size_t number, const HttpRequest&) {
    return number > 3 ? S3Fault::k403 : S3Fault::kNone;
  };
  MemorySink other;
  Asked again;
  CHECK(store->download("k", bytes.size(), other, again).is(Error::kStoreDenied));
}

TEST_CASE("small objects, and lists without the prefix and what is no key") {
  StoreFixture s3;
  const auto store = s3.open();
  REQUIRE(store->put("a/b", "bytes", never).ok());
  CHECK(s3.http.objects.at("p/a/b").bytes == "bytes");
  CHECK(store->head("a/b", never)->sha256 == *sha256_hex(as_bytes("bytes")));
  CHECK(store->get("a/b", 5, never).value() == "bytes");
  CHECK(store->get("a/b", 4, never).status().is(Error::kBadArgument));
  REQUIRE(store->put("empty", "", never).ok());
  CHECK(store->get("empty", 0, never).value().empty());
  CHECK(store->get("a/b", 0, never).status().is(Error::kBadArgument));
  CHECK(store->get("none", 5, never).status().is(Error::kNoSuchObject));
  for (const char* foreign : {"p/", "p/dir/", "p//x", "p/../x", "pa", "q"})
    s3.http.objects[foreign] = {"x", {}};
  const auto page = store->list("", "", never);
  REQUIRE(page.ok());
  REQUIRE(page->objects.size() == 2);
  CHECK(page->objects[0].key == "a/b");
  CHECK(page->objects[0].size == 5);
  CHECK(page->objects[1].key == "empty");
  CHECK(store->url_of("a b") == "s3://bucket/p/a b");
  CHECK(store->url_of("") == "s3://bucket/p/");
}

TEST_CASE("stale uploads below the prefix are given up, of as many pages as there are") {
  StoreFixture s3;
  const auto store = s3.open();
  s3.http.page = 2;
  for (int i = 0; i < 5; ++i) s3.http.uploads["id" + std::to_string(i)] = {"p/k", {}, {}};
  for (const char* foreign : {"q/k", "pk", "p/dir/", "p//x"}) s3.http.uploads[foreign] = {foreign, {}, {}};
  const UnixMillis begun = *parse_time("2026-11-20T10:30:00Z");
  CHECK(store->sweep(begun, never).value() == 0);
  CHECK(s3.http.uploads.size() == 9);
  CHECK(store->sweep(begun + 1, never).value() == 5);
  CHECK(s3.http.uploads.size() == 4);
  // Without a prefix it may be anybody's.
  CHECK(s3.open(StoreFixture::options("s3://bucket"))->sweep(begun + 1, never).value() == 0);
  CHECK(s3.http.uploads.size() == 4);
}

TEST_CASE("an upload that nobody knows the id of, for the answer was lost, is swept") {
  StoreFixture s3;
  const auto store = s3.open();
  s3.http.fault = [](std::size_t number, const HttpRequest&) {
    return number == 1 ? S3Fault::kLostAnswer : S3Fault::kNone;
  };
  MemoryFile file(noise(3 * kPart));
  Asked progress;
  REQUIRE(store->upload("k", file, file.proof(), progress).ok());
  CHECK(s3.http.uploads.size() == 1);
  CHECK(store->sweep(s3.clock.now(), never).value() == 1);
  CHECK(s3.http.uploads.empty());
}

TEST_CASE("storage class, encryption and lock go with every object") {
  StoreFixture s3;
  S3StoreOptions options = StoreFixture::options();
  options.storage_class = "STANDARD_IA";
  options.encryption = "aws:kms";
  options.kms_key_id = "arn:aws:kms:eu-central-1:1:key/k";
  options.lock_mode = "COMPLIANCE";
  options.retain_until = *parse_time("2027-01-01T00:00:00Z");
  const auto store = s3.open(options);
  MemoryFile small(noise(10));
  MemoryFile large(noise(3 * kPart));
  Asked first;
  Asked second;
  REQUIRE(store->put("a", "x", never).ok());
  REQUIRE(store->upload("b", small, small.proof(), first).ok());
  REQUIRE(store->upload("c", large, large.proof(), second).ok());
  for (const auto& [key, object] : s3.http.objects) {
    CAPTURE(key);
    const auto header = [found = answer(200, object.headers)](const char* name) {
      return found.header(name) == nullptr ? "(none)" : *found.header(name);
    };
    CHECK(header("x-amz-storage-class") == "STANDARD_IA");
    CHECK(header("x-amz-server-side-encryption") == "aws:kms");
    CHECK(header("x-amz-server-side-encryption-aws-kms-key-id") == "arn:aws:kms:eu-central-1:1:key/k");
    CHECK(header("x-amz-object-lock-mode") == "COMPLIANCE");
    CHECK(header("x-amz-object-lock-retain-until-date") == "2027-01-01T00:00:00Z");
    CHECK(header("retention") ==
          "<Retention xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Mode>COMPLIANCE</Mode>"
          "<RetainUntilDate>2027-01-01T00:00:00Z</RetainUntilDate></Retention>");
  }
  CHECK(s3.http.objects.size() == 3);
}

TEST_CASE("an object that cannot be locked is not kept") {
  StoreFixture s3;
  S3StoreOptions options = StoreFixture::options();
  options.lock_mode = "GOVERNANCE";
  options.retain_until = *parse_time("2027-01-01T00:00:00Z");
  const auto store = s3.open(options);
  s3.http.fault = [](std::size_t, const HttpRequest& request) {
    return request.url.find("?retention=") != std::string::npos ? S3Fault::k403 : S3Fault::kNone;
  };
  MemoryFile small(noise(10));
  MemoryFile large(noise(3 * kPart));
  Asked first;
  Asked second;
  CHECK(store->put("a", "x", never).is(Error::kStoreDenied));
  CHECK(store->upload("b", small, small.proof(), first).is(Error::kStoreDenied));
  CHECK(store->upload("c", large, large.proof(), second).is(Error::kStoreDenied));
  CHECK(s3.http.objects.empty());
  CHECK(s3.http.uploads.empty());
}

TEST_CASE("options that make no sense are refused") {
  StoreFixture s3;
  const auto check_bad = [&](auto change) {
    S3StoreOptions options = StoreFixture::options();
    change(options);
    CHECK(S3Store::create(options, s3.world()).status().is(Error::kBadSetting));
  };
  check_bad([](S3StoreOptions& o) { o.url = "s3://B/"; });
  check_bad([](S3StoreOptions& o) { o.endpoint.region = ""; });
  for (const char* name : {"a b", "\n", "GLACIER", "DEEP_ARCHIVE"}) {
    check_bad([&](S3StoreOptions& o) { o.storage_class = name; });
  }
  check_bad([](S3StoreOptions& o) { o.storage_class = std::string(65, 'A'); });
  check_bad([](S3StoreOptions& o) { o.encryption = "aes256"; });
  check_bad([](S3StoreOptions& o) { o.kms_key_id = "k"; });
  check_bad([](S3StoreOptions& o) { o.encryption = "AES256", o.kms_key_id = "k"; });
  check_bad([](S3StoreOptions& o) { o.encryption = "aws:kms", o.kms_key_id = "a\r\nb"; });
  check_bad([](S3StoreOptions& o) { o.lock_mode = "COMPLIANCE"; });
  check_bad([&](S3StoreOptions& o) { o.retain_until = s3.clock.now() + 1000; });
  check_bad([&](S3StoreOptions& o) { o.lock_mode = "GOVERNANCE", o.retain_until = s3.clock.now(); });
  check_bad([&](S3StoreOptions& o) { o.lock_mode = "governance", o.retain_until = s3.clock.now() + 1000; });
}
