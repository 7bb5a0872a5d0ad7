#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "format/json_snapshot_reader.h"
#include "format/json_snapshot_writer.h"
#include "support/byte_streams.h"
#include "support/test.h"

using namespace sqbackup;
using namespace sqbackup_test;

namespace {

using Type = SnapshotValue::Type;

SnapshotValue integer(std::int64_t value) { return {Type::kInteger, value, 0, {}}; }
SnapshotValue real(double value) { return {Type::kReal, 0, value, {}}; }
SnapshotValue text(std::string_view value) { return {Type::kText, 0, 0, value}; }
SnapshotValue blob(std::string_view value) { return {Type::kBlob, 0, 0, value}; }

bool same(const SnapshotValue& a, const SnapshotValue& b) {
  return a.type == b.type && a.integer == b.integer && a.bytes == b.bytes &&
         std::bit_cast<std::uint64_t>(a.real) == std::bit_cast<std::uint64_t>(b.real);
}

SnapshotManifest manifest_of(std::int64_t rows) {
  SnapshotManifest manifest;
  manifest.tool_version = "0.1.0";
  SnapshotTable table;
  table.name = table.key = "t";
  table.rowid_key = "rowid";
  table.rows = rows;
  table.columns = {{"a", "a", "INTEGER"}, {"b \"q\"", "b \"q\"", ""}};
  manifest.tables = {table};
  manifest.schema = {{"table", "t", "t", "CREATE TABLE t(a INTEGER, \"b \"\"q\"\"\")"}};
  return manifest;
}

// One table of one column, a value a row.
std::string written(const std::vector<SnapshotValue>& values) {
  SnapshotManifest manifest = manifest_of(static_cast<std::int64_t>(values.size()));
  manifest.tables[0].rowid_key.clear();
  manifest.tables[0].columns.resize(1);
  MemorySink sink;
  JsonSnapshotWriter writer(sink);
  REQUIRE(writer.begin(manifest).ok());
  REQUIRE(writer.begin_table(manifest.tables[0]).ok());
  for (const SnapshotValue& value : values) REQUIRE(writer.row(std::span(&value, 1)).ok());
  REQUIRE(writer.end_table().ok());
  REQUIRE(writer.finish().ok());
  return sink.text;
}

// Reads all of it; what there is to know about each row goes to `row`.
Status read_all(ByteSource& source, const std::function<void(std::span<const SnapshotValue>)>& row) {
  JsonSnapshotReader reader(source);
  SQB_TRY(reader.read_manifest());
  while (true) {
    SQB_ASSIGN(const SnapshotTable* const table, reader.next_table());
    if (table == nullptr) return {};
    while (true) {
      SQB_ASSIGN(const bool more, reader.next_row());
      if (!more) break;
      row(reader.row());
    }
  }
}

Status read_all(const std::string& json) {
  MemorySource source(json);
  return read_all(source, [](auto) {});
}

void check_round_trip(const std::vector<SnapshotValue>& values, std::size_t piece) {
  MemorySource source(written(values));
  source.piece = piece;
  std::size_t at = 0;
  const Status status = read_all(source, [&](std::span<const SnapshotValue> row) {
    INFO(at);
    REQUIRE(same(row[0], values[at++]));
  });
  INFO(status.to_string());
  REQUIRE(status.ok());
  REQUIRE(at == values.size());
}

// A snapshot of one table with two rows, to be damaged.
std::string small() {
  const SnapshotManifest manifest = manifest_of(2);
  MemorySink sink;
  JsonSnapshotWriter writer(sink);
  REQUIRE(writer.begin(manifest).ok());
  REQUIRE(writer.begin_table(manifest.tables[0]).ok());
  const std::vector<SnapshotValue> first = {integer(1), integer(INT64_MAX),
                                            text("\xc3\xa9\n\xf0\x9f\x98\x80")};
  const std::vector<SnapshotValue> second = {integer(7), real(-0.5), blob(std::string_view("\0\xff", 2))};
  REQUIRE(writer.row(first).ok());
  REQUIRE(writer.row(second).ok());
  REQUIRE(writer.end_table().ok());
  REQUIRE(writer.finish().ok());
  return sink.text;
}

std::string with(std::string json, std::string_view old, std::string_view replacement) {
  const std::size_t at = json.find(old);
  INFO(old);
  REQUIRE(at != std::string::npos);
  return json.replace(at, old.size(), replacement);
}

Status lex(const std::string& json) {
  MemorySource source(json);
  JsonLexer lexer(source);
  SQB_TRY(lexer.skip_value());
  return lexer.expect_end();
}

}  // namespace

