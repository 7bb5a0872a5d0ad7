// Writes a JSON snapshot, piece by piece, to a sink.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/byte_stream.h"
#include "format/json_snapshot.h"
#include "format/json_values.h"

namespace sqbackup {

class JsonSnapshotWriter {
 public:
  explicit JsonSnapshotWriter(ByteSink& out) : out_(out) {}

  // In this order: begin(), then for each table of the manifest begin_table(), its rows, end_table();
  // finish().
  Status begin(const SnapshotManifest& manifest);
  Status begin_table(const SnapshotTable& table);
  Status row(std::span<const SnapshotValue> values);  // as row_keys() orders them
  Status end_table();
  Status finish();

 private:
  Status value(const SnapshotValue& value);
  Status text(std::string_view text);
  Status base64(std::string_view tag, std::string_view bytes);
  Status flush_if_full();
  Status flush();

  ByteSink& out_;
  std::string buffer_;
  std::vector<std::string> prefixes_;  // what stands before each value of a row: `,"email":`
  bool first_table_ = true;
  bool first_row_ = true;
};

}  // namespace sqbackup
