#include "format/json_snapshot_reader.h"

#include <charconv>
#include <limits>

#include "codec/base64.h"

namespace sqbackup {
namespace {

constexpr std::size_t kMaxEncoded = kMaxSnapshotValue / 3 * 4 + 4;  // base64 of the longest value
constexpr std::size_t kMaxKey = kMaxSnapshotManifest;

bool read_integer(std::string_view digits, std::int64_t& value) {
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return read.ec == std::errc() && read.ptr == digits.data() + digits.size();
}

Status read_name(JsonLexer& text, std::string_view wanted) {
  std::string key;
  SQB_TRY(text.string(key, kMaxKey));
  if (key != wanted) {
    return {Error::kManifestDamaged, "it is no JSON snapshot: its member '" + std::string(wanted) +
                                         "' is not where it must be, first \"manifest\", then \"data\""};
  }
  return text.expect(':');
}

}  // namespace

Status JsonSnapshotReader::error(const std::string& what) const {
  if (next_table_ == 0) return text_.error(what);
  return text_.error("table '" + manifest_.tables[next_table_ - 1].key + "': " + what);
}

Status JsonSnapshotReader::read_manifest() {
  SQB_TRY(text_.expect('{'));
  SQB_TRY(read_name(text_, "manifest"));
  auto manifest = read_manifest_object(text_);
  SQB_TRY(manifest.status());
  manifest_ = std::move(manifest).value();
  SQB_TRY(text_.expect(','));
  SQB_TRY(read_name(text_, "data"));
  return text_.expect('{');
}

Result<const SnapshotTable*> JsonSnapshotReader::next_table() {
  if (next_table_ == manifest_.tables.size()) {
    SQB_TRY(text_.expect('}'));
    SQB_TRY(text_.expect('}'));
    SQB_TRY(text_.expect_end());
    return nullptr;
  }
  if (next_table_ > 0) SQB_TRY(text_.expect(','));
  const SnapshotTable& table = manifest_.tables[next_table_];
  scratch_.clear();
  SQB_TRY(text_.string(scratch_, kMaxKey));
  if (scratch_ != table.key) {
    return text_.error("\"data\" has '" + scratch_ + "' where the manifest has table '" + table.key + "'");
  }
  SQB_TRY(text_.expect(':'));
  SQB_TRY(text_.expect('['));
  ++next_table_;
  rows_ = 0;
  keys_.clear();
  index_of_.clear();
  for (const std::string& key : row_keys(table)) {
    index_of_[key] = keys_.size();
    std::string written;
    append_json_string(written, key);
    keys_.push_back(written + ":");
  }
  row_.assign(keys_.size(), {});
  begins_.assign(keys_.size(), 0);
  return &table;
}

Result<bool> JsonSnapshotReader::next_row() {
  char next = 0;
  SQB_TRY(text_.peek(next));
  if (next == ']') {
    SQB_TRY(end_of_table());
    return false;
  }
  if (rows_ > 0) SQB_TRY(text_.expect(','));
  ++rows_;
  SQB_TRY(read_row());
  return true;
}

Status JsonSnapshotReader::end_of_table() {
  const std::int64_t expected = manifest_.tables[next_table_ - 1].rows;
  if (rows_ != expected)
    return error("it holds " + std::to_string(rows_) + " rows instead of " + std::to_string(expected));
  return text_.expect(']');
}

Status JsonSnapshotReader::read_row() {
  SQB_TRY(text_.expect('{'));
  bytes_.clear();
  seen_.assign(keys_.size(), false);
  for (std::size_t member = 0; member < keys_.size(); ++member) {
    if (member > 0) SQB_TRY(text_.expect(','));
    std::size_t index = 0;
    SQB_TRY(read_key(member, index));
    if (seen_[index]) return error("a row has two members " + keys_[index]);
    seen_[index] = true;
    begins_[index] = bytes_.size();
    SQB_TRY(read_value(row_[index]));
  }
  SQB_TRY(text_.expect('}'));                      // no other members
  for (std::size_t i = 0; i < row_.size(); ++i) {  // bytes_ stays where it is only now
    row_[i].bytes = {bytes_.data() + begins_[i], row_[i].bytes.size()};
  }
  return {};
}

// `index`: which of keys_ comes, most often the expected one.
Status JsonSnapshotReader::read_key(std::size_t expected, std::size_t& index) {
  index = expected;
  if (text_.skip_if(keys_[expected])) return {};
  scratch_.clear();
  SQB_TRY(text_.string(scratch_, kMaxKey));
  const auto found = index_of_.find(scratch_);
  if (found == index_of_.end()) return error("a row has a member '" + scratch_ + "', which is no column");
  index = found->second;
  return text_.expect(':');
}

Status JsonSnapshotReader::read_value(SnapshotValue& value) {
  char next = 0;
  SQB_TRY(text_.peek(next));
  value = {};
  switch (next) {
    case '"':
      value.type = SnapshotValue::Type::kText;
      {
        const std::size_t begin = bytes_.size();
        SQB_TRY(text_.string(bytes_, kMaxSnapshotValue));
        return take_bytes(value, begin);
      }
    case '{':
      return read_tagged(value);
    case 'n':
      return text_.literal("null");
    default:
      if (next != '-' && (next < '0' || next > '9')) return error("no value of SQLite's");
      return read_number(value);
  }
}

// What was appended to bytes_ since `begin` is the value's; for now its length alone can be kept.
Status JsonSnapshotReader::take_bytes(SnapshotValue& value, std::size_t begin) {
  value.bytes = std::string_view(bytes_).substr(begin);
  return {};
}

Status JsonSnapshotReader::read_number(SnapshotValue& value) {
  scratch_.clear();
  bool is_real = false;
  SQB_TRY(text_.number(scratch_, is_real));
  // Programs that know doubles only write -0.0 so; there is no such integer.
  if (is_real || scratch_ == "-0") {
    value.type = SnapshotValue::Type::kReal;
    const char* const end = scratch_.data() + scratch_.size();
    if (std::from_chars(scratch_.data(), end, value.real).ec != std::errc())
      return error("the number " + scratch_ + " is out of range");
    return {};
  }
  value.type = SnapshotValue::Type::kInteger;
  return read_integer(scratch_, value.integer) ? Status()
                                               : error("the number " + scratch_ + " is out of range");
}

// {"$int":"..."}, {"$real":"..."}, {"$text":"..."}, {"$blob":"..."}
Status JsonSnapshotReader::read_tagged(SnapshotValue& value) {
  SQB_TRY(text_.expect('{'));
  std::string tag;
  SQB_TRY(text_.string(tag, kMaxKey));
  SQB_TRY(text_.expect(':'));
  scratch_.clear();
  SQB_TRY(text_.string(scratch_, kMaxEncoded));
  SQB_TRY(text_.expect('}'));
  if (tag == "$int") {
    value.type = SnapshotValue::Type::kInteger;
    return read_integer(scratch_, value.integer) ? Status() : error("an $int is no integer of 64 bits");
  }
  if (tag == "$real") {
    value.type = SnapshotValue::Type::kReal;
    value.real = std::numeric_limits<double>::infinity();
    if (scratch_ == "-Infinity") value.real = -value.real;
    return scratch_ == "Infinity" || scratch_ == "-Infinity" ? Status() : error("a $real is no infinity");
  }
  if (tag != "$text" && tag != "$blob") return error("a value is an object '" + tag + "'");
  value.type = tag == "$text" ? SnapshotValue::Type::kText : SnapshotValue::Type::kBlob;
  const auto decoded = base64_decode(scratch_);
  if (!decoded) return error("a " + tag + " is no base64");
  const std::size_t begin = bytes_.size();
  bytes_.append(*decoded);
  return take_bytes(value, begin);
}

}  // namespace sqbackup
