// What every store keeps to: store/object_store.h, sentence by sentence. Whole files: files_test.cc.
#include <set>
#include <thread>

#include "conformance/stores.h"
#include "support/byte_streams.h"
#include "support/memory_file.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

bool never() { return false; }
bool at_once() { return true; }

const std::vector<std::string> kNastyKeys = {
    "plain",
    "a b",
    " lead and trail ",
    "+",
    "a+b%20c",
    "%",
    "100%",
    "%2F",
    "=&?#;:@,!$'()*",
    "~-._",
    "\xc3\xa4\xe2\x82\xac\xf0\x9f\x92\xbe",
    "a\xcc\x88",
    "...",
    ".hidden",
    "dir/.hidden",
    "dir/sub/k",
    "dir-k",
    "dir0",
    "\"quoted\"",
    "<&>'",
    "back\\slash",
    "[]{}^`|",
    "uploads",
    "list-type=2",
    "a.partial",
    "deep/1/2/3/4/5/6/7/8/9",
    std::string(230, 'x'),
    std::string(230, 'y') + '/' + std::string(230, 'z') + '/' + std::string(50, 'e')};

std::vector<ObjectInfo> list_all(ObjectStore& store, const std::string& prefix) {
  std::vector<ObjectInfo> all;
  std::string next;
  do {
    auto page = store.list(prefix, next, never);
    INFO(page.status().to_string());
    REQUIRE(page.ok());
    all.insert(all.end(), page->objects.begin(), page->objects.end());
    next = page->next;
  } while (!next.empty());
  return all;
}

std::vector<std::string> keys_in(ObjectStore& store, const std::string& prefix = "") {
  std::vector<std::string> keys;
  for (const ObjectInfo& object : list_all(store, prefix)) keys.push_back(object.key);
  return keys;
}

}  // namespace

TEST_CASE("an object of any key is written, seen, read and removed") {
  on_every_store([](ObjectStore& store, Place&) {
    for (std::size_t i = 0; i < kNastyKeys.size(); ++i) {
      CAPTURE(kNastyKeys[i]);
      const Status status = store.put(kNastyKeys[i], "content " + std::to_string(i), never);
      INFO(status.to_string());
      REQUIRE(status.ok());
    }
    std::vector<std::string> sorted = kNastyKeys;
    std::sort(sorted.begin(), sorted.end());
    CHECK(keys_in(store) == sorted);
    for (std::size_t i = 0; i < kNastyKeys.size(); ++i) {
      const std::string& key = kNastyKeys[i];
      CAPTURE(key);
      const std::string content = "content " + std::to_string(i);
      const auto info = store.head(key, never);
      REQUIRE(info.ok());
      CHECK(info->key == key);
      CHECK(info->size == content.size());
      CHECK((info->sha256.empty() || info->sha256 == *sha256_hex(as_bytes(content))));
      CHECK(store.get(key, 100, never).value() == content);
      CHECK(list_all(store, key).front().size == content.size());
      REQUIRE(store.remove(key, never).ok());
      CHECK(store.get(key, 100, never).status().is(Error::kNoSuchObject));
      REQUIRE(store.remove(key, never).ok());
    }
    CHECK(keys_in(store).empty());
  });
}

TEST_CASE("what is no key is refused by every operation") {
  on_every_store([](ObjectStore& store, Place&) {
    MemoryFile file("x");
    for (const std::string& key :
         {std::string(), std::string("/a"), std::string("a/"), std::string("a//b"), std::string(".."),
          std::string("a/../b"), std::string("."), std::string("a\nb"), std::string("a\0b", 3),
          std::string("\xff"), std::string(513, 'a')}) {
      CAPTURE(key);
      MemorySink sink;
      RecordedProgress progress;
      CHECK(store.put(key, "x", never).is(Error::kBadArgument));
      CHECK(store.get(key, 1, never).status().is(Error::kBadArgument));
      CHECK(store.upload(key, file, file.proof(), progress).is(Error::kBadArgument));
      CHECK(store.download(key, 1, sink, progress).is(Error::kBadArgument));
      CHECK(store.head(key, never).status().is(Error::kBadArgument));
      CHECK(store.remove(key, never).is(Error::kBadArgument));
    }
    CHECK(keys_in(store).empty());
  });
}

TEST_CASE("what is not there is said to be not there") {
  on_every_store([](ObjectStore& store, Place&) {
    REQUIRE(store.put("dir/object", "x", never).ok());
    for (const char* key : {"none", "dir", "dir/none", "none/none", "dir/object2", "dir/objec"}) {
      CAPTURE(key);
      MemorySink sink;
      RecordedProgress progress;
      const Status status = store.get(key, 1, never).status();
      CHECK(status.is(Error::kNoSuchObject));
      CHECK(status.message().find(store.url_of(key)) != std::string::npos);
      CHECK(store.head(key, never).status().is(Error::kNoSuchObject));
      CHECK(store.download(key, 0, sink, progress).is(Error::kNoSuchObject));
      CHECK(store.download(key, 1, sink, progress).is(Error::kNoSuchObject));
      CHECK(store.remove(key, never).ok());
    }
    CHECK(keys_in(store) == std::vector<std::string>{"dir/object"});
    CHECK(keys_in(store, "none").empty());
  });
}

