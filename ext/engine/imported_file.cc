#include "engine/imported_file.h"

#include <algorithm>
#include <array>

#include "base/progress.h"
#include "codec/zstd_stream.h"
#include "engine/stored_image.h"
#include "pages/connection.h"
#include "pages/main_file.h"

namespace sqbackup {
namespace {

using Head = std::array<std::uint8_t, kSqliteHeaderSize>;

// Read through SQLite: the file may be open as a database in this process, and closing a descriptor of our
// own would drop the locks on it.
std::optional<Head> read_head(const std::string& path) {
  auto connection = Connection::open(path, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOFOLLOW);
  if (!connection.ok()) return std::nullopt;
  auto file = MainFile::of(*connection);
  if (!file.ok()) return std::nullopt;
  Head head{};
  if (!file->read(0, head).ok()) return std::nullopt;
  return head;
}

// Takes the beginning of what is decompressed, and no more.
class HeadSink : public ByteSink {
 public:
  Status append(ByteView bytes) override {
    const std::size_t count = std::min(bytes.size(), head.size() - size);
    std::copy_n(bytes.begin(), count, head.begin() + static_cast<std::ptrdiff_t>(size));
    size += count;
    return size < head.size() ? Status() : Status(Error::kInterrupted, "that was enough");
  }
  Head head{};
  std::size_t size = 0;
};

class Silent : public Progress {
 public:
  void begin_phase(const char*, std::uint64_t) override {}
  Status advance(std::uint64_t) override { return {}; }
};

std::optional<Head> decompressed_head(FileEnv& files, const std::string& path) {
  auto file = open_source(files, path);
  if (!file.ok()) return std::nullopt;
  HeadSink sink;
  Silent silent;
  static_cast<void>(zstd_decompress_stream(**file, sink, silent));
  return sink.size < sink.head.size() ? std::nullopt : std::optional(sink.head);
}

std::optional<ImportedFile> look_at_content(const Head& head, bool compressed) {
  if (begins_as_json_snapshot(head)) return ImportedFile{compressed ? "json+zstd" : "json", std::nullopt};
  if (const auto header = parse_sqlite_header(head))
    return ImportedFile{compressed ? "zstd" : "sqlite", *header};
  return std::nullopt;
}

}  // namespace

bool begins_as_zstd(ByteView head) {
  constexpr std::uint32_t kFrame = 0xFD2FB528;
  constexpr std::uint32_t kSkippable = 0x184D2A50;  // to ...5F
  if (head.size() < 4) return false;
  const std::uint32_t magic = read_le32(head.data());
  return magic == kFrame || (magic & ~0xfU) == kSkippable;
}

bool begins_as_age(ByteView head) {
  constexpr std::string_view kIntro = "age-encryption.org/";
  return std::string_view(reinterpret_cast<const char*>(head.data()), head.size()).starts_with(kIntro);
}

std::optional<ImportedFile> look_at_imported(FileEnv& files, const std::string& path) {
  const auto head = read_head(path);
  if (!head) return std::nullopt;
  if (begins_as_age(*head) && path.ends_with(".age"))
    return ImportedFile{format_of(form_of_name(path)), std::nullopt};
  if (!begins_as_zstd(*head)) return look_at_content(*head, /*compressed=*/false);
  const auto content = decompressed_head(files, path);
  return content ? look_at_content(*content, /*compressed=*/true) : std::nullopt;
}

bool begins_as_json_snapshot(ByteView head) {
  constexpr std::string_view kBeginning = R"({"manifest":{"format":"sqbackup-json")";
  std::size_t at = 0;
  for (const std::uint8_t byte : head) {
    if (byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n') continue;
    if (byte != static_cast<std::uint8_t>(kBeginning[at])) return false;
    if (++at == kBeginning.size()) return true;
  }
  return false;
}

}  // namespace sqbackup
