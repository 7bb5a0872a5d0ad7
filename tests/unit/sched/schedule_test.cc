#include "sched/schedule.h"

#include <limits>
#include <random>
#include <set>

#include "support/test.h"

using namespace sqbackup;

namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
const UnixMillis kNow = 1795170600000;  // 2026-11-20 10:30, a Friday

Schedule every(std::int64_t interval) { return *Schedule::every(interval); }
Schedule cron(const char* expression) {
  return Schedule::cron(*CronExpression::parse(expression), TimeZone::utc());
}
UnixMillis at(const char* time) { return parse_time(time).value(); }

}  // namespace

TEST_CASE("an interval is due when it has passed since the last run, and at once when it never ran") {
  const Schedule schedule = every(10 * kMinute);
  CHECK(schedule.next_due(std::nullopt, kNow) == kNow);
  CHECK(schedule.next_due(kNow, kNow) == kNow + 10 * kMinute);
  CHECK(schedule.next_due(kNow - 4 * kMinute, kNow) == kNow + 6 * kMinute);
  CHECK(schedule.next_due(kNow - 10 * kMinute, kNow) == kNow);
  CHECK(schedule.next_due(kNow - 30 * kDay, kNow) == kNow);
}

TEST_CASE("a cron schedule is due at its first slot after the last run, or at once for any it missed") {
  const Schedule schedule = cron("0 3 * * *");
  CHECK(schedule.next_due(std::nullopt, kNow) == kNow);
  CHECK(schedule.next_due(at("2026-11-20 03:00"), kNow) == at("2026-11-21 03:00"));
  CHECK(schedule.next_due(at("2026-11-20 03:00:07"), kNow) == at("2026-11-21 03:00"));
  CHECK(schedule.next_due(at("2026-11-20 02:00"), kNow) == kNow);
  CHECK(schedule.next_due(at("2026-11-01 03:00"), kNow) == kNow);
  CHECK(schedule.next_due(kNow, kNow) == at("2026-11-21 03:00"));
}

TEST_CASE("a last run in the future counts as now") {
  CHECK(every(10 * kMinute).next_due(kNow + kDay, kNow) == kNow + 10 * kMinute);
  CHECK(cron("0 3 * * *").next_due(kNow + 365 * kDay, kNow) == at("2026-11-21 03:00"));
}

TEST_CASE("an interval has its limits") {
  CHECK_FALSE(Schedule::every(999).ok());
  CHECK(Schedule::every(1000).ok());
  CHECK_FALSE(Schedule::every(0).ok());
  CHECK_FALSE(Schedule::every(-1).ok());
  CHECK(Schedule::every(Schedule::kMaxInterval).ok());
  CHECK_FALSE(Schedule::every(Schedule::kMaxInterval + 1).ok());
  CHECK(Schedule::every(1).status().is(Error::kBadSetting));
  const auto max = std::numeric_limits<UnixMillis>::max();
  CHECK(every(kHour).next_due(max - 5, max - 5) == max);
}

TEST_CASE("the period is the interval, or what lies between the next two slots") {
  CHECK(every(kHour).period(kNow) == kHour);
  CHECK(cron("0 3 * * *").period(kNow) == kDay);
  CHECK(cron("0 9 * * 1-5").period(at("2026-11-20 08:00")) == 3 * kDay);
  CHECK(cron("0 9 * * 1-5").period(at("2026-11-20 10:00")) == kDay);
  CHECK_FALSE(cron("0 0 1 1 *").period(at("9988-05-01")).has_value());
}

TEST_CASE("no slot is left at the end of time") {
  CHECK_FALSE(cron("0 0 1 1 *").next_due(at("9989-05-01"), at("9989-05-01")).has_value());
}

TEST_CASE("jitter delays a slot by less than its maximum, always by the same") {
  const Schedule schedule = cron("0 3 * * *");
  const UnixMillis last = at("2026-11-20 03:00");
  const UnixMillis slot = at("2026-11-21 03:00");
  std::set<std::int64_t> delays;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const UnixMillis due = schedule.next_due(last, kNow, {seed, 5 * kMinute}).value();
    CHECK(due >= slot);
    CHECK(due < slot + 5 * kMinute);
    // Asked again later, or after the last run began a little later: the same instant.
    CHECK(schedule.next_due(last + 9 * kMinute, kNow + kHour, {seed, 5 * kMinute}) == due);
    delays.insert((due - slot) / 1000);
  }
  CHECK(delays.size() > 120);  // 200 of them in 300 seconds: 146 different ones are expected
  CHECK(schedule.next_due(last, kNow, {7, 1}) == slot);
  CHECK(schedule.next_due(last, kNow, {7, 0}) == slot);
}

TEST_CASE("one seed has other delays in other slots") {
  const Schedule schedule = every(kHour);
  std::set<std::int64_t> delays;
  for (int i = 0; i < 50; ++i) {
    delays.insert(schedule.next_due(kNow + i * kDay, kNow + i * kDay, {1, kMinute}).value() - i * kDay);
  }
  CHECK(delays.size() > 45);
}

TEST_CASE("jitter never reaches the next slot, and does not hold up a missed one") {
  const Schedule schedule = cron("*/5 * * * *");
  const UnixMillis last = at("2026-11-20 10:30");
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    CHECK(schedule.next_due(last, last, {seed, kDay}).value() < at("2026-11-20 10:40"));
    CHECK(schedule.next_due(last - kDay, last, {seed, kDay}) == last);
    CHECK(every(kMinute).next_due(kNow, kNow, {seed, kDay}).value() < kNow + 2 * kMinute);
  }
}

