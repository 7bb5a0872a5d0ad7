#include "service/health.h"

#include "support/test.h"

using namespace sqbackup;

namespace {

constexpr UnixMillis kNow = 1'800'000'000'000;
constexpr std::int64_t kMinute = 60'000;

HealthFacts fine() {
  HealthFacts facts;
  facts.now = kNow;
  facts.newest = kNow - 5 * kMinute;
  facts.stale_after = 30 * kMinute;
  facts.completed = 5;
  facts.verified = kNow - 60 * kMinute;
  facts.sizes = {1000, 1000, 900, 1100};
  facts.free_bytes = std::uint64_t{1} << 40;
  facts.sqlite_version = 3051003;
  facts.scheduled = facts.kept_here = facts.led_here = facts.led = true;
  return facts;
}

// The names of the checks that do not hold.
std::string failing(const HealthFacts& facts) {
  std::string names;
  for (const HealthCheck& check : judge_health(facts)) {
    CHECK((check.ok || !check.advice.empty()));
    CHECK_FALSE(check.value.empty());
    if (!check.ok) names += (names.empty() ? "" : ", ") + check.name;
  }
  return names;
}

}  // namespace

TEST_CASE("a database that is looked after is well") { CHECK(failing(fine()).empty()); }

TEST_CASE("each thing that is wrong is one check that does not hold") {
  HealthFacts facts = fine();
  SECTION("stale") {
    facts.newest = kNow - 30 * kMinute - 1;
    CHECK(failing(facts) == "newest backup");
    facts.newest = kNow - 30 * kMinute;
    CHECK(failing(facts).empty());
    facts.newest = kNow - 90 * kMinute;  // the database has not changed since
    facts.confirmed = kNow - kMinute;
    CHECK(failing(facts).empty());
  }
  SECTION("no backup") {
    facts.newest.reset();
    facts.sizes.clear();
    facts.completed = 0;
    facts.verified.reset();
    CHECK(failing(facts) == "newest backup, copies, verified");
  }
  SECTION("one backup") {
    facts.completed = 1;
    CHECK(failing(facts) == "copies");
  }
  SECTION("failed") {
    facts.failure = "the disk is full [SQB-FULL-01]";
    CHECK(failing(facts) == "last run");
  }
  SECTION("damaged") {
    facts.damaged = 1;
    CHECK(failing(facts) == "damaged");
  }
  SECTION("never verified") {
    facts.verified.reset();
    CHECK(failing(facts) == "verified");
  }
  SECTION("drill") {
    facts.drilled = kNow - 10 * kMinute;
    CHECK(failing(facts).empty());
    facts.drill_ok = false;
    CHECK(failing(facts) == "drill");
    facts.drill_ok = true;
    facts.drill_period = 3 * kMinute;
    CHECK(failing(facts) == "drill");
    facts.drill_period = 4 * kMinute;
    CHECK(failing(facts).empty());
  }
  SECTION("shrunk") {
    facts.sizes.front() = 499;
    CHECK(failing(facts) == "size");
    facts.sizes.front() = 500;
    CHECK(failing(facts).empty());
    facts.sizes = {1};
    CHECK(failing(facts).empty());
  }
  SECTION("disk") {
    facts.free_bytes = 1000;
    CHECK(failing(facts) == "disk");
    facts.free_bytes.reset();
    CHECK(failing(facts).empty());
  }
  SECTION("clock") {
    facts.newest = kNow + 1;
    CHECK(failing(facts) == "clock");
    facts = fine();
    facts.newest.reset();
    facts.now = 1'577'836'799'999;  // the end of 2019
    CHECK_FALSE(clock_check(facts).ok);
    facts.now += 1;
    CHECK(clock_check(facts).ok);
  }
  SECTION("the scheduler has stopped") {
    facts.kept_here = facts.led_here = facts.led = false;
    CHECK(failing(facts) == "scheduler");
    facts.enabled = false;
    CHECK(failing(facts).empty());
    facts.enabled = true;
    facts.led = true;  // by another process
    CHECK(failing(facts).empty());
    facts.led = facts.scheduled = false;  // never used
    CHECK(failing(facts).empty());
  }
  SECTION("the scheduler has a problem") {
    facts.problem = "no permission";
    CHECK(failing(facts) == "scheduler");
  }
}

TEST_CASE("versions of SQLite with the bug in restarting the log are told, and not complained about") {
  for (const int bad : {3007000, 3040001, 3044005, 3045000, 3050006, 3051000, 3051002}) {
    INFO(bad);
    CHECK(has_wal_reset_bug(bad));
  }
  for (const int good : {3006023, 3044006, 3050007, 3051003, 3052000}) {
    INFO(good);
    CHECK_FALSE(has_wal_reset_bug(good));
  }
  HealthFacts facts = fine();
  facts.sqlite_version = 3040001;
  CHECK(failing(facts).empty());
  CHECK(judge_health(facts).back().value == "3.40.1");
  CHECK(judge_health(facts).back().threshold == "3.51.3");
}
