// For json_snapshot.py: "dump DATABASE TEXT [EXCLUDED TABLE...]", "load TEXT DATABASE", "check TEXT",
// "replace TEXT DATABASE". Says what failed on the standard output and ends with 1.
#include <cstdio>
#include <string>
#include <vector>

#include "base/file_env.h"
#include "base/progress.h"
#include "engine/file_sink.h"
#include "engine/file_source.h"
#include "engine/json_dump.h"
#include "engine/json_load.h"
#include "engine/json_replace.h"
#include "pages/image.h"
#include "support/sqlite_api.h"

namespace {

using namespace sqbackup;

class Silence : public Progress {
 public:
  void begin_phase(const char*, std::uint64_t) override {}
  Status advance(std::uint64_t) override { return {}; }
};

Status dump(const std::vector<std::string>& words) {
  SQB_ASSIGN(auto image, open_image(words[1]));
  SQB_ASSIGN(auto file, posix_file_env().create(words[2]));
  FileSink sink(*file);
  Silence progress;
  return dump_json(image, {{words.begin() + 3, words.end()}}, sink, progress).status();
}

Status read(const std::vector<std::string>& words) {
  SQB_ASSIGN(auto file, posix_file_env().open(words[1], true));
  SQB_ASSIGN(const FileInfo info, file->info());
  FileSource source(*file, info.size);
  Silence progress;
  if (words[0] == "check") return check_json(source, progress).status();
  SQB_ASSIGN(auto database, Connection::open(words[2], SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE));
  if (words[0] == "load") return load_json(source, database, progress).status();
  return replace_from_json(source, database, {}, progress).status();
}

}  // namespace

int main(int count, char** arguments) {
  sqbackup_test::install_sqlite_api();
  const std::vector<std::string> words(arguments + 1, arguments + count);
  const Status done = words[0] == "dump" ? dump(words) : read(words);
  if (!done.ok()) std::printf("%s\n", done.to_string().c_str());
  return done.ok() ? 0 : 1;
}
