#include "format/manifest.h"

#include <limits>

#include "codec/sha256.h"
#include "format/sealed_json.h"
#include "support/test.h"

using namespace sqbackup;

namespace {

constexpr const char* kName = "backup-2026-11-20T10-30-00-000Z.sqlite";

Manifest plain_manifest() {
  Manifest m;
  m.tool_version = "0.1.0";
  m.name = kName;
  m.database_id = "0b5c3c1e-7a58-4b5e-9b1a-0b5c3c1e7a58";
  m.database_path = "/srv/app.db";
  m.created_at = 1795170600000;
  m.trigger = "manual";
  m.actor = "app@host pid 7";
  m.format = "sqlite";
  m.page_size = 4096;
  m.page_count = 3;
  m.database_size = 12288;
  m.stored_size = 12288;
  m.sha256 = std::string(64, 'a');
  m.database_sha256 = m.sha256;
  m.sqlite_version = "3.40.1";
  m.schema_sha256 = std::string(64, '0');
  m.row_counts = true;
  m.tables = {{"users", 2, {{"id", "INTEGER"}, {"name", ""}}}, {"empty", 0, {}}};
  m.total_rows = 2;
  m.duration = 0.125;
  return m;
}

std::string written(const Manifest& manifest) {
  auto text = write_manifest(manifest);
  INFO(text.status().ok());
  REQUIRE(text.ok());
  return *text;
}

Manifest read_back(const Manifest& manifest) {
  auto read = read_manifest(written(manifest), manifest.name);
  INFO((read.ok() ? "" : read.status().message()));
  REQUIRE(read.ok());
  return *read;
}

// The members of a manifest, one to a line, without the seal's line.
std::string unsealed(const std::string& text) {
  const std::size_t seal = text.rfind(",\n  \"checksum\": \"");
  return text.substr(0, seal) + "\n}";
}

std::string resealed(const std::string& object) {
  auto text = seal_json(object);
  REQUIRE(text.ok());
  return *text;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  INFO(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

Status refusal(const std::string& text, std::string_view name = kName) {
  const auto read = read_manifest(text, name);
  REQUIRE_FALSE(read.ok());
  CHECK(read.status().is(Error::kManifestDamaged));
  CHECK(read.status().message().find('\n') == std::string::npos);
  return read.status();
}

bool says(const Status& status, const std::string& words) {
  UNSCOPED_INFO(status.message());
  return status.message().find(words) != std::string::npos;
}

// The top-level members of `unsealed` text as they begin their lines: {"version", ...}.
std::vector<std::string> member_names(const std::string& object) {
  std::vector<std::string> names;
  for (std::size_t at = 0; (at = object.find("\n  \"", at)) != std::string::npos; at += 4) {
    const std::size_t begin = at + 4;
    names.push_back(object.substr(begin, object.find('"', begin) - begin));
  }
  return names;
}

}  // namespace

TEST_CASE("a sealed manifest with any flipped bit is refused") {
  const std::string text = written(plain_manifest());
  for (std::size_t byte = 0; byte < text.size(); ++byte) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string other = text;
      other[byte] = static_cast<char>(other[byte] ^ (1 << bit));
      const auto read = read_manifest(other, kName);
      REQUIRE_FALSE(read.ok());
      REQUIRE(read.status().is(Error::kManifestDamaged));
    }
  }
}

TEST_CASE("a sealed manifest cut anywhere is refused") {
  const std::string text = written(plain_manifest());
  for (std::size_t size = 0; size < text.size(); ++size) {
    REQUIRE(read_manifest(text.substr(0, size), kName).status().is(Error::kManifestDamaged));
  }
}

TEST_CASE("a manifest edited by hand is refused, reformatted or not") {
  const std::string text = written(plain_manifest());
  CHECK(says(refusal(replaced(text, "\"page_count\": 3", "\"page_count\": 4")), "checksum does not fit"));
  CHECK(says(refusal(replaced(text, "  \"checksum\": ", "  \"checksum\":")), "edited"));
  CHECK(says(refusal(text + "\n"), "edited"));
  CHECK(says(refusal(""), "empty"));
  CHECK(says(refusal("{}\n"), "cut short"));
}

TEST_CASE("the manifest of another backup is refused") {
  CHECK(says(refusal(written(plain_manifest()), "backup-2026-11-20T10-30-00-001Z.sqlite"), "another backup"));
}

