#include "engine/drill_assertion.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "pages/image.h"
#include "pages/progress_handler.h"

namespace sqbackup {
namespace {

// Values are shown up to here.
constexpr std::size_t kMaxShownBytes = 200;

bool is_one_of(const char* name, const auto& names) {
  return std::any_of(names.begin(), names.end(),
                     [name](const char* other) { return sqlite3_stricmp(name, other) == 0; });
}

// Some pragmas change the whole process (heap limits, the directory of temporary files), so these alone may
// run.
bool is_harmless_pragma(const char* name, const char* value) {
  static constexpr std::array kDescribing = {
      "table_info",  "table_xinfo",     "table_list",        "index_list",       "index_info",
      "index_xinfo", "integrity_check", "foreign_key_check", "foreign_key_list", "quick_check"};
  static constexpr std::array kReading = {"user_version", "application_id", "schema_version", "data_version",
                                          "page_count",   "page_size",      "freelist_count", "encoding"};
  return is_one_of(name, kDescribing) || (value == nullptr && is_one_of(name, kReading));
}

bool is_harmless(int action, const char* first, const char* second) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
    // A virtual table of the database (rtree, fts5) prepares its own statements when it is only read. The
    // file is opened immutable, so that none of them could run; a query of this kind is refused below.
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
      return true;
    case SQLITE_FUNCTION:
      return sqlite3_stricmp(second, "load_extension") != 0;
    case SQLITE_PRAGMA:
      return is_harmless_pragma(first, second);
    default:
      return false;
  }
}

int authorize(void* denied, int action, const char* first, const char* second, const char*, const char*) {
  if (is_harmless(action, first, second)) return SQLITE_OK;
  *static_cast<bool*>(denied) = true;
  return SQLITE_DENY;
}

// `denied` becomes true when something was refused; it outlives the connection's authorizer.
Status confine(Connection& connection, bool& denied) {
  const int code = sqlite3_set_authorizer(connection.handle(), &authorize, &denied);
  return code == SQLITE_OK ? Status() : sqlite_status("cannot confine the assertion", code, nullptr);
}

Result<Connection> open_for_assertion(const std::string& path, bool& denied) {
  SQB_ASSIGN(auto image, open_image(path));
  SQB_TRY(image.execute("PRAGMA query_only=ON"));
  sqlite3_db_config(image.handle(), SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_limit(image.handle(), SQLITE_LIMIT_ATTACHED, 0);
  SQB_TRY(confine(image, denied));
  return image;
}

bool is_of_the_drill(const Status& status) {
  switch (status.code()) {
    case Code::kIo:
    case Code::kFull:
    case Code::kNoMemory:
    case Code::kInterrupted:
    case Code::kInternal:
      return true;
    default:
      return false;
  }
}

std::string shown(std::string text) {
  if (text.size() > kMaxShownBytes) {
    std::size_t end = kMaxShownBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80)
      --end;  // not inside a character
    text.resize(end);
    text += "...";
  }
  return "'" + text + "'";
}

// Why the statement may not be asked; empty: nothing is wrong with it.
std::string fault_of(Connection& image, const Statement& query, std::string_view sql) {
  if (query.handle() == nullptr) return "it is empty";
  if (sqlite3_stmt_readonly(query.handle()) == 0) return "it would write; an assertion only reads";
  if (sqlite3_column_count(query.handle()) == 0) return "it is no query; an assertion only reads";
  const auto rest = image.prepare(sql.substr(std::strlen(sqlite3_sql(query.handle()))));
  return rest.ok() && rest->handle() == nullptr ? "" : "it is more than one statement";
}

std::string refusal(const Status& status, bool denied) {
  return status.message() + (denied ? "; an assertion only reads" : "");
}

// A message of SQLite's parser; all others need the tables that are missing here.
bool is_syntax_error(std::string_view message) {
  return message == "incomplete input" || message.starts_with("unrecognized token") ||
         (message.starts_with("near ") && message.ends_with(": syntax error"));
}

DrillVerdict judge(const Statement& query, const std::optional<std::string>& expect) {
  if (query.is_null(0)) return {false, "it says NULL" + (expect ? " instead of " + shown(*expect) : "")};
  std::string text = query.text(0);
  if (!expect) return {query.real(0) != 0.0, "it says " + shown(std::move(text))};
  if (text == *expect) return {true, "it says " + shown(std::move(text))};
  return {false, "it says " + shown(std::move(text)) + " instead of " + shown(*expect)};
}

// What follows the first statement in `sql`, where that cannot be prepared here.
std::string_view after_first_statement(Connection& connection, const std::string& sql) {
  sqlite3_stmt* none = nullptr;
  const char* rest = nullptr;
  sqlite3_prepare_v2(connection.handle(), sql.c_str(), -1, &none, &rest);
  sqlite3_finalize(none);
  return rest != nullptr ? rest : "";
}

}  // namespace

Status check_assertion_sql(const std::string& sql) {
  if (sql.find('\0') != std::string::npos) return {Error::kBadArgument, "it holds a NUL character"};
  SQB_ASSIGN(auto empty, Connection::open(":memory:", SQLITE_OPEN_READWRITE));
  auto query = empty.prepare(sql);
  std::string fault;
  if (query.ok()) {
    fault = fault_of(empty, *query, sql);
  } else if (query.status().is(Error::kNoMemory)) {
    return query.status();
  } else if (const std::string message = sqlite3_errmsg(empty.handle()); is_syntax_error(message)) {
    fault = message;
  } else {
    const auto rest = empty.prepare(after_first_statement(empty, sql));
    if (!rest.ok() || rest->handle() != nullptr) fault = "it is more than one statement";
  }
  return fault.empty() ? Status() : Status(Error::kBadArgument, fault);
}

Result<std::string> fault_of_assertion(Connection& connection, const std::string& sql) {
  bool denied = false;
  SQB_TRY(confine(connection, denied));
  const auto query = connection.prepare(sql);
  std::string fault = query.ok() ? fault_of(connection, *query, sql) : refusal(query.status(), denied);
  sqlite3_set_authorizer(connection.handle(), nullptr, nullptr);
  if (!query.ok() && is_of_the_drill(query.status())) return query.status();
  return fault;
}

Result<DrillVerdict> run_assertion(const std::string& path, const DrillAssertion& assertion,
                                   Progress& progress) {
  bool denied = false;
  const auto refused = [&denied](const Status& status) -> Result<DrillVerdict> {
    if (is_of_the_drill(status)) return status;
    return DrillVerdict{false, refusal(status, denied)};
  };
  auto image = open_for_assertion(path, denied);
  if (!image.ok()) return refused(image.status());
  const ProgressHandler handler(*image, progress);
  auto query = image->prepare(assertion.sql);
  SQB_TRY(handler.stopped());
  if (!query.ok()) return refused(query.status());
  if (std::string fault = fault_of(*image, *query, assertion.sql); !fault.empty()) {
    return DrillVerdict{false, std::move(fault)};
  }
  const auto row = query->step();
  SQB_TRY(handler.stopped());
  if (!row.ok()) return refused(row.status());
  if (!*row) return DrillVerdict{false, "it gives no row"};
  return judge(*query, assertion.expect);
}

}  // namespace sqbackup
