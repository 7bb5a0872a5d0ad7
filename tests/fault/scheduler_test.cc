// Schedulers in several processes that are killed: one leads at a time, and somebody always does.
#include <chrono>
#include <thread>

#include "support/child.h"
#include "support/kept.h"
#include "support/temp_dir.h"

using namespace sqbackup;
using namespace sqbackup_test;
using namespace std::chrono_literals;

TEST_CASE("when the leader is killed another process takes over, and no slot is run twice") {
  TempDir temp;
  const std::string path = temp.path_of("app.db");
  { Kept(path, "1s").set("skip_unchanged", "off"); }
  std::vector<std::unique_ptr<HoldingChild>> processes;
  const auto leads = [&] {
    return std::make_unique<HoldingChild>([&] {
      static Kept* kept = new Kept(path, "1s");
      static std::vector<std::unique_ptr<Kept>> more;
      const bool leader = kept->start().leader;
      for (int i = 0; i < 7; ++i) {
        more.push_back(std::make_unique<Kept>(path, "1s"));
        more.back()->start();
      }
      return leader;
    });
  };
  processes.push_back(leads());
  REQUIRE(processes.back()->holds());
  processes.push_back(leads());
  CHECK_FALSE(processes.back()->holds());
  for (int round = 0; round < 3; ++round) {
    std::this_thread::sleep_for(2500ms);
    processes.front()->kill();
    processes.erase(processes.begin());
    processes.push_back(leads());
  }
  std::this_thread::sleep_for(3s);
  for (auto& process : processes) process->kill();

  Kept kept(path);
  UnixMillis last = 0;
  int completed = 0;
  for (const RunRecord& run : kept.runs()) {
    if (run.operation != "backup" || run.status != "completed") continue;
    INFO("run " << run.id << " began " << run.started_at - last << " ms after the one before");
    if (last != 0) {
      CHECK(run.started_at - last >= 1000);
      CHECK(run.started_at - last < 8000);
    }
    last = run.started_at;
    ++completed;
  }
  CHECK(completed >= 5);
}