TEST_CASE("each value of SQLite has its form in JSON") {
  const auto form = [](const SnapshotValue& value) {
    const std::string json = written({value});
    const std::string_view before = "\"t\":[\n{\"a\":";
    const std::size_t begin = json.find(before) + before.size();
    return json.substr(begin, json.rfind("}]") - begin);
  };
  CHECK(form({}) == "null");
  CHECK(form(integer(-5)) == "-5");
  CHECK(form(integer(9007199254740991)) == "9007199254740991");
  CHECK(form(integer(9007199254740992)) == R"({"$int":"9007199254740992"})");
  CHECK(form(integer(-9007199254740992)) == R"({"$int":"-9007199254740992"})");
  CHECK(form(integer(INT64_MIN)) == R"({"$int":"-9223372036854775808"})");
  CHECK(form(real(5)) == "5.0");
  CHECK(form(real(-0.0)) == "-0.0");
  CHECK(form(real(0.1)) == "0.1");
  CHECK(form(real(1e300)) == "1e+300");
  CHECK(form(real(HUGE_VAL)) == R"({"$real":"Infinity"})");
  CHECK(form(real(-HUGE_VAL)) == R"({"$real":"-Infinity"})");
  CHECK(form(text("")) == R"("")");
  CHECK(form(text("a\"\\/\n\r\t\b\f\x1f\x7f\xc3\xa9")) == R"("a\"\\/\n\r\t\b\f\u001f)"
                                                          "\x7f\xc3\xa9\"");
  CHECK(form(text(std::string_view("\0x", 2))) == R"("\u0000x")");
  CHECK(form(text("\xff")) == R"({"$text":"/w=="})");
  CHECK(form(text("\xed\xa0\x80")) == R"({"$text":"7aCA"})");  // a surrogate is no UTF-8
  CHECK(form(blob("")) == R"({"$blob":""})");
  CHECK(form(blob("abc")) == R"({"$blob":"YWJj"})");
}

TEST_CASE("what is written is read, whatever the pieces in which it comes") {
  std::mt19937_64 random(7);
  std::vector<std::string> kept;
  kept.reserve(1000);
  std::vector<SnapshotValue> values = {{},
                                       integer(0),
                                       integer(INT64_MAX),
                                       integer(INT64_MIN),
                                       real(0.0),
                                       real(-0.0),
                                       real(std::numeric_limits<double>::denorm_min()),
                                       real(std::numeric_limits<double>::max()),
                                       real(HUGE_VAL),
                                       real(-HUGE_VAL),
                                       text("\xf4\x8f\xbf\xbf"),
                                       text("{\"$blob\":\"YQ==\"}")};
  for (int i = 0; i < 1000; ++i) {
    const double number = std::bit_cast<double>(random());
    if (!std::isnan(number)) values.push_back(real(number));
    values.push_back(integer(static_cast<std::int64_t>(random()) >> (random() % 64)));
    std::string bytes(random() % 40, '\0');
    for (char& c : bytes) c = static_cast<char>(random() % (i % 2 == 0 ? 256 : 128));
    kept.push_back(bytes);
    values.push_back(i % 3 == 0 ? blob(kept.back()) : text(kept.back()));
  }
  check_round_trip(values, SIZE_MAX);
  check_round_trip(values, 1);
  check_round_trip(values, 7);
}

