// What only an object store can do. Hidden: s3.py runs these, and looks at what they leave.
#include "conformance/s3_place.h"
#include "support/byte_streams.h"
#include "support/memory_file.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

bool never() { return false; }

}  // namespace

TEST_CASE("objects are locked, of a class, whether large or small", "[.][options]") {
  S3Server server;
  S3StoreOptions options = server.options("locked", "backups");
  options.storage_class = "STANDARD";
  options.lock_mode = "GOVERNANCE";
  options.retain_until = *parse_time("2100-01-02T03:04:05Z");
  const auto store = server.open(options);
  for (const std::size_t size : {std::size_t{1000}, std::size_t{20} << 20}) {
    MemoryFile file(noise(size));
    RecordedProgress progress;
    const Status status = store->upload(size == 1000 ? "small" : "large", file, file.proof(), progress);
    INFO(status.to_string());
    REQUIRE(status.ok());
  }
  REQUIRE(store->put("put", "x", never).ok());
}

TEST_CASE("what a store does not take is an error, and nothing is left", "[.][options]") {
  S3Server server;
  S3StoreOptions encrypted = server.options("conformance", "refused");
  encrypted.encryption = "AES256";                                   // which needs a vault that is not there
  S3StoreOptions locked = server.options("conformance", "refused");  // a bucket without object lock
  locked.lock_mode = "GOVERNANCE";
  locked.retain_until = *parse_time("2100-01-02T03:04:05Z");
  S3StoreOptions classed = server.options("conformance", "refused");
  classed.storage_class = "NO_SUCH_CLASS";
  for (const S3StoreOptions& options : {encrypted, locked, classed}) {
    const auto store = server.open(options);
    for (const std::size_t size : {std::size_t{1000}, std::size_t{20} << 20}) {
      MemoryFile file(noise(size));
      RecordedProgress progress;
      const Status status = store->upload("k", file, file.proof(), progress);
      INFO(status.to_string());
      CAPTURE(options.encryption, options.lock_mode, options.storage_class);
      CHECK(status.is(Error::kServerRefused));
      CHECK(store->list("", "", never)->objects.empty());
      CHECK(store->sweep(system_clock().now() + 86'400'000, never).value() == 0);
    }
  }
}

TEST_CASE("stale uploads are found by their keys", "[.][left]") {
  S3Server server;
  const auto store = server.open(server.options("conformance", "left"));
  CHECK(store->sweep(system_clock().now() - 3'600'000, never).value() == 0);
  CHECK(store->sweep(system_clock().now() + 3'600'000, never).value() == 2);
}
