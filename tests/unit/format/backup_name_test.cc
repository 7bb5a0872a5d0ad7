#include "format/backup_name.h"

#include <algorithm>
#include <random>
#include <vector>

#include "support/test.h"

using namespace sqbackup;

namespace {

constexpr UnixMillis kYearZero = -62167219200000;
constexpr UnixMillis kEndOf9999 = 253402300799999;

}  // namespace

TEST_CASE("a backup name shows its time in UTC to the millisecond") {
  CHECK(backup_name(1795170600000, ".sqlite") == "backup-2026-11-20T10-30-00-000Z.sqlite");
  CHECK(backup_name(1, ".sqlite.zst") == "backup-1970-01-01T00-00-00-001Z.sqlite.zst");
}

TEST_CASE("a backup name gives back the time it was made of, and names sort by time") {
  std::mt19937_64 random(20261120);
  std::uniform_int_distribution<UnixMillis> any(kYearZero, kEndOf9999);
  std::vector<UnixMillis> times = {kYearZero, kEndOf9999, -1, 0, 1, 951782399999, 951782400000};
  for (int i = 0; i < 2000; ++i) {
    times.push_back(any(random));
    times.push_back(times.back() + 1);
  }
  std::sort(times.begin(), times.end());
  std::string previous;
  UnixMillis previous_time = times.front() - 1;
  for (const UnixMillis time : times) {
    if (time > kEndOf9999) continue;
    const std::string name = backup_name(time, ".sqlite");
    REQUIRE(time_of_backup_name(name) == time);
    REQUIRE((previous_time == time ? previous == name : previous < name));
    previous = name;
    previous_time = time;
  }
}

TEST_CASE("only names that backup_name() makes have a time") {
  CHECK(time_of_backup_name("backup-2026-11-20T10-30-00-000Z").has_value());
  for (const char* name : {
           "",
           "backup-",
           "latest.sqlite",
           "backup-2026-11-20T10-30-00-000Zsqlite",
           "backup-2026-11-20T10-30-00-000z.sqlite",
           "backup-2026-11-20t10-30-00-000Z.sqlite",
           "backup-2026-11-20 10-30-00-000Z.sqlite",
           "backup-2026-11-20T10:30:00.000Z.sqlite",
           "backup-2026-11-31T10-30-00-000Z.sqlite",
           "backup-2026-11-20T24-30-00-000Z.sqlite",
           "backup-2026-11-20T10-30-00-00Z.sqlite",
           "backup-2026-11-20T10-30-00+01-00.sqlite",
           "Backup-2026-11-20T10-30-00-000Z.sqlite",
           "backup-2026-11-20T10-30-00-000",
       }) {
    INFO(name);
    CHECK_FALSE(time_of_backup_name(name).has_value());
  }
}