TEST_CASE("long texts and BLOBs are written in pieces without a seam") {
  std::string plain(300000, 'x');
  for (std::size_t i = 0; i < plain.size(); i += 997) plain[i] = '\n';
  std::string wide;
  while (wide.size() < 200001) wide += "\xe2\x82\xac";
  std::string bytes = "\xff" + plain;
  for (std::size_t size = 48 * 1024 - 3; size <= 48 * 1024 + 3; ++size) {
    check_round_trip(
        {text(std::string_view(plain).substr(0, size)), text(std::string_view(wide).substr(0, size / 3 * 3)),
         text(std::string_view(bytes).substr(0, size)), blob(std::string_view(plain).substr(0, size))},
        SIZE_MAX);
  }
  check_round_trip({text(plain), text(wide), text(bytes), blob(plain)}, 1000);
}

TEST_CASE("a snapshot that is cut anywhere is refused") {
  const std::string whole = small();
  REQUIRE(read_all(whole).ok());
  REQUIRE(whole.ends_with("}}\n"));
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    const Status status = read_all(whole.substr(0, size));
    INFO(size);
    REQUIRE((status.is(Error::kStoredBytesDamaged) || status.is(Error::kManifestDamaged)));
  }
  CHECK(read_all(whole + "{}").is(Error::kStoredBytesDamaged));
  CHECK(read_all(whole + std::string(1, '\0')).is(Error::kStoredBytesDamaged));
  CHECK(read_all(whole + " \n").ok());
}

TEST_CASE("whatever byte is changed, what is still read is JSON") {
  constexpr std::array kBytes = {'\0', '"', '\\', '{', '}', '[', ']', ':',    ',',   '0',
                                 '-',  '.', 'e',  'n', 'u', '$', ' ', '\x80', '\xff'};
  const std::string whole = small();
  std::size_t accepted = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const char c : kBytes) {
      std::string other = whole;
      other[at] = c;
      const Status status = read_all(other);
      INFO(other);
      if (status.ok()) {
        ++accepted;
        REQUIRE(nlohmann::json::accept(other));
      } else {
        REQUIRE((status.is(Error::kStoredBytesDamaged) || status.is(Error::kManifestDamaged)));
      }
    }
  }
  CHECK(accepted > 0);
}

TEST_CASE("the lexer takes what another parser of JSON takes") {
  for (const char* json : {"0",
                           "-0",
                           "1",
                           "-1",
                           "01",
                           "-",
                           "+1",
                           "1.",
                           ".5",
                           "1.5",
                           "1e5",
                           "1E+5",
                           "1e-5",
                           "1e",
                           "1e+",
                           "0x1",
                           "00",
                           "\"\"",
                           "\"a\"",
                           "\"",
                           "\"\\\"",
                           "\"\\u00e9\"",
                           "\"\\u00E9\"",
                           "\"\\u00g0\"",
                           "\"\\u12\"",
                           "\"\\ud83d\\ude00\"",
                           "\"\\ud83d\"",
                           "\"\\ude00\"",
                           "\"\\ud83dx\"",
                           "\"\\ud83d\\n\"",
                           "\"\\ud83d\\u0041\"",
                           "\"\\x\"",
                           "\"\\/\"",
                           "\"\t\"",
                           "\"\x7f\"",
                           "\"\xc3\xa9\"",
                           "\"\xc3\"",
                           "\"\xc0\x80\"",
                           "\"\xed\xa0\x80\"",
                           "\"\xf4\x90\x80\x80\"",
                           "{}",
                           "{ }",
                           "[]",
                           "[ ]",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "{\"a\":1}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,\"b\":[true,false,null,{}]}",
                           "tru",
                           "True",
                           "nul",
                           "null",
                           "",
                           " ",
                           " null ",
                           "null null",
                           "]",
                           "}",
                           "[1}",
                           "{]",
                           "\xef\xbb\xbf",
                           "/*c*/1",
                           "[\"a\\u0000b\"]",
                           "\v1",
                           "NaN",
                           "Infinity",
                           "'a'"}) {
    INFO(json);
    CHECK(lex(json).ok() == nlohmann::json::accept(json));
  }
  CHECK(lex(std::string(64, '[') + std::string(64, ']')).ok());
  CHECK(lex(std::string(65, '[') + std::string(65, ']')).is(Error::kStoredBytesDamaged));
  CHECK(lex(std::string(1000000, '[')).is(Error::kStoredBytesDamaged));
}