TEST_CASE("a manifest that lacks a member is refused with the member's name") {
  const std::string object = unsealed(written(plain_manifest()));
  const std::vector<std::string> names = member_names(object);
  REQUIRE(names.size() == 29);
  for (const std::string& name : names) {
    const std::string other = replaced(object, "\n  \"" + name + "\"", "\n  \"x" + name + "\"");
    CHECK(says(refusal(resealed(other)), "'" + name + "'"));
  }
  for (const std::string name : {"name", "rows", "columns", "type"}) {
    const std::size_t tables = object.find("\"tables\"");
    const std::string other =
        object.substr(0, tables) + replaced(object.substr(tables), "\"" + name + "\"", "\"x\"");
    CHECK(says(refusal(resealed(other)), name + "'"));
  }
}

TEST_CASE("a manifest with a member of the wrong type is refused with the member's name") {
  const std::string object = unsealed(written(plain_manifest()));
  for (const std::string& name : member_names(object)) {
    for (const char* value : {"[[]]", "-1.5", "\"\\u0000\""}) {
      if (name == "tool_version" || name == "database_id" || name == "database_path" || name == "actor" ||
          name == "sqlite_version" || name == "note" || name == "trigger") {
        if (std::string(value) == "\"\\u0000\"") continue;  // these take any text
      }
      const std::string moved = replaced(object, "\n  \"" + name + "\"", "\n  \"x" + name + "\"");
      const std::string other = replaced(moved, "{\n", "{\n  \"" + name + "\": " + value + ",\n");
      INFO(name << " = " << value);
      const Status status = refusal(resealed(other));
      CHECK((says(status, "'" + name + "'") || (name == "name" && says(status, "another backup"))));
    }
  }
}

TEST_CASE("a manifest with a value out of range is refused with the member's name") {
  const std::string object = unsealed(written(plain_manifest()));
  struct Edit {
    const char* from;
    const char* to;
    const char* says;
  };
  const std::string digest = "\"sha256\": \"" + std::string(64, 'a');
  const std::string upper = "\"sha256\": \"" + std::string(64, 'A');
  const std::string longer = digest + "a";
  const std::string other_digest = "\"sha256\": \"" + std::string(64, 'b');
  const Edit edits[] = {
      {"\"version\": 1", "\"version\": 0", "'version'"},
      {"\"version\": 1", "\"version\": 3", "update sqbackup"},
      {"\"version\": 1", "\"version\": 99999999999999999999", "'version'"},
      {"\"tool\": \"sqbackup\"", "\"tool\": \"other\"", "'tool'"},
      {"\"format\": \"sqlite\"", "\"format\": \"rar\"", "'format'"},
      {"\"created_at\": \"2026-11-20T", "\"created_at\": \"2026-11-20 ", "'created_at'"},
      {"\"created_at\": \"2026-11-20T", "\"created_at\": \"2026-11-31T", "'created_at'"},
      {"\"page_size\": 4096", "\"page_size\": 4095", "'page_size'"},
      {"\"page_size\": 4096", "\"page_size\": 131072", "'page_size'"},
      {"\"page_size\": 4096", "\"page_size\": 4294967296", "'page_size'"},
      {"\"page_size\": 4096", "\"page_size\": 8192", "disagree"},
      {"\"page_count\": 3", "\"page_count\": 4294967295", "'page_count' is out of range"},
      {"\"page_count\": 3", "\"page_count\": -3", "'page_count'"},
      {"\"page_count\": 3", "\"page_count\": 3.0", "'page_count'"},
      {"\"page_count\": 3", "\"page_count\": 2", "disagree"},
      {"\"database_size\": 12288", "\"database_size\": 12289", "disagree"},
      {"\"stored_size\": 12288", "\"stored_size\": 12289", "disagree"},
      {"\"change_counter\": 0", "\"change_counter\": 4294967296", "'change_counter'"},
      {"\"user_version\": 0", "\"user_version\": 9223372036854775808", "'user_version'"},
      {"\"duration\": 0.125", "\"duration\": -0.125", "'duration'"},
      {"\"total_rows\": 2", "\"total_rows\": -2", "'total_rows'"},
      {"\"rows\": 2", "\"rows\": -2", "'tables.rows'"},
      {"\"rows\": 2", "\"rows\": 9223372036854775808", "'tables.rows'"},
      {"\"warnings\": []", "\"warnings\": [1]", "'warnings'"},
      {"\"labels\": null", "\"labels\": []", "'labels'"},
      {digest.c_str(), upper.c_str(), "'sha256' is no hash"},
      {digest.c_str(), longer.c_str(), "'sha256' is no hash"},
      {digest.c_str(), other_digest.c_str(), "disagree"},
  };
  for (const Edit& edit : edits) {
    INFO(edit.from << " -> " << edit.to);
    CHECK(says(refusal(resealed(replaced(object, edit.from, edit.to))), edit.says));
  }
}

