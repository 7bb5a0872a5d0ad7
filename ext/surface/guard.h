// No C++ exception leaves a callback that SQLite calls: the body of each runs in a guard.
#pragma once

#include <new>
#include <utility>

#include "pages/sqlite.h"

namespace sqbackup {

inline constexpr const char* kInternalErrorText = "sqbackup: internal error; please report it [SQB-BUG-01]";

// For an SQL function.
template <typename Body>
void guard(sqlite3_context* context, Body&& body) noexcept {
  try {
    std::forward<Body>(body)();
  } catch (const std::bad_alloc&) {
    sqlite3_result_error_nomem(context);
  } catch (...) {
    sqlite3_result_error(context, kInternalErrorText, -1);
    sqlite3_result_error_code(context, SQLITE_INTERNAL);
  }
}

// For anything that returns a result code. `message`, where not null, receives a text for SQLite to free.
template <typename Body>
int guard(char** message, Body&& body) noexcept {
  try {
    return std::forward<Body>(body)();
  } catch (const std::bad_alloc&) {
    return SQLITE_NOMEM;
  } catch (...) {
    if (message != nullptr) {
      sqlite3_free(*message);
      *message = sqlite3_mprintf("%s", kInternalErrorText);
    }
    return SQLITE_INTERNAL;
  }
}

}  // namespace sqbackup
