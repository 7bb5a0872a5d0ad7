#include "service/courier.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "support/databases.h"
#include "support/temp_dir.h"
#include "support/test.h"
#include "support/waiting.h"
#include "unit/net/fake_senders.h"

using namespace sqbackup;
using namespace sqbackup_test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kSecret = "a secret of many words and no prefix";

std::string between(const std::string& text, const std::string& before, char after) {
  const std::size_t at = text.find(before);
  if (at == std::string::npos) return "";
  const std::size_t from = at + before.size();
  return text.substr(from, text.find(after, from) - from);
}

// Everything that is told, in its order: "ping/start RID", "hook TYPE", "mail SUBJECT".
class Outside : public HttpTransport, public MailTransport {
 public:
  Result<HttpResponse> send(const HttpRequest& request, const Cancel& cancel) override {
    const bool ping = request.url.starts_with("http://ping/key");
    hear(ping ? "ping" + between(request.url, "key", '?') + " " + between(request.url, "rid=", '&')
              : "hook " + between(request.body, "\"type\":\"dev.sqbackup.", '"'));
    SQB_TRY(hang(cancel));
    return answer(ping ? ping_answer.load() : 200);
  }
  Status send(const MailRequest& request, const Cancel& cancel) override {
    hear("mail" + between(request.text, "Subject:", '\r').substr(0, 40));
    if (mail_refused) return {Error::kServerRefused, "refused"};
    if (throwing) throw std::runtime_error("a defect");
    return hang(cancel);
  }
  std::vector<std::string> heard() {
    MutexLock lock(mutex_);
    return heard_;
  }
  std::atomic<int> ping_answer = 200;
  std::atomic<bool> hanging = false;
  std::atomic<bool> mail_refused = false;
  std::atomic<bool> throwing = false;

 private:
  void hear(std::string what) {
    MutexLock lock(mutex_);
    heard_.push_back(std::move(what));
  }
  Status hang(const Cancel& cancel) const {
    while (hanging) {
      if (cancel()) return {Error::kInterrupted, "stopped"};
      std::this_thread::sleep_for(1ms);
    }
    return {};
  }
  Mutex mutex_;
  std::vector<std::string> heard_;
};

// A database whose events a courier delivers; no scheduler is at work.
struct Told {
  Told() : app(temp.path_of("a.db")), session(system_env(), app.handle()) {
    app.run("CREATE TABLE t(x)");
    database = session.attached("main")->database;
  }
  void set(const std::string& key, const std::string& value) {
    const auto done = database->set_setting(key, value);
    INFO(done.status().to_string());
    REQUIRE(done.ok());
  }
  void set_all() {
    set("ping_url", "http://ping/key");
    set("webhook_url", "http://hook/token");
    set("webhook_secret", kSecret);
    set("smtp_url", "smtp://me:password@mail");
    set("mail_to", "admin@example.com");
  }
  void start() {
    courier.emplace(
        *database,
        AlertSenders{outside, outside, clock, [this](std::int64_t millis) { clock.slept += millis; }}, pool);
    const Status leads = courier->lead();
    INFO(leads.to_string());
    REQUIRE(leads.ok());
  }
  std::unique_ptr<Catalog> catalog() {
    auto opened = database->open_catalog(place, Catalog::Access::kWrite);
    REQUIRE(opened.ok());
    return std::move(*opened);
  }
  // One run from its beginning to its end; returns its UUID.
  std::string run(const std::string& operation, bool ok, const std::string& trigger = "scheduled") {
    RunRecord record;
    record.operation = operation;
    record.trigger = trigger;
    record.started_at = system_clock().now();
    auto log = catalog();
    auto started = log->begin_run(record);
    REQUIRE(started.ok());
    record.id = started->id;
    std::string uuid = *log->run_uuid(record);
    if (courier && operation == "backup" && trigger == "scheduled") courier->backup_began(record, uuid);
    record.status = ok ? "completed" : "failed";
    if (!ok) record.error_code = "SQB-FULL-01";
    REQUIRE(log->finish_run(record.id, record).ok());
    if (courier) courier->wake();
    return uuid;
  }
  bool all_delivered() {
    return eventually([&] {
      auto log = catalog();
      return *log->delivered() == *log->last_event_id();
    });
  }
  std::vector<RunRecord> alert_rows() {
    auto runs = *catalog()->runs(0, 1000);
    std::erase_if(runs, [](const RunRecord& run) { return run.operation != "alert"; });
    return runs;
  }

