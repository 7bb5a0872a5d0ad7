#include "service/metrics.h"

#include "support/temp_dir.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

constexpr UnixMillis kNow = 1'800'000'000'000;

FleetMember member(const std::string& path, Result<HealthFacts> facts) {
  return {path, {}, std::move(facts)};
}

HealthFacts facts_now() {
  HealthFacts facts;
  facts.now = kNow;
  facts.sqlite_version = 3051003;
  return facts;
}

bool has(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("what is known of a database is a sample each") {
  HealthFacts facts = facts_now();
  facts.newest = kNow - 60'000;
  facts.confirmed = kNow - 1'500;
  facts.newest_size = 8192;
  facts.newest_duration = 0.25;
  facts.completed = 3;
  facts.stored_bytes = 24576;
  facts.ran = true;
  facts.verified = kNow - 10'000;
  facts.drilled = kNow - 20'000;
  facts.drill_ok = false;
  facts.drill_restore_seconds = 1.5;
  facts.free_bytes = 1'000'000;
  FleetMember one = member("/srv/a.db", facts);
  one.kept = KeeperState{true, kNow + 60'000, ""};
  const std::string text = metrics_text({one});
  for (const char* line :
       {"sqbackup_database_up{database=\"/srv/a.db\"} 1",
        "sqbackup_scheduler_running{database=\"/srv/a.db\"} 1",
        "sqbackup_scheduler_leader{database=\"/srv/a.db\"} 1",
        "sqbackup_next_backup_timestamp_seconds{database=\"/srv/a.db\"} 1800000060",
        "sqbackup_last_backup_timestamp_seconds{database=\"/srv/a.db\"} 1799999940",
        "sqbackup_last_success_timestamp_seconds{database=\"/srv/a.db\"} 1799999998.5",
        "sqbackup_last_backup_size_bytes{database=\"/srv/a.db\"} 8192",
        "sqbackup_last_backup_duration_seconds{database=\"/srv/a.db\"} 0.25",
        "sqbackup_last_run_ok{database=\"/srv/a.db\"} 1", "sqbackup_backups{database=\"/srv/a.db\"} 3",
        "sqbackup_backups_size_bytes{database=\"/srv/a.db\"} 24576",
        "sqbackup_last_verified_timestamp_seconds{database=\"/srv/a.db\"} 1799999990",
        "sqbackup_last_drill_timestamp_seconds{database=\"/srv/a.db\"} 1799999980",
        "sqbackup_last_drill_ok{database=\"/srv/a.db\"} 0",
        "sqbackup_last_drill_restore_seconds{database=\"/srv/a.db\"} 1.5",
        "sqbackup_directory_free_bytes{database=\"/srv/a.db\"} 1000000",
        "sqbackup_health_ok{database=\"/srv/a.db\",check=\"clock\"} 1",
        "sqbackup_health_ok{database=\"/srv/a.db\",check=\"drill\"} 0"}) {
    INFO(line);
    CHECK(has(text, line));
  }
  facts.failure = "the disk is full";
  CHECK(has(metrics_text({member("a", facts)}), "sqbackup_last_run_ok{database=\"a\"} 0"));
}

TEST_CASE("what is not known has no sample") {
  const std::string text = metrics_text({member("a", facts_now())});
  for (const char* name : {"last_backup", "last_success", "last_run", "last_verified", "last_drill",
                           "next_backup", "free_bytes", "nan", "NaN"}) {
    INFO(name);
    CHECK(text.find(name) == std::string::npos);
  }
  CHECK(has(text, "sqbackup_backups{database=\"a\"} 0"));
  CHECK(has(text, "sqbackup_scheduler_running{database=\"a\"} 0"));
  CHECK(has(text, "sqbackup_health_ok{database=\"a\",check=\"newest backup\"} 0"));
}

TEST_CASE("a database that cannot be looked at says so and hides no other") {
  const std::string text =
      metrics_text({member("a", Status(Error::kNoPermission, "refused")), member("b", facts_now())});
  CHECK(has(text, "sqbackup_database_up{database=\"a\"} 0"));
  CHECK(has(text, "sqbackup_database_up{database=\"b\"} 1"));
  CHECK(text.find("sqbackup_health_ok{database=\"a\"") == std::string::npos);
  CHECK(has(text, "sqbackup_backups{database=\"b\"} 0"));
}

TEST_CASE("every metric is described in its reference page, and no other") {
  const std::string page = read_whole_file(SQBACKUP_SOURCE_DIR "/docs/reference/backup_metrics.md");
  HealthFacts facts = facts_now();
  facts.newest = facts.confirmed = facts.verified = facts.drilled = kNow;
  facts.newest_size = 1;
  facts.newest_duration = facts.drill_restore_seconds = 1;
  facts.ran = true;
  facts.free_bytes = 1;
  FleetMember all = member("a", facts);
  all.kept = KeeperState{true, kNow, ""};
  const std::string text = metrics_text({all});
  std::size_t described = 0, shown = 0;
  for (std::size_t at = 0; (at = page.find("\n| `sqbackup_", at)) != std::string::npos; ++at) ++described;
  for (std::size_t at = 0; (at = text.find("# TYPE ", at)) != std::string::npos; ++at, ++shown) {
    const std::string name = text.substr(at + 7, text.find(' ', at + 7) - at - 7);
    INFO(name);
    CHECK(page.find("| `" + name + "` |") != std::string::npos);
  }
  CHECK(described == shown);
}