TEST_CASE("sealed text that is hostile is refused without harm") {
  const std::string deep = "{\n\"a\":" + std::string(100000, '[') + std::string(100000, ']') + "\n}";
  CHECK(says(refusal(resealed(deep)), "too deep"));
  std::string wide = "{\n";
  for (int i = 0; i < 200000; ++i) wide += "\"" + std::to_string(i) + "\":0,";
  CHECK(says(refusal(resealed(wide + "\"x\":0\n}")), "too many members"));
  CHECK(says(refusal(resealed("{\n  \"a\": \"\xff\"\n}")), "not valid JSON"));
  CHECK(says(refusal(resealed("{\n  \"a\": 1e999\n}")), "not valid JSON"));
  CHECK(says(refusal(resealed("{\n  \"a\": 1,\n}")), "not valid JSON"));
  CHECK(says(refusal(resealed("{\n} {\n}")), "not valid JSON"));
}

TEST_CASE("a manifest comes back as it was written, nasty values included") {
  Manifest m = plain_manifest();
  m.database_path = "/a b/\"quoted\"\\\n\t\x01/\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80.db";
  m.note = std::string("nul \0 inside", 12);
  m.labels = R"({"env":"prod","app":"x","nested":{"b":[1,2.5,null,true],"a":"\"]}"}})";
  m.actor = "";
  m.created_at = -1;
  m.user_version = std::numeric_limits<std::int64_t>::min();
  m.application_id = std::numeric_limits<std::int64_t>::max();
  m.change_counter = std::numeric_limits<std::uint32_t>::max();
  m.page_size = 65536;
  m.page_count = 0xfffffffe;
  m.database_size = m.stored_size = 65536 * m.page_count;
  m.tables = {{"", std::numeric_limits<std::int64_t>::max(), {}}, {"\"", std::nullopt, {{"'", "["}}}};
  m.total_rows = std::nullopt;
  m.pinned = true;
  m.row_counts = false;
  m.schema_sha256 = "";
  m.duration = 1e-9;

  const Manifest r = read_back(m);
  CHECK(r.tool_version == m.tool_version);
  CHECK(r.name == m.name);
  CHECK(r.database_id == m.database_id);
  CHECK(r.database_path == m.database_path);
  CHECK(r.created_at == m.created_at);
  CHECK(r.trigger == m.trigger);
  CHECK(r.actor == m.actor);
  CHECK(r.format == m.format);
  CHECK(r.page_size == m.page_size);
  CHECK(r.page_count == m.page_count);
  CHECK(r.database_size == m.database_size);
  CHECK(r.stored_size == m.stored_size);
  CHECK(r.sha256 == m.sha256);
  CHECK(r.database_sha256 == m.database_sha256);
  CHECK(r.sqlite_version == m.sqlite_version);
  CHECK(r.user_version == m.user_version);
  CHECK(r.application_id == m.application_id);
  CHECK(r.change_counter == m.change_counter);
  CHECK(r.schema_sha256 == m.schema_sha256);
  CHECK(r.row_counts == m.row_counts);
  REQUIRE(r.tables.size() == 2);
  CHECK(r.tables[0].name.empty());
  CHECK(r.tables[0].rows == m.tables[0].rows);
  CHECK(r.tables[1].name == "\"");
  CHECK_FALSE(r.tables[1].rows.has_value());
  REQUIRE(r.tables[1].columns.size() == 1);
  CHECK(r.tables[1].columns[0].name == "'");
  CHECK(r.tables[1].columns[0].type == "[");
  CHECK_FALSE(r.total_rows.has_value());
  CHECK(r.note == m.note);
  CHECK(r.labels == m.labels);
  CHECK(r.pinned);
  CHECK(r.duration == m.duration);
  CHECK(written(r) == written(m));
}