TEST_CASE("what is wrong with a manifest is said") {
  const std::string whole = small();
  const auto message = [&](std::string_view old, std::string_view replacement) {
    const Status status = read_all(with(whole, old, replacement));
    REQUIRE(status.is(Error::kManifestDamaged));
    return status.message();
  };
  CHECK_THAT(message("\"version\":1", "\"version\":2"),
             Catch::Contains("its version is 2") && Catch::Contains("update"));
  CHECK_THAT(message("\"version\":1", "\"version\":1.0"), Catch::Contains("1.0 is no integer"));
  CHECK_THAT(message("sqbackup-json", "other"), Catch::Contains("format is not sqbackup-json"));
  CHECK_THAT(message("\"manifest\"", "\"data\""), Catch::Contains("no JSON snapshot"));
  CHECK_THAT(message("\"page_size\":4096", "\"page_size\":4095"), Catch::Contains("'page_size'"));
  CHECK_THAT(message("\"page_size\":4096,", ""), Catch::Contains("'page_size' is missing"));
  CHECK_THAT(message("\"page_size\":4096", "\"encoding\":\"x\""),
             Catch::Contains("'encoding' is there twice"));
  CHECK_THAT(message("\"UTF-8\"", "\"UTF-9\""), Catch::Contains("'encoding'"));
  CHECK_THAT(message("\"UTF-8\"", "{\"$text\":\"????\"}"), Catch::Contains("no base64"));
  CHECK_THAT(message("\"auto_vacuum\":0", "\"auto_vacuum\":3"), Catch::Contains("'auto_vacuum'"));
  CHECK_THAT(message("\"user_version\":0", "\"user_version\":2147483648"), Catch::Contains("'user_version'"));
  CHECK_THAT(message("\"type\":\"table\"", "\"type\":\"x\""), Catch::Contains("'x' is no type"));
  CHECK_THAT(message("\"rows\":2", "\"rows\":-2"), Catch::Contains("less than no rows"));
  CHECK_THAT(message("\"rows\":2", "\"rows\":99999999999999999999"), Catch::Contains("no integer"));
  CHECK_THAT(message("\"rowid\":\"rowid\"", "\"rowid\":\"a\""), Catch::Contains("two keys 'a'"));
  CHECK_THAT(message("\"columns\":[", "\"columns\":[],\"x\":["), Catch::Contains("no columns"));
}

TEST_CASE("unknown members of a manifest are for later versions") {
  CHECK(read_all(with(small(), "\"version\":1", "\"version\":1,\"later\":{\"a\":[1,{\"b\":null}]}")).ok());
}

