// The log of runs, and what becomes of runs whose process dies.
#include <signal.h>
#include <unistd.h>

#include "unit/catalog/catalog_fixture.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

RunRecord run_of(const char* operation, const std::string& name = {}) {
  RunRecord run;
  run.operation = operation;
  run.trigger = "manual";
  run.name = name;
  run.actor = "me@here pid 1";
  run.started_at = kNoon;
  return run;
}

// A process that begins a run, and then waits to be killed.
class Worker {
 public:
  Worker(Fixture& fixture, const RunRecord& run) {
    int ready[2];
    REQUIRE(::pipe(ready) == 0);
    child_ = fork_child([&] {
      auto catalog = fixture.try_open();
      auto started = (*catalog)->begin_run(run);
      catalog->reset();
      const char byte = started.ok() && started->alive != nullptr ? 'y' : 'n';
      if (::write(ready[1], &byte, 1) != 1) return 1;
      while (true) ::pause();
    });
    ::close(ready[1]);
    char byte = 'n';
    REQUIRE(::read(ready[0], &byte, 1) == 1);
    ::close(ready[0]);
    REQUIRE(byte == 'y');
  }
  ~Worker() { kill_now(); }
  void kill_now() {
    if (child_ == 0) return;
    ::kill(child_, SIGKILL);
    wait_for(child_);
    child_ = 0;
  }

 private:
  int child_ = 0;
};

RunRecord only_run(Catalog& catalog) {
  const auto runs = catalog.runs(0, 10);
  REQUIRE(runs.ok());
  REQUIRE(runs->size() == 1);
  return runs->front();
}

}  // namespace

TEST_CASE("a run is logged from its beginning to its end") {
  Fixture fixture;
  auto catalog = fixture.open();
  auto started = catalog->begin_run(run_of("backup"));
  REQUIRE(started.ok());
  CHECK(fixture.place().lock_run(started->id).status().is(Error::kInUse));
  CHECK(catalog->running()->size() == 1);
  CHECK(only_run(*fixture.open()).status == "running");

  RunRecord outcome = run_of("backup", "backup-1.sqlite");
  outcome.status = "failed";
  outcome.finished_at = kNoon + 500;
  outcome.bytes = 77;
  outcome.progress = 0.5;
  outcome.error_code = "SQB-FULL-01";
  outcome.error = "no space";
  REQUIRE(catalog->finish_run(started->id, outcome).ok());
  started->alive.reset();
  CHECK(catalog->running()->empty());
  const RunRecord run = only_run(*fixture.open());
  CHECK(run.operation == "backup");
  CHECK(run.trigger == "manual");
  CHECK(run.name == "backup-1.sqlite");
  CHECK(run.actor == "me@here pid 1");
  CHECK(run.status == "failed");
  CHECK(run.started_at == kNoon);
  CHECK(run.finished_at == kNoon + 500);
  CHECK(run.bytes == 77);
  CHECK(run.progress == 0.5);
  CHECK(run.error_code == "SQB-FULL-01");
  CHECK(run.error == "no space");
}

TEST_CASE("the log comes in pages") {
  Fixture fixture;
  auto catalog = fixture.open();
  for (int i = 0; i < 5; ++i) {
    auto started = catalog->begin_run(run_of("verify"));
    REQUIRE(catalog->finish_run(started->id, run_of("verify")).ok());
  }
  const auto page = catalog->runs(2, 2);
  REQUIRE(page->size() == 2);
  CHECK(page->front().id == 3);
  CHECK(page->back().id == 4);
}

TEST_CASE("the run of a live process goes on, that of a dead one has failed at the next look") {
  Fixture fixture;
  Worker worker(fixture, run_of("restore"));
  fixture.settle();
  const auto access = GENERATE(Catalog::Access::kRead, Catalog::Access::kWrite);
  {
    auto catalog = fixture.open(access);
    CHECK(catalog->running()->size() == 1);
    CHECK(only_run(*catalog).status == "running");
  }
  worker.kill_now();
  auto catalog = fixture.open(access);
  const RunRecord run = only_run(*catalog);
  CHECK(run.status == "failed");
  CHECK(run.error == "the process ended before the run did");
  CHECK(run.error_code == "SQB-INTR-01");
  CHECK(run.finished_at.has_value());
  CHECK(catalog->running()->empty());
}

TEST_CASE("a backup that its dying process had published is completed") {
  Fixture fixture;
  const bool published = GENERATE(true, false);
  {
    Worker worker(fixture, run_of("backup", "backup-1.sqlite"));
    if (published) fixture.publish("backup-1.sqlite");
  }
  auto catalog = fixture.open();
  CHECK(only_run(*catalog).status == (published ? "completed" : "failed"));
  CHECK(listed(*catalog).size() == (published ? 1 : 0));
}

TEST_CASE("a dead run makes the catalog look for what its process left behind") {
  Fixture fixture;
  auto worker = std::make_unique<Worker>(fixture, run_of("backup"));
  const int writer = fork_child([&] {
    auto pending = fixture.place().begin("backup-1.sqlite");
    fixture.settle();
    ::kill(::getpid(), SIGKILL);
    return pending.ok() ? 0 : 1;
  });
  CHECK(wait_for(writer) == 1000 + SIGKILL);
  fixture.let_time_pass();
  CHECK(path_exists(fixture.path_of(".backup-1.sqlite.partial")));
  worker.reset();
  fixture.open().reset();
  CHECK(!path_exists(fixture.path_of(".backup-1.sqlite.partial")));
}

TEST_CASE("a run outlives the loss of the catalog, and its number is not given away") {
  Fixture fixture;
  auto first = fixture.open()->begin_run(run_of("backup"));
  REQUIRE(first.ok());
  REQUIRE(::unlink(fixture.path_of("catalog.db").c_str()) == 0);
  auto catalog = fixture.open();
  auto second = catalog->begin_run(run_of("verify"));
  REQUIRE(second.ok());
  CHECK(second->id != first->id);
  RunRecord outcome = run_of("backup", "backup-1.sqlite");
  outcome.status = "completed";
  REQUIRE(catalog->finish_run(first->id, outcome).ok());
  const auto runs = catalog->runs(0, 10);
  REQUIRE(runs->size() == 2);
  CHECK(runs->front().operation == "backup");
  CHECK(runs->front().status == "completed");
}
