// Reading the manifest of a JSON snapshot.
#include <algorithm>
#include <bit>
#include <charconv>
#include <functional>
#include <set>

#include "base/ascii.h"
#include "codec/base64.h"
#include "format/json_snapshot.h"

namespace sqbackup {
namespace {

constexpr std::size_t kMaxColumns = 32768;  // SQLite's limit, and the rowid

Status damaged(const std::string& what) { return {Error::kManifestDamaged, "the manifest: " + what}; }

// Calls `read` at each item of an array.
Status for_each_item(JsonLexer& text, const std::function<Status()>& read) {
  SQB_TRY(text.expect('['));
  char next = 0;
  SQB_TRY(text.peek(next));
  if (next == ']') return text.expect(']');
  while (true) {
    SQB_TRY(read());
    SQB_TRY(text.peek(next));
    if (next != ',') return text.expect(']');
    SQB_TRY(text.expect(','));
  }
}

struct Member {
  std::string_view key;
  std::function<Status()> read;
};

class ManifestReader {
 public:
  explicit ManifestReader(JsonLexer& text) : text_(text), begin_(text.offset()) {}

  Result<SnapshotManifest> read() {
    std::string format;
    SnapshotManifest& m = manifest_;
    SQB_TRY(members({{"format", [&] { return text(format); }},
                     {"version", [&] { return version(); }},
                     {"tool_version", [&] { return text(m.tool_version); }},
                     {"page_size", [&] { return integer(m.page_size); }},
                     {"encoding", [&] { return text(m.encoding); }},
                     {"auto_vacuum", [&] { return integer(m.auto_vacuum); }},
                     {"user_version", [&] { return integer(m.user_version); }},
                     {"application_id", [&] { return integer(m.application_id); }},
                     {"tables", [&] { return for_each_item(text_, [&] { return table(); }); }},
                     {"schema", [&] { return for_each_item(text_, [&] { return object(); }); }}}));
    if (format != "sqbackup-json") return damaged("its format is not sqbackup-json");
    SQB_TRY(check());
    return std::move(manifest_);
  }

 private:
  Status in_bounds() {
    if (text_.offset() - begin_ <= kMaxSnapshotManifest) return {};
    return damaged("it is longer than " + std::to_string(kMaxSnapshotManifest) + " bytes");
  }

  // Reads an object that must have all of `members`, each once. Others are skipped.
  Status members(const std::vector<Member>& wanted) {
    std::set<std::string, std::less<>> seen;
    SQB_TRY(text_.expect('{'));
    char next = 0;
    SQB_TRY(text_.peek(next));
    for (bool more = next != '}'; more;) {
      std::string key;
      SQB_TRY(text_.string(key, kMaxSnapshotManifest));
      SQB_TRY(text_.expect(':'));
      if (!seen.insert(key).second) return damaged("member '" + key + "' is there twice");
      const auto known =
          std::find_if(wanted.begin(), wanted.end(), [&](const Member& m) { return m.key == key; });
      SQB_TRY(known != wanted.end() ? known->read() : text_.skip_value());
      SQB_TRY(in_bounds());
      SQB_TRY(text_.peek(next));
      more = next == ',';
      if (more) SQB_TRY(text_.expect(','));
    }
    SQB_TRY(text_.expect('}'));
    for (const Member& member : wanted) {
      if (seen.count(member.key) == 0) return damaged("member '" + std::string(member.key) + "' is missing");
    }
    return {};
  }

  Status integer(std::int64_t& value) {
    std::string digits;
    bool is_real = false;
    SQB_TRY(text_.number(digits, is_real));
    const char* const end = digits.data() + digits.size();
    const auto read = std::from_chars(digits.data(), end, value);
    if (is_real || read.ec != std::errc() || read.ptr != end) return damaged(digits + " is no integer");
    return {};
  }

  Status version() {
    std::int64_t version = 0;
    SQB_TRY(integer(version));
    if (version == kJsonSnapshotVersion) return {};
    return damaged("its version is " + std::to_string(version) + " and this sqbackup reads version " +
                   std::to_string(kJsonSnapshotVersion) + "; update sqbackup");
  }

