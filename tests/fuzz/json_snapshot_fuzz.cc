// JSON snapshots: whatever the bytes, reading ends in rows or an error; what is read is JSON to others too,
// and can be written and read again.
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>

#include "format/json_snapshot_reader.h"
#include "format/json_snapshot_writer.h"

namespace {

using namespace sqbackup;

class Source : public ByteSource {
 public:
  explicit Source(std::string_view text) : text_(text) {}
  std::uint64_t size() const override { return text_.size(); }
  Result<std::size_t> read_at(std::uint64_t offset, ByteSpan out) override {
    if (offset >= text_.size()) return std::size_t{0};
    // Few at a time, so that everything stands at a seam once.
    const std::size_t count =
        std::min({out.size(), text_.size() - static_cast<std::size_t>(offset), std::size_t{61}});
    std::memcpy(out.data(), text_.data() + offset, count);
    return count;
  }

 private:
  std::string_view text_;
};

class Sink : public ByteSink {
 public:
  Status append(ByteView bytes) override {
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return {};
  }
  std::string text;
};

// Writes what it reads.
Status copy(std::string_view text, Sink& sink) {
  Source source(text);
  JsonSnapshotReader reader(source);
  SQB_TRY(reader.read_manifest());
  JsonSnapshotWriter writer(sink);
  SQB_TRY(writer.begin(reader.manifest()));
  while (true) {
    SQB_ASSIGN(const SnapshotTable* const table, reader.next_table());
    if (table == nullptr) return writer.finish();
    SQB_TRY(writer.begin_table(*table));
    while (true) {
      SQB_ASSIGN(const bool more, reader.next_row());
      if (!more) break;
      SQB_TRY(writer.row(reader.row()));
    }
    SQB_TRY(writer.end_table());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Sink once;
  if (!copy(text, once).ok()) return 0;
  if (!nlohmann::json::accept(text)) std::abort();
  Sink twice;
  if (!copy(once.text, twice).ok() || once.text != twice.text) std::abort();
  return 0;
}
