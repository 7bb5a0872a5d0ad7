// Each request of an upload fails in each way, once or from then on: what comes back is true, and nothing is
// left that could have been removed.
#include "store/s3/upload.h"
#include "unit/store/s3/fake_s3.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

constexpr std::size_t kLarge = kS3OneRequest + 1;  // three parts

struct Trial {
  S3Fault fault = S3Fault::kNone;
  std::size_t nth = 0;
  bool for_ever = false;
  bool over_another = false;  // there is an object before
};

// What another try mends.
bool passes(const Trial& trial) {
  return !trial.for_ever && (trial.fault == S3Fault::kNoAnswer || trial.fault == S3Fault::kLostAnswer ||
                             trial.fault == S3Fault::k503 || trial.fault == S3Fault::k500);
}

// False: the upload has not so many requests.
bool run(const std::string& bytes, const Trial& trial) {
  StoreFixture s3;
  const auto store = s3.open();
  if (trial.over_another) s3.http.objects["p/k"] = {"old", {}};
  bool fired = false;
  bool abort_failed = false;
  bool begun_twice = false;
  s3.http.fault = [&](std::size_t number, const HttpRequest& request) {
    const bool now = trial.for_ever ? number >= trial.nth : number == trial.nth;
    if (!now) return S3Fault::kNone;
    fired = true;
    // An upload whose id got lost is the sweep's.
    begun_twice = begun_twice || request.url.find("?uploads=") != std::string::npos;
    abort_failed = abort_failed || request.method == "DELETE";
    return trial.fault;
  };
  MemoryFile file(bytes);
  RecordedProgress progress;
  const Status status = store->upload("k", file, file.proof(), progress);
  s3.http.fault = nullptr;
  CAPTURE(static_cast<int>(trial.fault), trial.nth, trial.for_ever, trial.over_another, status.to_string());
  const auto found = s3.http.objects.find("p/k");
  const bool is_there = found != s3.http.objects.end() && found->second.bytes == bytes;
  if (status.ok()) {
    CHECK(is_there);
  } else {
    CHECK(status.message().find("s3://bucket/p/k") != std::string::npos);
    CHECK(
        (!trial.over_another || is_there || found == s3.http.objects.end() || found->second.bytes == "old"));
    // Whole or not at all; and whole only where the store could not be told any more.
    const bool is_new = found != s3.http.objects.end() && found->second.bytes != "old";
    CHECK((!is_new || (is_there && (trial.for_ever || abort_failed))));
  }
  if (fired && passes(trial)) CHECK(status.ok());
  if (!abort_failed && !begun_twice) CHECK(s3.http.uploads.empty());
  REQUIRE(store->sweep(s3.clock.now() + 1, never).ok());
  CHECK(s3.http.uploads.empty());
  return fired;
}

constexpr S3Fault kFaults[] = {S3Fault::kNoAnswer,    S3Fault::kLostAnswer, S3Fault::k503,
                               S3Fault::k500,         S3Fault::k403,        S3Fault::kError200,
                               S3Fault::kTruncated,   S3Fault::kWrongEtag,  S3Fault::kOtherSize,
                               S3Fault::kOtherSha256, S3Fault::kLost};

// Those that differ from then on.
constexpr S3Fault kLastingFaults[] = {S3Fault::kNoAnswer, S3Fault::kLostAnswer, S3Fault::k403,
                                      S3Fault::kError200};

void fail_each(const std::string& bytes) {
  const auto fail = [&](S3Fault fault, bool for_ever) {
    std::size_t nth = 1;
    while (run(bytes, {fault, nth, for_ever, nth % 2 == 0})) ++nth;
    CHECK(nth > 2);
  };
  for (const S3Fault fault : kFaults) fail(fault, false);
  for (const S3Fault fault : kLastingFaults) fail(fault, true);
}

