#include "pages/image_check.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace sqbackup {
namespace {

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// The check tells a failed read as if it were damage: "unable to get the page. error code=N". SQLITE_OK: no
// such line.
int failed_read(std::string_view finding) {
  static constexpr std::string_view kMark = "error code=";
  const auto at = finding.find(kMark);
  if (at == std::string_view::npos) return SQLITE_OK;
  int code = SQLITE_OK;
  std::from_chars(finding.data() + at + kMark.size(), finding.data() + finding.size(), code);
  const int primary = code & 0xff;
  return primary == SQLITE_IOERR || primary == SQLITE_NOMEM || primary == SQLITE_CANTOPEN ? code : SQLITE_OK;
}

}  // namespace

ImageCheck::ImageCheck(Connection& image, Progress& progress)
    : image_(image), progress_(progress), handler_(image, progress), stand_ins_(image) {}

bool ImageCheck::is_damage(const std::string& finding, CheckDepth depth) const {
  if (finding == "ok" || finding.empty() || finding.starts_with("CHECK constraint failed in ")) return false;
  if (depth == CheckDepth::kRows && contains(finding, " value in ")) return true;
  if (finding.starts_with("NULL value in ") ||
      (finding.starts_with("non-") && contains(finding, " value in ")) ||
      (finding.starts_with("NUMERIC value in ") || finding.starts_with("TEXT value in "))) {
    return false;
  }
  // The order of an index cannot be judged with a stand-in for the collation or function that made it.
  return !(stand_ins_.any() &&
           (contains(finding, "missing from index ") || contains(finding, "non-unique entry in index ") ||
            contains(finding, "values differ from index ") ||
            contains(finding, "not in PRIMARY KEY order for ") ||
            contains(finding, "wrong # of entries in index ")));
}

// The first line of the check that is damage; empty: none.
Result<std::string> ImageCheck::first_finding(CheckDepth depth) {
  // All findings, not the first few: harmless ones must not hide damage behind them.
  SQB_ASSIGN(auto statement, image_.prepare(depth == CheckDepth::kQuick ? "PRAGMA quick_check(1000000)"
                                                                        : "PRAGMA integrity_check(1000000)"));
  std::string first;
  while (true) {
    SQB_ASSIGN(const bool row, statement.step());
    if (!row) return first;
    const std::string findings = statement.text(0);
    // The b-tree's findings come as several lines of one row, after a heading.
    for (std::size_t at = 0; at < findings.size();) {
      const std::size_t end = std::min(findings.find('\n', at), findings.size());
      const std::string line = findings.substr(at, end - at);
      // Where the disk failed, nothing is known of the image.
      if (const int code = failed_read(line); code != SQLITE_OK)
        return sqlite_status("cannot read it", code, nullptr);
      if (first.empty() && !line.starts_with("*** in database ") && is_damage(line, depth)) first = line;
      at = end + 1;
    }
  }
}

Status ImageCheck::run(CheckDepth depth) {
  progress_.begin_phase("checking", 0);
  SQB_TRY(image_.execute("PRAGMA ignore_check_constraints=ON"));
  while (true) {
    auto finding = first_finding(depth);
    SQB_TRY(handler_.stopped());
    if (finding.ok()) {
      if (finding->empty()) return {};
      return {Error::kDatabaseDamaged, "the integrity check says: " + *finding};
    }
    const Status& status = finding.status();
    if (stand_ins_.for_missing_function(status)) continue;
    if (status.is(Error::kNotADatabase))
      return {Error::kNotADatabase, "the bytes are not an SQLite database"};
    if (status.is(Error::kDatabaseDamaged))
      return {Error::kDatabaseDamaged, "SQLite says: " + status.message()};
    // A schema that cannot be parsed is damage too; anything else (memory, I/O) is not a finding.
    if (status.is(Error::kSqliteFailed))
      return {Error::kDatabaseDamaged, "SQLite cannot check it: " + status.message()};
    return status;
  }
}

}  // namespace sqbackup