TEST_CASE("small objects: replaced, empty, and none longer than was asked for") {
  on_every_store([](ObjectStore& store, Place&) {
    const UnixMillis before = system_clock().now();
    REQUIRE(store.put("k", "first", never).ok());
    REQUIRE(store.put("k", "", never).ok());
    CHECK(store.get("k", 0, never).value().empty());
    CHECK(store.get("k", 10, never).value().empty());
    CHECK(store.head("k", never)->size == 0);
    const std::string bytes = noise(3 << 20);
    REQUIRE(store.put("k", bytes, never).ok());
    CHECK((store.get("k", bytes.size(), never).value() == bytes));
    CHECK((store.get("k", 64 << 20, never).value() == bytes));
    CHECK(store.get("k", bytes.size() - 1, never).status().is(Error::kBadArgument));
    CHECK(store.get("k", 0, never).status().is(Error::kBadArgument));
    const UnixMillis modified = store.head("k", never)->modified;
    CHECK((modified == 0 || (modified > before - 60'000 && modified < system_clock().now() + 60'000)));
  });
}

TEST_CASE("a list has all that begins with the prefix, by key, in as many pages as it takes") {
  on_every_store([](ObjectStore& store, Place&) {
    constexpr int kObjects = 1'105;
    std::vector<std::thread> writers;
    writers.reserve(4);
    for (int thread = 0; thread < 4; ++thread) {
      writers.emplace_back([&, thread] {
        for (int i = thread; i < kObjects; i += 4) {
          const std::string key = (i % 2 == 0 ? "p/" : "p-") + std::to_string(i * 7919 % kObjects);
          const Status status = store.put(key, "x", never);
          if (!status.ok()) WARN(status.to_string());
        }
      });
    }
    for (std::thread& writer : writers) writer.join();
    REQUIRE(store.put("q", "", never).ok());
    const std::vector<std::string> keys = keys_in(store, "p");
    CHECK(keys.size() == kObjects);
    CHECK(std::is_sorted(keys.begin(), keys.end()));
    CHECK(std::set<std::string>(keys.begin(), keys.end()).size() == kObjects);
    CHECK(keys_in(store).size() == kObjects + 1);
    const auto begins = [&](const std::string& prefix) {
      return static_cast<std::size_t>(std::count_if(
          keys.begin(), keys.end(), [&](const std::string& key) { return key.starts_with(prefix); }));
    };
    for (const std::string prefix : {"p/", "p-", "p/1", "p-99", "p/10"}) {
      CHECK(keys_in(store, prefix).size() == begins(prefix));
    }
    CHECK(keys_in(store, "/").empty());
    CHECK(keys_in(store, "..").empty());
  });
}

TEST_CASE("no store sees into another whose name begins alike") {
  on_every_store([](ObjectStore&, Place& place) {
    const auto a = place.open("a");
    const auto ab = place.open("ab");
    REQUIRE(a->put("k", "of a", never).ok());
    REQUIRE(ab->put("k", "of ab", never).ok());
    REQUIRE(ab->put("only", "", never).ok());
    CHECK(keys_in(*a) == std::vector<std::string>{"k"});
    CHECK(keys_in(*a, "b").empty());
    CHECK(a->get("k", 9, never).value() == "of a");
    CHECK(a->head("only", never).status().is(Error::kNoSuchObject));
    REQUIRE(a->remove("only", never).ok());
    REQUIRE(a->remove("k", never).ok());
    CHECK(keys_in(*ab) == std::vector<std::string>{"k", "only"});
    CHECK(a->url_of("k") != ab->url_of("k"));
    CHECK(a->url_of("").ends_with('/'));
    CHECK(a->url_of("k") == a->url_of("") + "k");
  });
}

TEST_CASE("who has cancelled already gets nothing done") {
  on_every_store([](ObjectStore& store, Place&) {
    REQUIRE(store.put("k", "x", never).ok());
    CHECK(store.put("k", "y", at_once).is(Error::kInterrupted));
    CHECK(store.get("k", 1, at_once).status().is(Error::kInterrupted));
    CHECK(store.head("k", at_once).status().is(Error::kInterrupted));
    CHECK(store.remove("k", at_once).is(Error::kInterrupted));
    CHECK(store.list("", "", at_once).status().is(Error::kInterrupted));
    CHECK(store.sweep(0, at_once).status().is(Error::kInterrupted));
    CHECK(store.get("k", 1, never).value() == "x");
  });
}

TEST_CASE("several threads work in one store") {
  on_every_store([](ObjectStore& store, Place&) {
    std::vector<std::string> wrong(4);
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int thread = 0; thread < 4; ++thread) {
      threads.emplace_back([&, thread] {
        const auto expect = [&](bool good, const std::string& what) {
          if (!good) wrong[static_cast<std::size_t>(thread)] += what + "; ";
        };
        const std::string mine = "t" + std::to_string(thread);
        for (int i = 0; i < 10; ++i) {
          MemoryFile file(
              noise(200'000, static_cast<std::uint64_t>(thread) * 100 + static_cast<std::uint64_t>(i) + 1));
          RecordedProgress progress;
          expect(store.upload(mine + "/file", file, file.proof(), progress).ok(), "upload");
          MemorySink sink;
          expect(store.download(mine + "/file", file.text.size(), sink, progress).ok(), "download");
          expect(sink.text == file.text, "bytes");
          expect(store.put("shared/object", std::string(50'000, static_cast<char>('a' + thread)), never).ok(),
                 "put");
          const auto got = store.get("shared/object", 50'000, never);
          expect(got.ok() && *got == std::string(50'000, got->front()), "a mixture");
          expect(store.list(mine, "", never).ok(), "list");
          expect(store.remove(mine + "/file", never).ok(), "remove");
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::string& text : wrong) CHECK(text == "");
    CHECK(keys_in(store) == std::vector<std::string>{"shared/object"});
  });
}
