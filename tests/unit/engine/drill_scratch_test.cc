#include <sys/stat.h>
#include <unistd.h>

#include "support/child.h"
#include "support/fault_vfs.h"
#include "unit/engine/drill_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

// Long enough that its Progress is asked.
constexpr const char* kLongQuery =
    "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i<100000) SELECT max(i) FROM s";

unsigned mode_of(const std::string& path) {
  struct stat status;
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

}  // namespace

TEST_CASE("while it runs, nobody else can look into the scratch place") {
  DrillFixture fixture;
  fixture.request.assertions = {{"long", kLongQuery, std::nullopt}};
  int looked = 0;
  PhaseProgress progress([&](const std::string& phase) {
    if (phase != "asserting") return Status();
    const Texts places = names_in(fixture.request.scratch);
    REQUIRE(places.size() == 1);
    const std::string place = join_path(fixture.request.scratch, places[0]);
    CHECK(mode_of(place) == 0700);
    REQUIRE(names_in(place) == Texts{"drill.db"});
    CHECK(mode_of(join_path(place, "drill.db")) == 0600);
    ++looked;
    return Status();
  });
  REQUIRE(run_drill(fixture.env, fixture.directory, fixture.request, progress).ok());
  CHECK(looked > 0);
}

TEST_CASE("without room for the database nothing is written") {
  DrillFixture fixture;
  const std::uint64_t size = read_whole_file(fixture.data_path()).size();
  fixture.files.room = size + (16 << 20) - 1;
  fixture.files.inject({.kind = FileOp::kCreate});
  const auto report = fixture.try_drill();
  CHECK(report.status().is(Error::kDiskFull));
  CHECK_THAT(report.status().message(), Catch::Contains("choose another scratch directory"));
  CHECK_FALSE(fixture.files.fired());
  CHECK(names_in(fixture.request.scratch).empty());
  fixture.files.clear();
  *fixture.files.room += 1;
  CHECK(fixture.drill().ok);
}

TEST_CASE("whichever file operation fails, the scratch place is empty, or the next drill empties it") {
  DrillFixture fixture;
  fixture.request.assertions = {{"one", "SELECT 1", std::nullopt}};
  const int error_number = GENERATE(EIO, ENOSPC);
  int errors = 0;
  for (std::uint64_t nth = 1;; ++nth) {
    fixture.files.inject({.nth = nth, .error_number = error_number});
    const auto report = fixture.try_drill();
    const bool fired = fixture.files.fired();
    const bool removal_failed = !names_in(fixture.request.scratch).empty();
    fixture.files.clear();
    if (!report.ok()) {
      ++errors;
      INFO(nth << ": " << report.status().to_string());
      CHECK((report.status().is(Error::kIoError) || report.status().is(Error::kDiskFull)));
    } else if (removal_failed) {
      CHECK(report->warnings.size() == 1);
    }
    CHECK(fixture.drill().ok);
    if (!fired) break;
  }
  CHECK(errors > 10);
}

TEST_CASE("a disk that fails under SQLite is an error of the drill, not a finding about the backup") {
  DrillFixture fixture;
  fixture.request.assertions = {{"one", "SELECT count(*) FROM users", "100"}};
  FaultVfs vfs;
  int errors = 0;
  for (std::uint64_t nth = 1;; ++nth) {
    vfs.inject({.nth = nth});
    const auto report = fixture.try_drill();
    const bool fired = vfs.fired();
    vfs.clear();
    CHECK(names_in(fixture.request.scratch).empty());
    INFO(nth << ": " << (report.ok() ? drill_report_json(*report) : report.status().to_string()));
    CHECK((report.ok() ? report->ok : report.status().is(Error::kIoError)));
    if (!report.ok()) ++errors;
    if (!fired) break;
  }
  CHECK(errors > 10);
}