  TempDir temp;
  App app;
  Session session;
  std::shared_ptr<Database> database;
  BackupDirectory place{posix_file_env(), temp.path_of("a.db") + "-backups"};
  Outside outside;
  SleepingClock clock;
  std::shared_ptr<WorkerPool> pool = std::make_shared<WorkerPool>(system_clock(), 2);
  std::optional<Courier> courier;
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("a start is pinged before its end, with the same run") {
  Told told;
  told.set_all();
  told.start();
  const std::string first = told.run("backup", true);
  REQUIRE(told.all_delivered());
  const std::string second = told.run("backup", true);
  REQUIRE(told.all_delivered());
  CHECK(first != second);
  CHECK(told.outside.heard() == Lines{"ping/start " + first, "ping " + first, "hook backup.completed",
                                      "ping/start " + second, "ping " + second, "hook backup.completed"});
}

TEST_CASE("starts and ends that had to wait come in their order") {
  Told told;
  told.set_all();
  told.outside.hanging = true;
  told.start();
  const std::string first = told.run("backup", true);
  REQUIRE(eventually([&] { return !told.outside.heard().empty(); }));
  const std::string second = told.run("backup", true);
  told.outside.hanging = false;
  REQUIRE(told.all_delivered());
  CHECK(told.outside.heard() == Lines{"ping/start " + first, "ping " + first, "hook backup.completed",
                                      "ping/start " + second, "ping " + second, "hook backup.completed"});
}

TEST_CASE("each target gets what it is for") {
  Told told;
  told.set_all();
  told.start();
  Lines expected;
  SECTION("failures in a row and the success after them") {
    const std::string first = told.run("backup", false);
    REQUIRE(told.all_delivered());
    const std::string second = told.run("backup", false);
    REQUIRE(told.all_delivered());
    const std::string third = told.run("backup", true);
    expected = {"ping/start " + first,  "ping/fail " + first,  "hook backup.failed",    "mail",
                "ping/start " + second, "ping/fail " + second, "hook backup.failed",  //
                "ping/start " + third,  "ping " + third,       "hook backup.completed", "mail"};
  }
  SECTION("a drill and a prune that failed") {
    told.run("drill", true);
    told.run("drill", false);
    told.run("prune", true);
    told.run("prune", false);
    expected = {"hook drill.failed", "mail", "hook prune.failed", "mail"};
  }
  SECTION("a change of health") {
    EventRecord event;
    event.type = "health.changed";
    event.trigger = "scheduled";
    event.details = "{}";
    REQUIRE(told.catalog()->change_health("copies", &event).ok());
    told.courier->wake();
    expected = {"hook health.changed", "mail"};
  }
  SECTION("nothing of what was done by hand") {
    told.run("backup", true, "manual");
    told.run("backup", false, "manual");
    told.run("restore", false, "manual");
    told.run("drill", false, "manual");
  }
  REQUIRE(told.all_delivered());
  Lines heard = told.outside.heard();
  for (std::string& line : heard) {
    if (line.starts_with("mail")) line = "mail";
  }
  CHECK(heard == expected);
  CHECK(told.alert_rows().empty());
}

TEST_CASE("a failure where nothing could be recorded is told from memory, and the recovery too") {
  Told told;
  told.set_all();
  told.set("webhook_url", "http://hook/token");
  told.start();
  told.courier->backup_failed({Error::kDiskFull, "no room"});
  told.courier->backup_failed({Error::kDiskFull, "no room"});
  REQUIRE(eventually([&] { return told.outside.heard().size() == 5; }));
  const std::string run = told.run("backup", true);
  REQUIRE(told.all_delivered());
  const auto heard = told.outside.heard();
  REQUIRE(heard.size() == 9);
  CHECK(Lines(heard.begin(), heard.begin() + 2) == Lines{"ping/fail ", "hook backup.failed"});
  CHECK_THAT(heard[2], Catch::StartsWith("mail"));
  CHECK(Lines(heard.begin() + 3, heard.begin() + 8) == Lines{"ping/fail ", "hook backup.failed",
                                                             "ping/start " + run, "ping " + run,
                                                             "hook backup.completed"});
  CHECK_THAT(heard[8], Catch::StartsWith("mail"));
}

TEST_CASE("a courier that finds a target in the environment begins with what happens next") {
  ::setenv("SQBACKUP_WEBHOOK_URL", "http://hook/token", 1);
  Told told;
  for (int i = 0; i < 5; ++i) told.run("drill", false);
  told.start();
  CHECK(*told.catalog()->delivered() == 5);
  told.run("prune", false);
  REQUIRE(told.all_delivered());
  CHECK(told.outside.heard() == Lines{"hook prune.failed"});
  ::unsetenv("SQBACKUP_WEBHOOK_URL");
}

TEST_CASE("a courier without a target takes no thread") {
  Told told;
  told.start();
  told.courier->wake();
  CHECK(told.pool->threads() == 0);
  told.set("ping_url", "http://ping/key");
  REQUIRE(told.courier->lead().ok());
  CHECK(told.pool->threads() > 0);
}

TEST_CASE("what happened while no target was set is not told later") {
  Told told;
  told.start();
  CHECK_FALSE(told.catalog()->delivered()->has_value());
  told.run("backup", false);
  told.set("webhook_url", "http://hook/token");
  REQUIRE(told.courier->lead().ok());
  told.run("drill", false);
  REQUIRE(told.all_delivered());
  CHECK(told.outside.heard() == Lines{"hook drill.failed"});
  REQUIRE(told.database->set_setting("webhook_url", std::nullopt).ok());
  REQUIRE(told.courier->lead().ok());
  CHECK_FALSE(told.catalog()->delivered()->has_value());
}

TEST_CASE("what was not delivered yet is delivered by the next one who leads") {
  Told told;
  told.set("webhook_url", "http://hook/token");
  told.start();
  told.courier.reset();
  told.run("drill", false);
  told.start();
  told.courier->wake();
  REQUIRE(told.all_delivered());
  CHECK(told.outside.heard() == Lines{"hook drill.failed"});
}

TEST_CASE("a target that fails is one row of the log, and what comes next is told") {
  Told told;
  told.set("ping_url", "http://ping/key-of-mine");
  told.set("webhook_url", "http://hook/token");
  told.outside.ping_answer = 404;
  told.start();
  told.run("backup", true);
  REQUIRE(told.all_delivered());
  auto rows = told.alert_rows();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].status == "failed");
  CHECK(rows[0].trigger == "scheduled");
  CHECK(rows[0].error_code == "SQB-NET-02");
  CHECK_THAT(rows[0].error, Catch::StartsWith("the event 1 (backup.completed) was not delivered; ping_url: "
                                              "http://ping answered 404"));
  CHECK_THAT(rows[0].error, !Catch::Contains("key-of-mine") && !Catch::Contains("token"));
  told.outside.ping_answer = 200;
  told.run("backup", true);
  REQUIRE(told.all_delivered());
  CHECK(told.alert_rows().size() == 1);
  CHECK(*told.catalog()->last_event_id() == 2);  // such a row is no event
  CHECK(told.outside.heard().back() == "hook backup.completed");
}