TEST_CASE("a manifest's members stand in their documented order") {
  CHECK(member_names(unsealed(written(plain_manifest()))) ==
        std::vector<std::string>{
            "version",        "tool",           "tool_version",  "name",        "database_id",
            "database_path",  "created_at",     "trigger",       "actor",       "format",
            "page_size",      "page_count",     "database_size", "stored_size", "sha256",
            "sqlite_version", "change_counter", "pinned",        "duration",    "database_sha256",
            "user_version",   "application_id", "schema_sha256", "row_counts",  "tables",
            "total_rows",     "note",           "labels",        "warnings"});
}

namespace {

Manifest encrypted_manifest() {
  Manifest m = plain_manifest();
  m.format = "zstd";
  m.stored_size = 4711;
  m.sha256 = std::string(64, 'b');
  m.note = "the note";
  m.labels = R"({"release":42})";
  m.warnings = {"something about a table"};
  m.encryption = Encryption{{"age1abc", "age1def"}};
  m.secret = "c2VjcmV0";
  return m;
}

}  // namespace

TEST_CASE("the manifest of an encrypted backup tells nothing of its content in the open") {
  const Manifest m = encrypted_manifest();
  const std::string text = written(m);
  for (const char* content : {"users", "the note", "release", "about a table", "rows", "application_id"}) {
    INFO(content);
    CHECK(text.find(content) == std::string::npos);
  }
  CHECK(text.find(m.database_sha256) == std::string::npos);
  CHECK(text.find(m.schema_sha256) == std::string::npos);
  auto read = read_manifest(text, m.name);
  REQUIRE(read.ok());
  REQUIRE(read->encryption.has_value());
  CHECK(read->encryption->recipients == m.encryption->recipients);
  CHECK(read->secret == m.secret);
  CHECK_FALSE(read->knows_content());
  CHECK(read->tables.empty());

  REQUIRE(read_secret(*secret_of(m), *read).ok());
  CHECK(read->knows_content());
  CHECK(read->note == m.note);
  CHECK(read->labels == m.labels);
  CHECK(read->tables.size() == 2);
  CHECK(read->database_sha256 == m.database_sha256);
  CHECK(read->warnings == m.warnings);
}

TEST_CASE("the encrypted part of a manifest is checked like the open one") {
  const Manifest m = encrypted_manifest();
  Manifest read = *read_manifest(written(m), m.name);
  const std::string secret = *secret_of(m);
  for (const std::string& bad : {std::string("{}"), std::string("[]"), std::string(), secret.substr(5),
                                 replaced(secret, m.database_sha256, "x"), replaced(secret, "[", "7")}) {
    CAPTURE(bad);
    CHECK(read_secret(bad, read).is(Error::kManifestDamaged));
    CHECK_FALSE(read.knows_content());
  }
  for (const auto& [from, to] : {std::pair("\"encryption\"", "\"other\""),
                                 {"\"secret\"", "\"other\""},
                                 {"\"age\"", "\"rot13\""},
                                 {"c2VjcmV0", "c2VjcmV"},
                                 {"c2VjcmV0", ""}}) {
    CAPTURE(from, to);
    CHECK(read_manifest(resealed(replaced(unsealed(written(m)), from, to)), m.name)
              .status()
              .is(Error::kManifestDamaged));
  }
}

TEST_CASE("the marks of an encrypted backup keep note and labels secret") {
  Marks marks = {.pinned = true, .note = "the note", .labels = R"({"release":42})"};
  const std::string secret = *secret_of(marks);
  marks.secret = "c2VjcmV0";
  const std::string text = *write_marks(marks);
  CHECK(text.find("note") == std::string::npos);
  CHECK(text.find("release") == std::string::npos);
  auto read = read_marks(text);
  REQUIRE(read.ok());
  CHECK(read->pinned);
  CHECK(read->secret == marks.secret);
  CHECK(read->note.empty());
  REQUIRE(read_secret(secret, *read).ok());
  CHECK(read->note == marks.note);
  CHECK(read->labels == marks.labels);
  CHECK(read_secret("{}", *read).is(Error::kManifestDamaged));
}

