// Reads a JSON snapshot, piece by piece. The text may come from anybody: see docs/format/json.md for what is
// required of it. Whatever does not fit is kStoredBytesDamaged, in the manifest kManifestDamaged.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "format/json_lexer.h"
#include "format/json_snapshot.h"
#include "format/json_values.h"

namespace sqbackup {

class JsonSnapshotReader {
 public:
  explicit JsonSnapshotReader(ByteSource& text) : text_(text) {}

  // In this order: read_manifest(), then next_table() and its rows to the end, until there is no table.
  Status read_manifest();
  // The manifest's next table; nullptr after the last: then nothing follows, and all of the text was looked
  // at.
  Result<const SnapshotTable*> next_table();
  // The table's next row; false: there is none, and there were as many as the manifest says.
  Result<bool> next_row();

  const SnapshotManifest& manifest() const { return manifest_; }
  // The row's values as row_keys() orders them, until the next call.
  std::span<const SnapshotValue> row() const { return row_; }
  std::uint64_t offset() const { return text_.offset(); }  // how much was read

 private:
  Status end_of_table();
  Status read_row();
  Status read_key(std::size_t expected, std::size_t& index);
  Status read_value(SnapshotValue& value);
  Status read_number(SnapshotValue& value);
  Status read_tagged(SnapshotValue& value);
  Status take_bytes(SnapshotValue& value, std::size_t begin);
  Status error(const std::string& what) const;

  JsonLexer text_;
  SnapshotManifest manifest_;
  std::size_t next_table_ = 0;
  std::int64_t rows_ = 0;
  std::vector<std::string> keys_;  // as the writer writes them: `"email":`
  std::map<std::string, std::size_t> index_of_;
  std::vector<SnapshotValue> row_;
  std::vector<bool> seen_;           // which members the row had
  std::vector<std::size_t> begins_;  // where in bytes_ a value's begin
  std::string bytes_;                // of the row's texts and BLOBs
  std::string scratch_;
};

}  // namespace sqbackup
