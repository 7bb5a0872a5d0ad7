#include "format/drill_report.h"

#include "support/test.h"

using namespace sqbackup;

TEST_CASE("a drill's report is one line of JSON") {
  DrillReport report;
  report.name = "backup-2026-11-20T10-30-00-000Z.sqlite";
  report.checks = {{"restore", true, "", 0.5},
                   {"contents", false, "table 't' holds 1 row instead of 2", 0.25}};
  report.warnings = {"table 'u' is gone since the drill before"};
  report.tables = {{"t", 1}, {"\xff", std::nullopt}};
  report.bytes = 8192;
  report.restore_seconds = 0.5;
  CHECK(drill_report_json(report) ==
        R"({"ok":false,"name":"backup-2026-11-20T10-30-00-000Z.sqlite","failed_check":"contents",)"
        R"("failure":"table 't' holds 1 row instead of 2","checks":[)"
        R"({"name":"restore","ok":true,"detail":"","seconds":0.5},)"
        R"({"name":"contents","ok":false,"detail":"table 't' holds 1 row instead of 2","seconds":0.25}],)"
        R"("warnings":["table 'u' is gone since the drill before"],)"
        "\"tables\":[{\"name\":\"t\",\"rows\":1},{\"name\":\"\xef\xbf\xbd\",\"rows\":null}],"
        R"("bytes":8192,"restore_seconds":0.5,"data_age_seconds":null})");
}

TEST_CASE("a report without a failed check says so") {
  DrillReport report;
  report.ok = true;
  report.checks = {{"restore", true, "", 1}};
  CHECK(report.first_failure() == nullptr);
  CHECK(drill_report_json(report) ==
        R"({"ok":true,"name":"","failed_check":null,"failure":null,)"
        R"("checks":[{"name":"restore","ok":true,"detail":"","seconds":1.0}],"warnings":[],"tables":[],)"
        R"("bytes":0,"restore_seconds":null,"data_age_seconds":null})");
}

TEST_CASE("the tables of a report are read back, and of no report none") {
  DrillReport report;
  report.tables = {{"t", 1}, {"ü \" x", std::nullopt}, {"\xff", 3}};
  const auto tables = tables_of_drill_report(drill_report_json(report));
  REQUIRE(tables.size() == 2);
  CHECK((tables[0].name == "t" && tables[0].rows == 1));
  CHECK((tables[1].name == "ü \" x" && !tables[1].rows));
  for (const char* text :
       {"", "{", "null", "[]", "{}", "{\"tables\":7}", "{\"tables\":[7,{},{\"name\":1}]}"}) {
    INFO(text);
    CHECK(tables_of_drill_report(text).empty());
  }
  CHECK(tables_of_drill_report(std::string(100'000, '[')).empty());
}