TEST_CASE("a mail server whose URL this process does not know is told in the log") {
  Told told;
  told.set("mail_to", "admin@example.com");
  told.start();
  told.run("backup", false);
  REQUIRE(told.all_delivered());
  REQUIRE(told.alert_rows().size() == 1);
  CHECK_THAT(told.alert_rows()[0].error, Catch::Contains("no smtp_url"));
}

TEST_CASE("a mail server without an address is no target") {
  Told told;
  told.set("smtp_url", "smtp://mail");
  told.start();
  CHECK_FALSE(told.catalog()->delivered()->has_value());
  told.set("webhook_url", "http://hook/token");
  REQUIRE(told.courier->lead().ok());
  told.run("drill", false);
  REQUIRE(told.all_delivered());
  CHECK(told.outside.heard() == Lines{"hook drill.failed"});
  CHECK(told.alert_rows().empty());
}

TEST_CASE("failures are mailed until one mail got through") {
  Told told;
  told.set("smtp_url", "smtp://mail");
  told.set("mail_to", "admin@example.com");
  told.outside.mail_refused = true;
  told.start();
  for (int i = 0; i < 2; ++i) {
    told.run("backup", false);
    REQUIRE(told.all_delivered());
  }
  CHECK(told.outside.heard().size() == 2);
  told.outside.mail_refused = false;
  for (int i = 0; i < 3; ++i) {
    told.run("backup", false);
    REQUIRE(told.all_delivered());
  }
  CHECK(told.outside.heard().size() == 3);
}