TEST_CASE("retries wait longer after each failure, up to half an hour or the period") {
  CHECK(retry_delay(0, kDay) == 0);
  CHECK(retry_delay(1, kDay) == 10'000);
  CHECK(retry_delay(2, kDay) == 20'000);
  CHECK(retry_delay(8, kDay) == 1'280'000);
  CHECK(retry_delay(9, kDay) == 30 * kMinute);
  CHECK(retry_delay(std::numeric_limits<unsigned>::max(), kDay) == 30 * kMinute);
  CHECK(retry_delay(1, 1000) == 1000);
  CHECK(retry_delay(9, 10 * kMinute) == 10 * kMinute);
}

TEST_CASE("a last run seen in the future counts from when it was first seen there") {
  LastRun last;
  CHECK(last.seen(std::nullopt, kNow) == std::nullopt);
  CHECK(last.seen(kNow - 5, kNow) == kNow - 5);
  CHECK(last.seen(kNow, kNow - kDay) == kNow - kDay);
  CHECK(last.seen(kNow, kNow - kDay + kMinute) == kNow - kDay);   // not again
  CHECK(last.seen(kNow, kNow - 2 * kDay) == kNow - 2 * kDay);     // set back once more
  CHECK(last.seen(kNow - kDay, kNow - kDay + 1) == kNow - kDay);  // another run
  CHECK(last.seen(std::nullopt, kNow) == std::nullopt);
}

namespace {

// A scheduler in miniature: it looks every 20 seconds at a clock that the test moves as it likes.
class Simulation {
 public:
  Simulation(Schedule schedule, Jitter jitter) : schedule_(std::move(schedule)), jitter_(jitter) {}

  // Returns how many runs there were. `awake` false: time passes and nobody looks.
  int pass(std::int64_t duration, bool awake = true) {
    const std::size_t before = runs_.size();
    for (std::int64_t passed = 0; passed < duration; passed += kStep) {
      now_ += kStep;
      real_ += kStep;
      if (awake) look();
    }
    return static_cast<int>(runs_.size() - before);
  }
  void set_clock(std::int64_t by) { now_ += by; }
  void restart() { memory_ = LastRun(); }
  UnixMillis now() const { return now_; }
  const std::vector<std::int64_t>& runs() const { return runs_; }  // in real time, which never jumps

  static constexpr std::int64_t kStep = 20'000;

 private:
  void look() {
    const auto due = schedule_.next_due(memory_.seen(recorded_, now_), now_, jitter_);
    if (!due || *due > now_) return;
    recorded_ = now_;
    runs_.push_back(real_);
  }

  Schedule schedule_;
  Jitter jitter_;
  LastRun memory_;
  std::optional<UnixMillis> recorded_;
  UnixMillis now_ = kNow;
  std::int64_t real_ = 0;
  std::vector<std::int64_t> runs_;
};

}  // namespace

TEST_CASE("days of an interval: one run each, also around a suspend and clocks set back and forward") {
  Simulation simulation(every(10 * kMinute), {});
  CHECK(simulation.pass(kDay) == 144);
  CHECK(simulation.pass(9 * kHour, false) == 0);
  CHECK(simulation.pass(Simulation::kStep) == 1);  // one run makes up for 54
  CHECK(simulation.pass(10 * kMinute) == 1);
  simulation.set_clock(-3 * kDay);
  CHECK(simulation.pass(kHour) >= 5);  // it does not wait three days
  simulation.set_clock(-5 * kMinute);
  CHECK(simulation.pass(kHour) >= 5);
  simulation.set_clock(30 * kDay);
  CHECK(simulation.pass(Simulation::kStep) == 1);  // one, not 4,320
  CHECK(simulation.pass(10 * kMinute - Simulation::kStep) == 0);
  CHECK(simulation.pass(kDay) == 144);
}

TEST_CASE("days of a cron schedule: one run each, also around a suspend and clocks set back and forward") {
  Simulation simulation(cron("0 3 * * *"), {42, 10 * kMinute});
  CHECK(simulation.pass(Simulation::kStep) == 1);  // nothing ever ran
  CHECK(simulation.pass(10 * kDay) == 10);
  CHECK(simulation.pass(4 * kDay, false) == 0);
  CHECK(simulation.pass(Simulation::kStep) == 1);
  CHECK(simulation.pass(2 * kDay) == 2);
  simulation.set_clock(-100 * kDay);
  simulation.restart();
  CHECK(simulation.pass(2 * kDay) == 2);
  simulation.set_clock(100 * kDay);
  CHECK(simulation.pass(Simulation::kStep) == 1);
  CHECK(simulation.pass(2 * kDay) == 2);
}

TEST_CASE("wherever the clock is set, the next run comes within a period, and no run comes twice") {
  std::mt19937_64 random(3);
  const std::int64_t period = 10 * kMinute;
  const std::int64_t jitter = kMinute;
  std::uniform_int_distribution<std::int64_t> jump(-5 * kDay, 5 * kDay);
  std::uniform_int_distribution<std::int64_t> wait(1, 30);
  Simulation simulation(every(period), {9, jitter});
  for (int i = 0; i < 2000; ++i) {
    simulation.pass(wait(random) * kMinute);
    simulation.set_clock(jump(random));
    const int runs = simulation.pass(period + jitter + Simulation::kStep);
    REQUIRE(runs >= 1);
    REQUIRE(runs <= 2);
  }
}