TEST_CASE("text that is no UTF-8 is written with replacement characters") {
  Manifest m = plain_manifest();
  m.tables[0].name = "t\xff";
  m.note = "\xc3";
  m.warnings = {"bad \xed\xa0\x80"};
  const Manifest r = read_back(m);
  CHECK(r.tables[0].name == "t\xef\xbf\xbd");
  CHECK(r.note == "\xef\xbf\xbd");
  CHECK(r.warnings[0].find("\xef\xbf\xbd") != std::string::npos);
}

TEST_CASE("the manifest of an empty database and that of an unreadable file can be read again") {
  Manifest empty = plain_manifest();
  empty.page_size = 0;
  empty.page_count = empty.database_size = empty.stored_size = 0;
  empty.tables.clear();
  CHECK(read_back(empty).database_size == 0);

  Manifest salvaged = plain_manifest();
  salvaged.page_size = 0;
  salvaged.page_count = 0;
  salvaged.database_size = salvaged.stored_size = 12345;
  salvaged.warnings = {"file is not a database"};
  CHECK(read_back(salvaged).warnings == salvaged.warnings);
  salvaged.warnings.clear();
  CHECK(write_manifest(salvaged).status().is(Error::kInternal));
}

TEST_CASE("a duration that is no number is written as zero") {
  Manifest m = plain_manifest();
  for (const double duration :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(), -1.0}) {
    m.duration = duration;
    CHECK(read_back(m).duration == 0);
  }
}

TEST_CASE("a member that is not known is ignored") {
  const std::string object = unsealed(written(plain_manifest()));
  CHECK(read_manifest(resealed(replaced(object, "{\n", "{\n  \"later\": {\"x\": [1]},\n")), kName).ok());
}

TEST_CASE("labels that are no JSON object are refused when written") {
  for (const std::string& labels :
       {std::string("x"), std::string("[]"), std::string("{"), std::string("null"),
        std::string("{\"a\":\"\xff\"}"), "{\"a\":" + std::string(5000, '[')}) {
    INFO(labels);
    Manifest m = plain_manifest();
    m.labels = labels;
    CHECK(write_manifest(m).status().is(Error::kBadOption));
    CHECK(write_marks({.pinned = false, .note = "", .labels = labels}).status().is(Error::kBadOption));
  }
}

TEST_CASE("labels that may be written can be read, at the bounds too") {
  Manifest m = plain_manifest();
  for (int levels = 1; levels < 100; ++levels) {
    m.labels = "{\"a\":" + std::string(static_cast<std::size_t>(levels), '[') +
               std::string(static_cast<std::size_t>(levels), ']') + "}";
    const auto text = write_manifest(m);
    INFO(levels);
    if (text.ok()) CHECK(read_manifest(*text, kName).ok());
    if (levels < 30) CHECK(text.ok());
    if (levels > 70) CHECK(text.status().is(Error::kBadOption));
  }
}

TEST_CASE("marks come back as they were written") {
  const Marks marks = {.pinned = true, .note = "before \"v42\"\n", .labels = R"({"b":1,"a":"2"})"};
  const auto text = write_marks(marks);
  REQUIRE(text.ok());
  const auto read = read_marks(*text);
  REQUIRE(read.ok());
  CHECK(read->pinned);
  CHECK(read->note == marks.note);
  CHECK(read->labels == marks.labels);

  const auto none = read_marks(*write_marks(Marks{}));
  REQUIRE(none.ok());
  CHECK_FALSE(none->pinned);
  CHECK(none->note.empty());
  CHECK(none->labels.empty());
}

TEST_CASE("marks with any flipped bit, cut, or without a member are refused") {
  const std::string text = *write_marks({.pinned = true, .note = "n", .labels = "{}"});
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string other = text;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ (1 << (bit % 8)));
    REQUIRE(read_marks(other).status().is(Error::kManifestDamaged));
    REQUIRE(read_marks(text.substr(0, bit / 8)).status().is(Error::kManifestDamaged));
  }
  for (const std::string name : {"version", "pinned", "note", "labels"}) {
    const std::string other = replaced(unsealed(text), "\"" + name + "\"", "\"x\"");
    CHECK(says(read_marks(resealed(other)).status(), "'" + name + "'"));
  }
  CHECK(says(read_marks(resealed(replaced(unsealed(text), "\"version\": 1", "\"version\": 3"))).status(),
             "update sqbackup"));
}
