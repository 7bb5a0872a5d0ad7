// What a directory does besides what tests/conformance/ asks of every store.
#include "store/directory_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include "codec/sha256.h"
#include "support/byte_streams.h"
#include "support/fault_env.h"
#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

bool never() { return false; }

std::unique_ptr<DirectoryStore> open_store(const TempDir& dir, FileEnv& files = posix_file_env()) {
  auto made = DirectoryStore::create(files, dir.path());
  REQUIRE(made.ok());
  return std::move(made).value();
}

FileProof proof_of(const std::string& bytes) { return {bytes.size(), *sha256_hex(as_bytes(bytes))}; }

Status upload(DirectoryStore& store, const TempDir& from, const std::string& key, const std::string& bytes) {
  write_whole_file(from.path_of("source"), bytes);
  const auto file = posix_file_env().open(from.path_of("source"), true);
  RecordedProgress progress;
  return store.upload(key, **file, proof_of(bytes), progress);
}

mode_t mode_of(const std::string& path) {
  struct stat status = {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("the directory has to be there, and to be one") {
  const TempDir dir;
  write_whole_file(dir.path_of("file"), "");
  const auto create = [&](const std::string& path) {
    return DirectoryStore::create(posix_file_env(), path).status();
  };
  CHECK(create(dir.path_of("none")).is(Error::kNoSuchFile));
  CHECK_FALSE(path_exists(dir.path_of("none")));
  CHECK(create(dir.path_of("file")).is(Error::kNotAnOrdinaryFile));
  CHECK(create("relative").is(Error::kBadArgument));
  REQUIRE(::symlink(dir.path().c_str(), dir.path_of("link").c_str()) == 0);
  CHECK(create(dir.path_of("link")).ok());  // the user's own way to it
}

TEST_CASE("objects are files of their owner alone, that any tool can read") {
  const TempDir dir;
  const auto store = open_store(dir);
  const TempDir from;
  REQUIRE(upload(*store, from, "a/b/c", "bytes").ok());
  REQUIRE(store->put("d", "other", never).ok());
  CHECK(read_whole_file(dir.path_of("a/b/c")) == "bytes");
  CHECK(mode_of(dir.path_of("a/b/c")) == 0600);
  CHECK(mode_of(dir.path_of("d")) == 0600);
  CHECK(mode_of(dir.path_of("a/b")) == 0700);
  CHECK(names_in(dir.path_of("a/b")) == std::vector<std::string>{"c"});
  CHECK(store->head("d", never)->sha256.empty());
  CHECK(store->url_of("a b/\xc3\xa4%") == "file://" + dir.path() + "/a%20b/%C3%A4%25");
  CHECK(store->url_of("") == "file://" + dir.path() + "/");
}

TEST_CASE("no symbolic link is followed") {
  const TempDir dir;
  const TempDir elsewhere;
  const auto store = open_store(dir);
  write_whole_file(elsewhere.path_of("secret"), "s");
  REQUIRE(::symlink(elsewhere.path().c_str(), dir.path_of("way").c_str()) == 0);
  REQUIRE(::symlink(elsewhere.path_of("secret").c_str(), dir.path_of("object").c_str()) == 0);
  for (const char* key : {"way/secret", "way/new", "object"}) {
    CAPTURE(key);
    MemorySink sink;
    RecordedProgress progress;
    CHECK(store->put(key, "x", never).is(Error::kNotAnOrdinaryFile));
    CHECK(store->get(key, 10, never).status().is(Error::kNotAnOrdinaryFile));
    CHECK(store->head(key, never).status().is(Error::kNotAnOrdinaryFile));
    CHECK(store->download(key, 1, sink, progress).is(Error::kNotAnOrdinaryFile));
    CHECK(store->remove(key, never).is(Error::kNotAnOrdinaryFile));
  }
  CHECK(store->list("", "", never)->objects.empty());
  CHECK(names_in(elsewhere.path()) == std::vector<std::string>{"secret"});
  CHECK(read_whole_file(elsewhere.path_of("secret")) == "s");
}

TEST_CASE("an object does not stand where a directory is needed, and the other way round") {
  const TempDir dir;
  const auto store = open_store(dir);
  REQUIRE(store->put("a", "x", never).ok());
  CHECK(store->put("a/b", "x", never).is(Error::kNotAnOrdinaryFile));
  CHECK(store->get("a/b", 10, never).status().is(Error::kNoSuchObject));
  CHECK(store->remove("a/b", never).ok());
  REQUIRE(store->put("d/e", "x", never).ok());
  CHECK(store->put("d", "x", never).is(Error::kNotAnOrdinaryFile));
  CHECK(store->get("d", 10, never).status().is(Error::kNoSuchObject));
  CHECK(store->remove("d", never).ok());
  CHECK(read_whole_file(dir.path_of("d/e")) == "x");
  CHECK(read_whole_file(dir.path_of("a")) == "x");
}

TEST_CASE("a sweep removes what looks like ours and is old, and nothing else") {
  const TempDir dir;
  const auto store = open_store(dir);
  REQUIRE(store->put("d/object", "x", never).ok());
  const std::vector<std::string> foreign = {".object.partial", ".object.0123456g.partial",
                                            "x.01234567.partial", ".object.1234567.partial",
                                            ".01234567.partial"};
  for (const std::string& name : foreign) write_whole_file(dir.path_of("d/" + name), "");
  write_whole_file(dir.path_of("d/.object.0123cdef.partial"), "");
  const UnixMillis now = system_clock().now();
  CHECK(store->list("", "", never)->objects.size() == 2);  // of the foreign ones, one has a key's name
  CHECK(store->sweep(now - 60'000, never).value() == 0);
  CHECK(path_exists(dir.path_of("d/.object.0123cdef.partial")));
  CHECK(store->sweep(now + 60'000, never).value() == 1);
  CHECK_FALSE(path_exists(dir.path_of("d/.object.0123cdef.partial")));
  CHECK(names_in(dir.path_of("d")).size() == foreign.size() + 1);
}

TEST_CASE("whichever file operation fails, the object is the old or the new, and no more is left") {
  for (const bool large : {false, true}) {
    for (std::uint64_t nth = 1;; ++nth) {
      const TempDir dir;
      const TempDir from;
      FaultEnv files(posix_file_env());
      const auto store = open_store(dir, files);
      const std::string bytes = std::string(large ? 3 << 20 : 10, 'n');
      REQUIRE(store->put("d/k", "old", never).ok());
      files.inject({.kind = {}, .nth = nth, .error_number = ENOSPC});
      const Status status = large ? upload(*store, from, "d/k", bytes) : store->put("d/k", bytes, never);
      const bool fired = files.fired();
      files.clear();
      CAPTURE(large, nth, status.to_string());
      const std::string found = read_whole_file(dir.path_of("d/k"));
      CHECK((found == bytes || found == "old"));
      CHECK((!status.ok() || found == bytes));
      CHECK(status.ok() != fired);
      CHECK(names_in(dir.path_of("d")) == std::vector<std::string>{"k"});
      if (!fired) break;
    }
  }
}

TEST_CASE("an object is durable before its name is") {
  const TempDir dir;
  FaultEnv files(posix_file_env());
  const auto store = open_store(dir, files);
  files.inject({.kind = FileOp::kSync, .nth = 1});
  CHECK(store->put("k", "x", never).is(Error::kIoError));
  CHECK(names_in(dir.path()).empty());
  files.inject({.kind = FileOp::kSyncDirectory, .nth = 1});
  CHECK(store->put("k", "x", never).is(Error::kIoError));
  files.inject({.kind = FileOp::kSyncDirectory, .nth = 1});
  CHECK(store->remove("k", never).is(Error::kIoError));
}

TEST_CASE("an object that is replaced while it is read is given as it was") {
  const TempDir dir;
  const auto store = open_store(dir);
  const std::string old(5 << 20, 'o');
  REQUIRE(store->put("k", old, never).ok());
  struct Replacing : Progress {
    void begin_phase(const char*, std::uint64_t) override {}
    Status advance(std::uint64_t) override { return store->put("k", std::string(5 << 20, 'n'), never); }
    DirectoryStore* store = nullptr;
  } progress;
  progress.store = store.get();
  MemorySink sink;
  REQUIRE(store->download("k", old.size(), sink, progress).ok());
  CHECK((sink.text == old));
}
