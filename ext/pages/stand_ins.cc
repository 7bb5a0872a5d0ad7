#include "pages/stand_ins.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <string_view>

#include "base/ascii.h"

namespace sqbackup {
namespace {

constexpr std::size_t kMaxFunctions = 100;

int compare_bytes(void*, int size_a, const void* a, int size_b, const void* b) {
  const int common = std::min(size_a, size_b);
  const int order = common > 0 ? std::memcmp(a, b, static_cast<std::size_t>(common)) : 0;
  return order != 0 ? order : size_a - size_b;
}

void null_function(sqlite3_context* context, int, sqlite3_value**) { sqlite3_result_null(context); }

// The function's name in SQLite's "no such function: NAME" and "unknown function: NAME()".
std::string missing_function(std::string_view error) {
  static constexpr std::array<std::string_view, 2> kBeginnings = {"no such function: ", "unknown function: "};
  for (const auto beginning : kBeginnings) {
    const auto at = error.find(beginning);
    if (at == std::string_view::npos) continue;
    std::string name(error.substr(at + beginning.size()));
    if (name.size() > 2 && name.ends_with("()")) name.resize(name.size() - 2);
    return name;
  }
  return {};
}

}  // namespace

StandIns::StandIns(Connection& connection) : connection_(connection) {
  sqlite3_collation_needed(connection_.handle(), this, &StandIns::collation_needed);
}

StandIns::~StandIns() { sqlite3_collation_needed(connection_.handle(), nullptr, nullptr); }

void StandIns::collation_needed(void* self, sqlite3* connection, int, const char* name) {
  try {
    const std::string lower = ascii_lower(name);
    // In UTF-16 databases SQLite asks for its own ones before it makes them of their UTF-8 form.
    if (lower == "nocase" || lower == "rtrim" || lower == "binary") return;
    static_cast<StandIns*>(self)->collations_.insert(lower);
  } catch (const std::bad_alloc&) {
    return;  // then the collation is missing, and whoever needs it fails
  }
  sqlite3_create_collation_v2(connection, name, SQLITE_UTF8, nullptr, &compare_bytes, nullptr);
}

bool StandIns::for_missing_function(const Status& status) {
  if (!status.is(Error::kSqliteFailed) || functions_.size() == kMaxFunctions) return false;
  const std::string name = missing_function(status.message());
  if (name.empty() || !functions_.insert(ascii_lower(name)).second) return false;
  return sqlite3_create_function_v2(connection_.handle(), name.c_str(), -1,
                                    SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, nullptr,
                                    &null_function, nullptr, nullptr, nullptr) == SQLITE_OK;
}

}  // namespace sqbackup