  // "..." or, where that could not hold the bytes, {"$text":"<base64>"}.
  Status text(std::string& value) {
    char next = 0;
    SQB_TRY(text_.peek(next));
    value.clear();
    if (next != '{') {
      return text_.string(value, kMaxSnapshotManifest);
    }
    std::string encoded;
    SQB_TRY(members({{"$text", [&] { return text_.string(encoded, kMaxSnapshotManifest); }}}));
    auto bytes = base64_decode(encoded);
    if (!bytes) return damaged("a $text is no base64");
    value = std::move(*bytes);
    return {};
  }

  Status rowid_key(std::string& key) {
    char next = 0;
    SQB_TRY(text_.peek(next));
    return next == 'n' ? text_.literal("null") : text(key);
  }

  Status table() {
    SnapshotTable& table = manifest_.tables.emplace_back();
    return members({{"key", [&] { return text(table.key); }},
                    {"name", [&] { return text(table.name); }},
                    {"rows", [&] { return integer(table.rows); }},
                    {"rowid", [&] { return rowid_key(table.rowid_key); }},
                    {"columns", [&] { return for_each_item(text_, [&] { return column(table); }); }}});
  }

  Status column(SnapshotTable& table) {
    SnapshotColumn& column = table.columns.emplace_back();
    return members({{"key", [&] { return text(column.key); }},
                    {"name", [&] { return text(column.name); }},
                    {"type", [&] { return text(column.type); }}});
  }

  Status object() {
    SnapshotObject& object = manifest_.schema.emplace_back();
    SQB_TRY(members({{"type", [&] { return text(object.type); }},
                     {"name", [&] { return text(object.name); }},
                     {"tbl_name", [&] { return text(object.table); }},
                     {"sql", [&] { return text(object.sql); }}}));
    for (const char* type : {"table", "index", "view", "trigger"}) {
      if (object.type == type) return {};
    }
    return damaged("'" + object.type + "' is no type of a schema object");
  }

  Status check_table(const SnapshotTable& table) const {
    std::set<std::string> keys;
    for (const std::string& key : row_keys(table)) {
      if (!keys.insert(key).second) return damaged("table '" + table.key + "' has two keys '" + key + "'");
    }
    if (table.columns.empty()) return damaged("table '" + table.key + "' has no columns");
    if (keys.size() > kMaxColumns) return damaged("table '" + table.key + "' has too many columns");
    if (table.rows < 0) return damaged("table '" + table.key + "' has less than no rows");
    return {};
  }

  // As SQL compares them. A trigger may be called like a table, all others share their names.
  Status check_names() const {
    std::set<std::pair<bool, std::string>> objects;
    for (const SnapshotObject& object : manifest_.schema) {
      if (!objects.emplace(object.type == "trigger", ascii_lower(object.name)).second)
        return damaged("two objects of the schema are called '" + object.name + "'");
    }
    std::set<std::string> tables;
    for (const SnapshotTable& table : manifest_.tables) {
      if (!tables.insert(ascii_lower(table.name)).second)
        return damaged("two tables are called '" + table.name + "'");
    }
    return {};
  }

  Status check() const {
    const auto page_size = static_cast<std::uint64_t>(manifest_.page_size);
    if (!std::has_single_bit(page_size) || page_size < 512 || page_size > 65536)
      return damaged("'page_size' is no page size");
    const std::string& encoding = manifest_.encoding;
    if (encoding != "UTF-8" && encoding != "UTF-16le" && encoding != "UTF-16be")
      return damaged("'encoding' is none of UTF-8, UTF-16le, UTF-16be");
    if (manifest_.auto_vacuum < 0 || manifest_.auto_vacuum > 2)
      return damaged("'auto_vacuum' is none of 0, 1, 2");
    for (const std::int64_t number : {manifest_.user_version, manifest_.application_id}) {
      if (number != static_cast<std::int32_t>(number))
        return damaged("'user_version' or 'application_id' is out of range");
    }
    SQB_TRY(check_names());
    std::set<std::string> keys;
    bool own = false;
    for (const SnapshotTable& table : manifest_.tables) {
      if (!keys.insert(table.key).second) return damaged("two tables have the key '" + table.key + "'");
      if (own && !is_sqlites_own(table.name)) return damaged("a table of SQLite itself is not at the end");
      own = is_sqlites_own(table.name);
      SQB_TRY(check_table(table));
    }
    return {};
  }

  JsonLexer& text_;
  const std::uint64_t begin_;
  SnapshotManifest manifest_;
};

}  // namespace

Result<SnapshotManifest> read_manifest_object(JsonLexer& text) { return ManifestReader(text).read(); }

}  // namespace sqbackup
