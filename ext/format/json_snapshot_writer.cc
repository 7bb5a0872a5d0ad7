#include "format/json_snapshot_writer.h"

#include "codec/base64.h"

namespace sqbackup {
namespace {

constexpr std::size_t kFull = std::size_t{128} << 10;
constexpr std::size_t kPiece = std::size_t{48}
                               << 10;  // of long values; a multiple of 3, so that base64 has no seam

}  // namespace

Status JsonSnapshotWriter::flush() {
  SQB_TRY(out_.append(as_bytes(buffer_)));
  buffer_.clear();
  return {};
}

Status JsonSnapshotWriter::flush_if_full() { return buffer_.size() < kFull ? Status() : flush(); }

Status JsonSnapshotWriter::begin(const SnapshotManifest& manifest) {
  SQB_ASSIGN(const std::string text, manifest_text(manifest));
  buffer_.append("{\"manifest\":\n").append(text).append(",\n\"data\":{");
  return flush();
}

Status JsonSnapshotWriter::begin_table(const SnapshotTable& table) {
  buffer_.append(first_table_ ? "\n" : ",\n");
  append_json_string(buffer_, table.key);
  buffer_.append(":[");
  prefixes_.clear();
  for (const std::string& key : row_keys(table)) {
    std::string prefix(prefixes_.empty() ? "{" : ",");
    append_json_string(prefix, key);
    prefixes_.push_back(prefix + ":");
  }
  first_table_ = false;
  first_row_ = true;
  return flush_if_full();
}

Status JsonSnapshotWriter::row(std::span<const SnapshotValue> values) {
  buffer_.append(first_row_ ? "\n" : ",\n");
  first_row_ = false;
  for (std::size_t i = 0; i < values.size(); ++i) {
    buffer_.append(prefixes_[i]);
    SQB_TRY(value(values[i]));
  }
  buffer_ += '}';
  return flush_if_full();
}

Status JsonSnapshotWriter::value(const SnapshotValue& value) {
  switch (value.type) {
    case SnapshotValue::Type::kNull:
      buffer_.append("null");
      return {};
    case SnapshotValue::Type::kInteger:
      append_integer(buffer_, value.integer);
      return {};
    case SnapshotValue::Type::kReal:
      append_real(buffer_, value.real);
      return {};
    case SnapshotValue::Type::kText:
      return text(value.bytes);
    case SnapshotValue::Type::kBlob:
      return base64("$blob", value.bytes);
  }
  return {};
}

Status JsonSnapshotWriter::text(std::string_view text) {
  if (!is_utf8(text)) return base64("$text", text);
  append_json_string(buffer_, text.substr(0, kPiece));
  for (std::size_t at = kPiece; at < text.size(); at += kPiece) {
    buffer_.pop_back();  // the quote, instead of which the next piece goes on with its own
    SQB_TRY(flush_if_full());
    const std::size_t seam = buffer_.size();
    append_json_string(buffer_, text.substr(at, kPiece));
    buffer_.erase(seam, 1);
  }
  return {};
}

Status JsonSnapshotWriter::base64(std::string_view tag, std::string_view bytes) {
  buffer_.append("{\"").append(tag).append("\":\"");
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    buffer_.append(base64_encode(as_bytes(bytes.substr(at, kPiece))));
    SQB_TRY(flush_if_full());
  }
  buffer_.append("\"}");
  return {};
}

Status JsonSnapshotWriter::end_table() {
  buffer_.append("]");
  return flush_if_full();
}

Status JsonSnapshotWriter::finish() {
  buffer_.append("\n}}\n");
  return flush();
}

}  // namespace sqbackup