// What becomes of an upload in which the request that `is` picks fails.
Status fail_one(const std::string& bytes, S3Fault fault, const std::function<bool(const HttpRequest&)>& is,
                StoreFixture& s3) {
  const auto store = s3.open();
  bool fired = false;
  s3.http.fault = [&](std::size_t, const HttpRequest& request) {
    if (fired || !is(request)) return S3Fault::kNone;
    fired = true;
    return fault;
  };
  MemoryFile file(bytes);
  RecordedProgress progress;
  Status status = store->upload("k", file, file.proof(), progress);
  CHECK(fired);
  return status;
}

bool completes(const HttpRequest& request) {
  return request.method == "POST" && request.url.find("uploadId") != std::string::npos;
}
bool sends_part(const HttpRequest& request) { return request.url.find("partNumber=2") != std::string::npos; }
bool looks(const HttpRequest& request) { return request.method == "HEAD"; }
bool puts(const HttpRequest& request) { return request.method == "PUT"; }

}  // namespace

TEST_CASE("each request of a small upload fails in each way") { fail_each(noise(1000)); }

TEST_CASE("each request of an upload in parts fails in each way") { fail_each(noise(kLarge)); }

TEST_CASE("what a failure of each request comes to") {
  struct Case {
    bool large;
    bool (*is)(const HttpRequest&);
    S3Fault fault;
    std::optional<Error> error;  // nullopt: it goes well
  };
  const std::string small = noise(1000);
  const std::string large = noise(kLarge);
  for (const Case& one : {
           Case{false, puts, S3Fault::kNoAnswer, {}},
           Case{false, puts, S3Fault::kLostAnswer, {}},
           Case{false, puts, S3Fault::k403, Error::kStoreDenied},
           Case{false, puts, S3Fault::kLost, Error::kStoredBytesDamaged},
           Case{false, looks, S3Fault::kOtherSize, Error::kStoredBytesDamaged},
           Case{false, looks, S3Fault::kOtherSha256, Error::kStoredBytesDamaged},
           Case{false, looks, S3Fault::k403, Error::kStoreDenied},
           Case{true, sends_part, S3Fault::kNoAnswer, {}},
           Case{true, sends_part, S3Fault::kLostAnswer, {}},
           Case{true, sends_part, S3Fault::k500, {}},
           Case{true, sends_part, S3Fault::k403, Error::kStoreDenied},
           Case{true, sends_part, S3Fault::kWrongEtag, Error::kServerRefused},
           Case{true, sends_part, S3Fault::kLost, Error::kServerRefused},
           Case{true, completes, S3Fault::kLostAnswer, {}},
           Case{true, completes, S3Fault::kTruncated, {}},
           Case{true, completes, S3Fault::kError200, {}},
           Case{true, completes, S3Fault::k403, Error::kStoreDenied},
           Case{true, looks, S3Fault::kOtherSize, Error::kStoredBytesDamaged},
           Case{true, looks, S3Fault::kOtherSha256, Error::kStoredBytesDamaged},
       }) {
    StoreFixture s3;
    const Status status = fail_one(one.large ? large : small, one.fault, one.is, s3);
    CAPTURE(one.large, static_cast<int>(one.fault), status.to_string());
    CHECK(s3.http.uploads.empty());
    if (!one.error) {
      CHECK(status.ok());
      CHECK(s3.http.objects.count("p/k") == 1);
    } else {
      CHECK(status.is(*one.error));
      CHECK(s3.http.objects.empty());
    }
  }
}

TEST_CASE("a completion whose every answer is lost is found to be done") {
  StoreFixture s3;
  const auto store = s3.open();
  s3.http.fault = [](std::size_t, const HttpRequest& request) {
    return completes(request) ? S3Fault::kLostAnswer : S3Fault::kNone;
  };
  MemoryFile file(noise(kLarge));
  RecordedProgress progress;
  CHECK(store->upload("k", file, file.proof(), progress).ok());
  CHECK((s3.http.objects.at("p/k").bytes == file.text));
}