TEST_CASE("ending it waits for no server that hangs, and loses nothing") {
  Told told;
  told.set("webhook_url", "http://hook/token");
  told.outside.hanging = true;
  told.start();
  told.run("drill", false);
  REQUIRE(eventually([&] { return told.outside.heard().size() == 1; }));
  const auto began = std::chrono::steady_clock::now();
  told.courier.reset();
  CHECK(std::chrono::steady_clock::now() - began < 100ms);
  CHECK(told.alert_rows().empty());
  told.outside.hanging = false;
  told.start();
  told.courier->wake();
  REQUIRE(told.all_delivered());
  CHECK(told.outside.heard().size() == 2);
}

TEST_CASE("one who does not lead any more tells nothing") {
  Told told;
  told.set("webhook_url", "http://hook/token");
  told.start();
  told.courier->rest();
  told.run("drill", false);
  std::this_thread::sleep_for(100ms);
  CHECK(told.outside.heard().empty());
}

TEST_CASE("a value of the environment that is not legal keeps no other target from being told") {
  ::setenv("SQBACKUP_PING_URL", "nonsense", 1);
  Told told;
  told.set("webhook_url", "http://hook/token");
  const auto outside = [&] { return told.outside.heard(); };
  told.courier.emplace(*told.database,
                       AlertSenders{told.outside, told.outside, told.clock, [](std::int64_t) {}}, told.pool);
  CHECK_THAT(told.courier->lead().to_string(), Catch::Contains("SQBACKUP_PING_URL"));
  told.run("backup", true);
  REQUIRE(told.all_delivered());
  CHECK(outside() == Lines{"hook backup.completed"});
  // Without the signature that is meant nothing is sent.
  ::setenv("SQBACKUP_WEBHOOK_SECRET", "short", 1);
  told.run("drill", false);
  REQUIRE(told.all_delivered());
  CHECK(outside().size() == 1);
  ::unsetenv("SQBACKUP_PING_URL");
  ::unsetenv("SQBACKUP_WEBHOOK_SECRET");
}

TEST_CASE("a mail that is owed is still owed when another one takes over") {
  Told told;
  told.set("smtp_url", "smtp://mail");
  told.set("mail_to", "admin@example.com");
  told.outside.mail_refused = true;
  told.start();
  told.run("backup", false);
  SECTION("of a backup") {}
  SECTION("of a change of health") {
    told.outside.mail_refused = false;
    REQUIRE(told.all_delivered());
    told.outside.mail_refused = true;
    EventRecord event;
    event.type = "health.changed";
    event.trigger = "scheduled";
    event.details = "{}";
    REQUIRE(told.catalog()->change_health("copies", &event).ok());
    told.courier->wake();
  }
  REQUIRE(told.all_delivered());
  told.courier.reset();
  told.outside.mail_refused = false;
  const std::size_t before = told.outside.heard().size();
  told.start();
  told.run("backup", false);
  REQUIRE(told.all_delivered());
  CHECK(told.outside.heard().size() == before + 1);
  told.run("backup", false);
  REQUIRE(told.all_delivered());
  CHECK(told.outside.heard().size() == before + 1);
}

