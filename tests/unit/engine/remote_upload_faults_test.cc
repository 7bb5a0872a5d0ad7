#include "unit/engine/remote_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;

TEST_CASE(
    "each operation of the store failing in an upload: nothing half is listed, and a second try completes") {
  const bool after_effect = GENERATE(false, true);
  const bool dies = GENERATE(false, true);
  const bool rekeyed = GENERATE(false, true);
  RemoteFixture place(forms().at(2));
  place.mark(true);
  if (rekeyed) {
    place.must_upload();
    place.rekey();
  }
  const auto at_first = place.store.objects();
  const auto files = place.local();
  std::uint64_t failures = 0;
  for (std::uint64_t n = 1;; ++n) {
    for (const auto& [key, bytes] : place.store.objects()) place.store.erase_object(key);
    for (const auto& [key, bytes] : at_first) place.store.set_object(key, bytes);
    place.store.inject({.nth = n, .after_effect = after_effect, .sticky = dies});
    const auto url = place.upload();
    const bool fired = place.store.fired();
    INFO(n << ": " << url.status().to_string());
    CHECK(url.ok() == !fired);
    CHECK(place.local() == files);
    place.require_whole_or_unlisted();
    place.must_upload();
    CHECK(place.store.objects() == files);
    if (!fired) break;
    CHECK(url.status().is(Error::kNetwork));
    ++failures;
  }
  CHECK(failures == (rekeyed ? 7 : 6));
}

TEST_CASE("an upload that is stopped at any step leaves nothing half, and a second one completes") {
  const bool rekeyed = GENERATE(false, true);
  RemoteFixture place(forms().at(2));
  place.mark(true);
  if (rekeyed) {
    place.must_upload();
    place.rekey();
  }
  const auto at_first = place.store.objects();
  for (std::uint64_t n = 1;; ++n) {
    for (const auto& [key, bytes] : place.store.objects()) place.store.erase_object(key);
    for (const auto& [key, bytes] : at_first) place.store.set_object(key, bytes);
    StopAt stop(n);
    const auto url = upload_backup(place.directory, place.name, place.store, stop);
    INFO(n << ": " << url.status().to_string());
    if (!stop.stopped()) {
      CHECK(url.ok());
      CHECK(n > 8);
      break;
    }
    CHECK(url.status().is(Error::kInterrupted));
    place.require_whole_or_unlisted();
    place.must_upload();
    CHECK(place.store.objects() == place.local());
  }
}

TEST_CASE_METHOD(RemoteFixture, "each file operation failing in an upload: it says so, or is there whole") {
  mark(true);
  BackupDirectory faulty(faults, directory.path());
  for (std::uint64_t n = 1;; ++n) {
    for (const auto& [key, bytes] : store.objects()) store.erase_object(key);
    faults.inject({.nth = n});
    const auto url = upload_backup(faulty, name, store, silent);
    const bool fired = faults.fired();
    faults.clear();
    INFO(n << ": " << url.status().to_string());
    CHECK(url.ok() == !fired);
    if (!fired) break;
    CHECK(listing().backups.empty());
    must_upload();
  }
  CHECK(store.objects() == local());
}
