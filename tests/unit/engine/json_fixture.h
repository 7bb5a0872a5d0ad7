// Snapshots in memory and databases in a directory, for the tests of JSON snapshots.
#pragma once

#include <functional>
#include <string>

#include "engine/json_dump.h"
#include "engine/json_load.h"
#include "engine/json_replace.h"
#include "pages/image.h"
#include "support/byte_streams.h"
#include "support/databases.h"
#include "support/temp_dir.h"
#include "support/test.h"
#include "support/zoo.h"

namespace sqbackup_test {

// Stops at its nth question; 0: never.
class StoppingProgress : public sqbackup::Progress {
 public:
  void begin_phase(const char*, std::uint64_t) override {}
  sqbackup::Status advance(std::uint64_t) override {
    return ++asked == stop_at ? sqbackup::Status(sqbackup::Error::kInterrupted, "stopped")
                              : sqbackup::Status();
  }
  std::uint64_t asked = 0;
  std::uint64_t stop_at = 0;
};

struct JsonFixture {
  TempDir temp;
  StoppingProgress progress;
  std::string database = temp.path_of("app.db");
  std::string copy = temp.path_of("copy.db");

  sqbackup::Status try_dump(const sqbackup::JsonDumpOptions& options, std::string& text) {
    auto image = sqbackup::Connection::open(database, SQLITE_OPEN_READWRITE);
    REQUIRE((image.ok() && image->execute("BEGIN").ok()));
    MemorySink sink;
    auto dumped = sqbackup::dump_json(*image, options, sink, progress);
    text = sink.text;
    return dumped.status();
  }

  std::string dump(const sqbackup::JsonDumpOptions& options = {}) {
    std::string text;
    const sqbackup::Status status = try_dump(options, text);
    INFO(status.to_string());
    REQUIRE(status.ok());
    return text;
  }

  sqbackup::Result<sqbackup::JsonLoaded> try_load(const std::string& text) {
    auto target = sqbackup::Connection::open(copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    REQUIRE(target.ok());
    MemorySource source(text);
    return sqbackup::load_json(source, *target, progress);
  }

  sqbackup::JsonLoaded load(const std::string& text) {
    auto loaded = try_load(text);
    INFO(loaded.status().to_string());
    REQUIRE(loaded.ok());
    return *loaded;
  }

  sqbackup::Status replace(const std::string& text, const sqbackup::JsonReplaceHooks& hooks = {}) {
    auto live = sqbackup::Connection::open(database, SQLITE_OPEN_READWRITE);
    REQUIRE(live.ok());
    MemorySource source(text);
    return sqbackup::replace_from_json(source, *live, hooks, progress).status();
  }
};

}  // namespace sqbackup_test