TEST_CASE("a copy that cannot be removed is a warning, and the next drill removes it") {
  DrillFixture fixture;
  fixture.files.inject({.kind = FileOp::kRemove, .nth = 2, .sticky = true});
  const auto report = fixture.try_drill();
  fixture.files.clear();
  REQUIRE(report.ok());
  REQUIRE(report->warnings.size() == 1);
  CHECK_THAT(report->warnings[0],
             Catch::StartsWith("the restored copy stays until the next drill: cannot remove"));
  CHECK(names_in(fixture.request.scratch).size() == 1);
  CHECK(fixture.drill().warnings.empty());
}

TEST_CASE("what a dead drill left is cleared by the next one, and nothing else is") {
  DrillFixture fixture;
  fixture.request.assertions = {{"long", kLongQuery, std::nullopt}};
  const auto die = [&] {
    PhaseProgress progress([](const std::string& phase) {
      if (phase == "asserting") ::_exit(7);
      return Status();
    });
    return run_drill(fixture.env, fixture.directory, fixture.request, progress).ok() ? 0 : 1;
  };
  REQUIRE(run_in_child(die) == 7);
  const Texts left = names_in(fixture.request.scratch);
  REQUIRE(left.size() == 1);
  const std::string place = join_path(fixture.request.scratch, left[0]);
  CHECK(names_in(place) == Texts{"drill.db"});

  SECTION("killed while it restored") {
    write_whole_file(join_path(place, ".drill.db.0123456789abcdef.sqbackup-restore"), "half");
    CHECK(fixture.drill().warnings.empty());
  }
  SECTION("with somebody else's file inside") {
    write_whole_file(join_path(place, "letter.txt"), "mine");
    auto next = fixture.try_drill();
    REQUIRE(next.ok());
    CHECK(next->ok);
    REQUIRE(next->warnings.size() == 1);
    CHECK_THAT(next->warnings[0],
               Catch::StartsWith("what a dead drill left stays: cannot remove the directory"));
    CHECK(names_in(place) == Texts{"letter.txt"});
  }
  SECTION("what merely looks like it stays") {
    const std::string others = join_path(fixture.request.scratch, ".sqbackup-drill-0123456789abcdef-x");
    REQUIRE(fixture.files.make_directory(others).ok());
    const std::string bad_name = left[0].substr(0, 33) + "\x01";
    REQUIRE(fixture.files.make_directory(join_path(fixture.request.scratch, bad_name)).ok());
    write_whole_file(place + "-file", "mine");
    auto next = fixture.try_drill();
    REQUIRE(next.ok());
    CHECK(next->warnings.empty());
    Texts expected = {file_name_of(others), left[0] + "-file", bad_name};
    std::sort(expected.begin(), expected.end());
    CHECK(names_in(fixture.request.scratch) == expected);
  }
}

TEST_CASE("a drill beside another one leaves it alone") {
  DrillFixture fixture;
  fixture.request.assertions = {{"one", "SELECT count(*) FROM users", "100"}};
  DrillRequest second = fixture.request;
  bool nested = false;
  PhaseProgress progress([&](const std::string& phase) {
    if (phase != "counting" || nested) return Status();
    nested = true;
    NoProgress none;
    const auto inner = run_drill(fixture.env, fixture.directory, second, none);
    CHECK((inner.ok() && inner->ok));
    return Status();
  });
  const auto outer = run_drill(fixture.env, fixture.directory, fixture.request, progress);
  REQUIRE(outer.ok());
  CHECK(nested);
  CHECK(outer->ok);
  CHECK(names_in(fixture.request.scratch).empty());
}

TEST_CASE("a drill can be stopped in every phase, and clears up") {
  DrillFixture fixture;
  const std::string where = GENERATE("hashing", "restoring", "counting");
  PhaseProgress progress([&](const std::string& phase) {
    return phase == where ? Status(Error::kInterrupted, "the call was interrupted") : Status();
  });
  CHECK(
      run_drill(fixture.env, fixture.directory, fixture.request, progress).status().is(Error::kInterrupted));
  CHECK(names_in(fixture.request.scratch).empty());
}
