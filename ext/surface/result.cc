#include "surface/result.h"

namespace sqbackup {
namespace {

int code_of_kind(Code code) {
  switch (code) {
    case Code::kInvalid:
      return SQLITE_MISUSE;
    case Code::kDenied:
      return SQLITE_AUTH;
    case Code::kNotFound:
      return SQLITE_NOTFOUND;
    case Code::kExists:
      return SQLITE_ERROR;
    case Code::kBusy:
      return SQLITE_BUSY;
    case Code::kNotADatabase:
      return SQLITE_NOTADB;
    case Code::kCorrupt:
      return SQLITE_CORRUPT;
    case Code::kFull:
      return SQLITE_FULL;
    case Code::kIo:
    case Code::kNetwork:
      return SQLITE_IOERR;
    case Code::kReadOnly:
      return SQLITE_READONLY;
    case Code::kInterrupted:
      return SQLITE_INTERRUPT;
    case Code::kSqlite:
    case Code::kFailed:
      return SQLITE_ERROR;
    case Code::kNoMemory:
      return SQLITE_NOMEM;
    case Code::kInternal:
      return SQLITE_INTERNAL;
  }
  return SQLITE_INTERNAL;
}

bool harms_transaction(int code) {
  const int primary = code & 0xff;
  return primary == SQLITE_IOERR || primary == SQLITE_FULL || primary == SQLITE_CORRUPT;
}

bool in_transaction(sqlite3* connection) { return sqlite3_get_autocommit(connection) == 0; }

}  // namespace

int sqlite_code(const Status& status, bool in_transaction) {
  int code = code_of_kind(status.code());
  const int original = status.sqlite_code();
  const bool refines = original != SQLITE_OK && (original & 0xff) == code;
  if (refines || (status.code() == Code::kSqlite && original != SQLITE_OK)) code = original;
  return in_transaction && harms_transaction(code) ? SQLITE_ERROR : code;
}

std::string error_text(std::string_view subject, const Status& status) {
  std::string text(subject);
  text.append(": ").append(status.to_string());
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return text;
}

void set_error(sqlite3_context* context, std::string_view subject, const Status& status) {
  const std::string text = error_text(subject, status);
  const bool open = in_transaction(sqlite3_context_db_handle(context));
  // The text first: sqlite3_result_error() resets the code, sqlite3_result_error_code() keeps a text that is
  // there.
  sqlite3_result_error(context, text.c_str(), -1);
  sqlite3_result_error_code(context, sqlite_code(status, open));
}

int set_error(sqlite3_vtab* table, sqlite3* connection, std::string_view subject, const Status& status) {
  sqlite3_free(table->zErrMsg);
  table->zErrMsg = sqlite3_mprintf("%s", error_text(subject, status).c_str());
  return sqlite_code(status, in_transaction(connection));
}

}  // namespace sqbackup
