#include "conformance/stores.h"

#include "conformance/s3_place.h"
#include "store/directory_store.h"
#include "support/memory_store.h"
#include "support/temp_dir.h"

using namespace sqbackup;

namespace sqbackup_test {
namespace {

class DirectoryPlace : public Place {
 public:
  std::unique_ptr<ObjectStore> open(const std::string& part) override {
    const std::string path = join_path(directory_.path(), part);
    REQUIRE(posix_file_env().make_directory(path).ok());
    auto made = DirectoryStore::create(posix_file_env(), path);
    REQUIRE(made.ok());
    return std::move(made).value();
  }

 private:
  TempDir directory_;
};

class MemoryPlace : public Place {
 public:
  std::unique_ptr<ObjectStore> open(const std::string& part) override {
    return std::make_unique<MemoryStore>("memory://place/" + part + (part.empty() ? "" : "/"));
  }
};

class S3Place : public Place {
 public:
  S3Place() {
    const auto id = random_uuid();
    REQUIRE(id.ok());
    prefix_ = "places/" + *id + '/';
  }
  std::unique_ptr<ObjectStore> open(const std::string& part) override {
    return server_.open(server_.options("conformance", prefix_ + part));
  }

 private:
  S3Server server_;
  std::string prefix_;
};

template <typename T>
std::unique_ptr<Place> make() {
  return std::make_unique<T>();
}

}  // namespace

// One row for each store; a store in memory needs no server either.
std::vector<StoreKind> stores_under_test() {
  if (s3_server() != nullptr) return {{"S3", make<S3Place>}};
  return {
      {"directory", make<DirectoryPlace>},
      {"memory", make<MemoryPlace>},
  };
}

}  // namespace sqbackup_test