TEST_CASE("what is wrong with the data is said, with its place") {
  const std::string whole = small();
  const auto message = [&](std::string_view old, std::string_view replacement) {
    const Status status = read_all(with(whole, old, replacement));
    REQUIRE(status.is(Error::kStoredBytesDamaged));
    CHECK_THAT(status.message(), Catch::Contains(" at byte "));
    return status.message();
  };
  CHECK_THAT(message("\"t\":[", "\"u\":["), Catch::Contains("has 'u' where the manifest has table 't'"));
  CHECK_THAT(message("\"rows\":2", "\"rows\":3"), Catch::Contains("2 rows instead of 3"));
  CHECK_THAT(message("\"rows\":2", "\"rows\":1"), Catch::Contains("2 rows instead of 1"));
  CHECK_THAT(message("{\"rowid\":1,", "{"), Catch::Contains("no ','"));
  CHECK_THAT(message("{\"rowid\":1,\"a\"", "{\"a\":1,\"a\""), Catch::Contains("two members"));
  CHECK_THAT(message("{\"rowid\":1,", "{\"x\":1,"), Catch::Contains("'x', which is no column"));
  CHECK_THAT(message("{\"rowid\":1,", "{\"rowid\":1,\"x\":2,"), Catch::Contains("'x', which is no column"));
  CHECK_THAT(message("-0.5,", "true,"), Catch::Contains("no value of SQLite's"));
  CHECK_THAT(message("-0.5,", "[1],"), Catch::Contains("no value of SQLite's"));
  CHECK_THAT(message("-0.5,", "1e999,"), Catch::Contains("out of range"));
  CHECK_THAT(message("-0.5,", "9223372036854775808,"), Catch::Contains("out of range"));
  CHECK_THAT(message("9223372036854775807", "9223372036854775808"), Catch::Contains("no integer of 64 bits"));
  CHECK_THAT(message("9223372036854775807", "1.5"), Catch::Contains("no integer of 64 bits"));
  CHECK_THAT(message("\"$int\":", "\"$integer\":"), Catch::Contains("an object '$integer'"));
  CHECK_THAT(message("\"$int\":\"9223372036854775807\"", "\"$real\":\"NaN\""),
             Catch::Contains("no infinity"));
  CHECK_THAT(message("\"AP8=\"", "\"AP8\""), Catch::Contains("no base64"));
  CHECK_THAT(message("\"AP8=\"", "\"AP8=\",\"x\":1"), Catch::Contains("no '}'"));
  CHECK_THAT(message("}]\n}}", "}],\"u\":[]}}"), Catch::Contains("no '}'"));
}

TEST_CASE("members of a row may come in any order, and numbers as other programs write them") {
  std::string json = with(small(), "{\"rowid\":7,\"a\":-0.5,", "{ \"a\" : -0 ,\t\"rowid\":\r7,");
  std::vector<SnapshotValue> last;
  MemorySource source(json);
  REQUIRE(read_all(source, [&](auto row) { last.assign(row.begin(), row.end()); }).ok());
  CHECK(last[0].integer == 7);
  CHECK(same(last[1], real(-0.0)));
}

TEST_CASE("names of any bytes have keys that no other name has") {
  std::vector<SnapshotTable> tables(3);
  tables[0].name = "\xff";
  tables[1].name = "$text:/w==";
  tables[2].name = "plain";
  tables[2].columns = {{"$text:/w=='", {}, ""}, {"\xff", {}, ""}, {"$text:/w==", {}, ""}};
  assign_keys(tables);
  CHECK(tables[0].key == "$text:/w=='");
  CHECK(tables[1].key == "$text:/w==");
  CHECK(tables[2].columns[0].key == "$text:/w=='");
  CHECK(tables[2].columns[1].key == "$text:/w==''");
  CHECK(tables[2].columns[2].key == "$text:/w==");

  SnapshotManifest manifest;
  manifest.tables = {tables[0]};
  manifest.tables[0].columns = {{"a\xff", "k", "t\xff"}};
  manifest.schema = {{"table", "\xff", "\xff", "CREATE TABLE \"\xff\"(a)"}};
  auto text_of_it = manifest_text(manifest);
  REQUIRE(text_of_it.ok());
  CHECK(nlohmann::json::accept(*text_of_it));
  MemorySource source(*text_of_it);
  JsonLexer lexer(source);
  auto read = read_manifest_object(lexer);
  REQUIRE(read.ok());
  CHECK(read->tables[0].name == "\xff");
  CHECK(read->tables[0].columns[0].name == "a\xff");
  CHECK(read->tables[0].columns[0].type == "t\xff");
  CHECK(read->schema[0].sql == manifest.schema[0].sql);
}

TEST_CASE("a disk that fails is no damage of the snapshot") {
  const std::string whole = small();
  for (std::size_t at = 0; at < whole.size(); at += 3) {
    MemorySource source(whole);
    source.piece = 1;
    source.fail_from = at;
    INFO(at);
    REQUIRE(read_all(source, [](auto) {}).is(Error::kIoError));
  }
  MemorySink sink;
  sink.room = 10;
  JsonSnapshotWriter writer(sink);
  CHECK(writer.begin(manifest_of(0)).is(Error::kDiskFull));
}
