// The stores that tests/conformance/ holds to the contract of store/object_store.h. A new one: a row in
// stores.cc.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/object_store.h"
#include "support/test.h"

namespace sqbackup_test {

// A new place without objects, of which parts are opened as stores of their own: "", "a", "ab".
class Place {
 public:
  virtual ~Place() = default;
  virtual std::unique_ptr<sqbackup::ObjectStore> open(const std::string& part) = 0;
};

struct StoreKind {
  const char* name;
  std::function<std::unique_ptr<Place>()> make;
};

// With SQBACKUP_TEST_S3 set, the URL of an S3 server that has a bucket "conformance" (s3.py sets it): that
// one alone. Otherwise all that need no server.
std::vector<StoreKind> stores_under_test();

// Runs the test on a new place of each.
template <typename Test>
void on_every_store(const Test& test) {
  for (const StoreKind& kind : stores_under_test()) {
    INFO("store: " << kind.name);
    const std::unique_ptr<Place> place = kind.make();
    const std::unique_ptr<sqbackup::ObjectStore> store = place->open("");
    test(*store, *place);
  }
}

}  // namespace sqbackup_test