TEST_CASE("a failure from memory is tried again at the targets that it did not reach") {
  Told told;
  told.set("ping_url", "http://ping/key");
  told.set("webhook_url", "http://hook/token");
  told.outside.ping_answer = 503;
  told.start();
  Lines expected = {"ping/fail ", "ping/fail ", "ping/fail ", "hook backup.failed"};
  told.courier->backup_failed({Error::kDiskFull, "no room"});
  REQUIRE(eventually([&] { return told.outside.heard() == expected; }));
  told.outside.ping_answer = 200;
  SECTION("until they take it") {
    told.courier->wake();
    expected.push_back("ping/fail ");
    REQUIRE(eventually([&] { return told.outside.heard() == expected; }));
    told.courier->wake();
    std::this_thread::sleep_for(50ms);
  }
  SECTION("before the success that follows, and never after it") {
    told.outside.ping_answer = 503;
    const std::string run = told.run("backup", true);
    REQUIRE(told.all_delivered());
    told.outside.ping_answer = 200;
    told.courier->wake();
    std::this_thread::sleep_for(50ms);
    Lines heard = told.outside.heard();
    CHECK(std::count(heard.begin(), heard.end(), "ping/fail ") >= 6);
    heard.erase(heard.begin(), std::find(heard.begin(), heard.end(), "ping/start " + run));
    CHECK(std::count(heard.begin(), heard.end(), "ping/fail ") == 0);
    return;
  }
  SECTION("unless a later one says it too") {
    told.outside.hanging = true;
    told.courier->backup_failed({Error::kDiskFull, "no room"});
    REQUIRE(eventually([&] { return told.outside.heard().size() == 5; }));
    told.outside.ping_answer = 503;
    told.courier->backup_failed({Error::kDiskFull, "no room"});
    told.outside.hanging = false;
    // The first of both to its end, then the second.
    const auto hooks = [&] {
      const auto heard = told.outside.heard();
      return std::count(heard.begin(), heard.end(), "hook backup.failed");
    };
    REQUIRE(eventually([&] { return hooks() == 3; }));
    told.outside.ping_answer = 200;
    const std::size_t before = told.outside.heard().size();
    told.courier->wake();
    REQUIRE(eventually([&] { return told.outside.heard().size() == before + 1; }));
    told.courier->wake();
    std::this_thread::sleep_for(50ms);
    CHECK(told.outside.heard().size() == before + 1);
    return;
  }
  CHECK(told.outside.heard() == expected);
}

TEST_CASE("a failure from memory is told before what happened after it") {
  Told told;
  told.set("webhook_url", "http://hook/token");
  told.outside.hanging = true;
  told.start();
  told.run("prune", false);
  REQUIRE(eventually([&] { return told.outside.heard().size() == 1; }));
  told.courier->backup_failed({Error::kDiskFull, "no room"});
  std::this_thread::sleep_for(5ms);
  told.run("drill", false);
  told.outside.hanging = false;
  REQUIRE(told.all_delivered());
  CHECK(told.outside.heard() == Lines{"hook prune.failed", "hook backup.failed", "hook drill.failed"});
}

