#include "pages/connection.h"

#include <cerrno>

namespace sqbackup {
namespace {

Error error_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return Error::kDatabaseBusy;
    case SQLITE_CORRUPT:
      return Error::kDatabaseDamaged;
    case SQLITE_NOTADB:
      return Error::kNotADatabase;
    case SQLITE_FULL:
      return Error::kDiskFull;
    case SQLITE_NOMEM:
      return Error::kNoMemory;
    case SQLITE_INTERRUPT:
      return Error::kInterrupted;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return Error::kNoPermission;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
      return code == SQLITE_IOERR_NOMEM ? Error::kNoMemory : Error::kIoError;
    default:
      return Error::kSqliteFailed;
  }
}

}  // namespace

Status sqlite_status(std::string_view what, int code, const char* message) {
  std::string text(what);
  text.append(": ").append(message != nullptr ? message : sqlite3_errstr(code));
  return {error_of(code), std::move(text), code};
}

Status sqlite_status(std::string_view what, sqlite3* connection) {
  const int code = sqlite3_extended_errcode(connection);
  const Status status = sqlite_status(what, code, sqlite3_errmsg(connection));
  // For files that it maps into memory SQLite says no more than that I/O failed.
  const int system_error = sqlite3_system_errno(connection);
  const bool full = code == SQLITE_IOERR_SHMSIZE && (system_error == ENOSPC || system_error == EDQUOT);
  return full ? Status(Error::kDiskFull, status.message() + " (the disk is full)", code) : status;
}

void Statement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

void Statement::bound(int code) {
  if (code != SQLITE_OK && bind_error_ == SQLITE_OK) bind_error_ = code;
}

void Statement::bind(int index, std::int64_t value) {
  bound(sqlite3_bind_int64(handle_.get(), index, value));
}
void Statement::bind(int index, double value) { bound(sqlite3_bind_double(handle_.get(), index, value)); }
void Statement::bind(int index, std::string_view text) {
  bound(sqlite3_bind_text64(handle_.get(), index, text.data() != nullptr ? text.data() : "", text.size(),
                            SQLITE_TRANSIENT, SQLITE_UTF8));
}
void Statement::bind_null(int index) { bound(sqlite3_bind_null(handle_.get(), index)); }

void Statement::bind_borrowed_text(int index, std::string_view text) {
  bound(sqlite3_bind_text64(handle_.get(), index, text.data() != nullptr ? text.data() : "", text.size(),
                            SQLITE_STATIC, SQLITE_UTF8));
}
void Statement::bind_borrowed_blob(int index, std::string_view bytes) {
  bound(sqlite3_bind_blob64(handle_.get(), index, bytes.data() != nullptr ? bytes.data() : "", bytes.size(),
                            SQLITE_STATIC));
}

void Statement::bind(int index, const std::optional<std::int64_t>& value) {
  value ? bind(index, *value) : bind_null(index);
}
void Statement::bind(int index, const std::optional<double>& value) {
  value ? bind(index, *value) : bind_null(index);
}
void Statement::bind(int index, const std::optional<std::string>& value) {
  value ? bind(index, std::string_view(*value)) : bind_null(index);
}

Result<bool> Statement::step() {
  if (bind_error_ != SQLITE_OK) return sqlite_status("bind", bind_error_, nullptr);
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return sqlite_status("sqlite", sqlite3_db_handle(handle_.get()));
}

Status Statement::run() {
  while (true) {
    auto row = step();
    if (!row.ok()) {
      reset();
      return row.status();
    }
    if (!*row) break;
  }
  reset();
  return {};
}

void Statement::reset() {
  sqlite3_reset(handle_.get());
  bind_error_ = SQLITE_OK;
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_.get(), column); }
double Statement::real(int column) const { return sqlite3_column_double(handle_.get(), column); }
std::string Statement::text(int column) const {
  const auto* text = sqlite3_column_text(handle_.get(), column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}
bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}
int Statement::type(int column) const { return sqlite3_column_type(handle_.get(), column); }

Status Statement::borrow_text(int column, std::string_view& text) const {
  const auto* data = sqlite3_column_text(handle_.get(), column);
  if (data == nullptr) return {Error::kNoMemory, "out of memory", SQLITE_NOMEM};
  text = {reinterpret_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
  return {};
}

Status Statement::borrow_blob(int column, std::string_view& bytes) const {
  const auto* data = sqlite3_column_blob(handle_.get(), column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
  if (data == nullptr && size > 0) return {Error::kNoMemory, "out of memory", SQLITE_NOMEM};
  bytes = {static_cast<const char*>(data), size};
  return {};
}

std::optional<std::int64_t> Statement::optional_integer(int column) const {
  return is_null(column) ? std::nullopt : std::optional(integer(column));
}
std::optional<double> Statement::optional_real(int column) const {
  return is_null(column) ? std::nullopt : std::optional(real(column));
}
std::optional<std::string> Statement::optional_text(int column) const {
  return is_null(column) ? std::nullopt : std::optional(text(column));
}

void Connection::Close::operator()(sqlite3* connection) const { sqlite3_close_v2(connection); }

Result<Connection> Connection::open(const std::string& file, int flags, const std::string& vfs) {
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &handle, flags | SQLITE_OPEN_PRIVATECACHE,
                                   vfs.empty() ? nullptr : vfs.c_str());
  Connection connection;
  connection.handle_.reset(handle);
  if (code != SQLITE_OK) {
    return sqlite_status("open '" + file + "'", code, handle != nullptr ? sqlite3_errmsg(handle) : nullptr);
  }
  sqlite3_extended_result_codes(handle, 1);
  return connection;
}

Result<Statement> Connection::prepare(std::string_view sql) {
  sqlite3_stmt* handle = nullptr;
  const int code =
      sqlite3_prepare_v2(handle_.get(), sql.data(), static_cast<int>(sql.size()), &handle, nullptr);
  if (code != SQLITE_OK) return sqlite_status("sqlite", handle_.get());
  return Statement(handle);
}

Status Connection::execute(const std::string& sql) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return sqlite_status("sqlite", handle_.get());
  }
  return {};
}

Result<std::int64_t> Connection::query_integer(std::string_view sql) {
  SQB_ASSIGN(auto statement, prepare(sql));
  SQB_ASSIGN(const bool row, statement.step());
  return row ? statement.integer(0) : 0;
}

Result<std::string> Connection::query_text(std::string_view sql) {
  SQB_ASSIGN(auto statement, prepare(sql));
  SQB_ASSIGN(const bool row, statement.step());
  return row ? statement.text(0) : std::string();
}

Result<Transaction> Transaction::begin(Connection& connection) {
  SQB_TRY(connection.execute("BEGIN IMMEDIATE"));
  return Transaction(&connection);
}

// An error has nobody to go to; sqlite3_exec() needs no memory of ours for it either.
Transaction::~Transaction() {
  if (connection_ != nullptr) sqlite3_exec(connection_->handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Status Transaction::commit() {
  SQB_TRY(connection_->execute("COMMIT"));
  connection_ = nullptr;
  return {};
}

}  // namespace sqbackup