TEST_CASE("where the targets were is another catalog: they are told, as nobody will tell them any more") {
  Told told;
  told.set_all();
  told.start();
  told.run("backup", true);
  REQUIRE(told.all_delivered());
  const std::size_t before = told.outside.heard().size();
  const auto new_lines = [&] {
    Lines heard = told.outside.heard();
    heard.erase(heard.begin(), heard.begin() + static_cast<std::ptrdiff_t>(before));
    return heard;
  };
  const auto move_away = [&] { std::filesystem::rename(told.place.path(), told.place.path() + ".away"); };
  const Lines expected = {"ping/fail ", "hook backup.failed", "mail"};
  SECTION("and this one leads on") {
    move_away();
    REQUIRE(told.courier->lead().ok());
    told.courier->wake();
  }
  SECTION("and another one leads there") {
    move_away();
    told.catalog();
    told.courier->rest();
  }
  SECTION("made of the backups that are still there, from which the id of the database comes") {
    const std::string id = told.catalog()->database_id();
    BackupDirectory other(posix_file_env(), told.temp.path_of("other"));
    REQUIRE(told.database->open_catalog(other, Catalog::Access::kWrite).ok());
    App(other.path_of("catalog.db")).run("UPDATE meta SET value = '" + id + "' WHERE key = 'database_id'");
    std::filesystem::rename(other.path_of("catalog.db"), told.place.path_of("catalog.db"));
    REQUIRE(told.courier->lead().ok());
    told.courier->wake();
  }
  const bool told_once = eventually([&] { return new_lines().size() == 3; });
  CAPTURE(new_lines());
  REQUIRE(told_once);
  Lines heard = new_lines();
  heard[2] = heard[2].substr(0, 4);
  CHECK(heard == expected);
  told.courier->wake();
  std::this_thread::sleep_for(50ms);
  CHECK(new_lines().size() == 3);
}

TEST_CASE("nobody is told where the directory is changed and the settings came along") {
  Told told;
  told.set_all();
  told.start();
  told.run("backup", true);
  REQUIRE(told.all_delivered());
  const std::size_t before = told.outside.heard().size();
  told.set("directory", told.temp.path_of("elsewhere"));
  SECTION("and this one leads on") {
    REQUIRE(told.courier->lead().ok());
    told.courier->wake();
  }
  SECTION("and another one leads there") { told.courier->rest(); }
  std::this_thread::sleep_for(100ms);
  CHECK(told.outside.heard().size() == before);
}

TEST_CASE("who cannot sign leaves the position of the outbox to the next one") {
  Told told;
  told.set("webhook_url", "http://hook/token");
  told.start();
  told.courier.reset();
  told.run("drill", false);
  ::setenv("SQBACKUP_WEBHOOK_SECRET", "short", 1);
  told.courier.emplace(*told.database,
                       AlertSenders{told.outside, told.outside, told.clock, [](std::int64_t) {}}, told.pool);
  CHECK_FALSE(told.courier->lead().ok());
  told.courier.reset();
  ::unsetenv("SQBACKUP_WEBHOOK_SECRET");
  told.start();
  REQUIRE(told.all_delivered());
  CHECK(told.outside.heard() == Lines{"hook drill.failed"});
}

TEST_CASE("a first target is told from memory even where its position cannot be noted") {
  Told told;
  told.set("webhook_url", "http://hook/token");
  {
    auto catalog = Connection::open(told.place.path_of("catalog.db"), SQLITE_OPEN_READWRITE);
    REQUIRE(catalog
                ->execute("DELETE FROM meta WHERE key = 'delivered';"
                          "CREATE TRIGGER full BEFORE INSERT ON meta WHEN NEW.key = 'delivered'"
                          " BEGIN SELECT RAISE(ABORT, 'full'); END")
                .ok());
  }
  told.courier.emplace(*told.database,
                       AlertSenders{told.outside, told.outside, told.clock, [](std::int64_t) {}}, told.pool);
  CHECK_FALSE(told.courier->lead().ok());
  told.courier->backup_failed({Error::kDiskFull, "no room"});
  CHECK(eventually([&] { return told.outside.heard() == Lines{"hook backup.failed"}; }));
}

TEST_CASE("a defect while something is told does not end the host") {
  Told told;
  told.set_all();
  told.outside.throwing = true;
  told.start();
  told.run("drill", false);
  REQUIRE(eventually([&] { return told.outside.heard().size() == 2; }));
  told.outside.throwing = false;
  told.courier->wake();
  CHECK(told.all_delivered());
}

TEST_CASE("what happens after the first target is set is told, although the leader sees it later") {
  Told told;
  told.start();
  told.run("drill", false);
  told.set("webhook_url", "http://hook/token");
  told.run("prune", false);
  REQUIRE(told.courier->lead().ok());
  REQUIRE(told.all_delivered());
  CHECK(told.outside.heard() == Lines{"hook prune.failed"});
}
